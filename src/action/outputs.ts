import * as core from '@actions/core';
import type { Plan } from '../analyze/plan.ts';
import { redactAll } from './masking.ts';

type StageOutcome = 'passed' | 'warning' | 'failed' | 'skipped';

/** The public part of the plan. */
export type PublicPlan = Pick<Plan, 'base' | 'head' | 'categories' | 'suites' | 'services' | 'decisions'>;

/** Every output of action.yml; a contract test holds the two against each other. */
export interface Outputs {
  'pipeline-id': string;
  status: 'success' | 'failed' | 'skipped' | 'locked' | 'cancelled';
  plan: PublicPlan | undefined;
  changed: boolean;
  frontend: boolean;
  backend: boolean;
  database: boolean;
  config: boolean;
  tests: boolean;
  shared: boolean;
  services: string[];
  /** service -> image tag built. */
  images: Record<string, string>;
  /** service -> image tag now running. */
  deployed: Record<string, string>;
  'rolled-back': string[];
  'failed-stage': string;
  'failure-reason': string;
  locked: boolean;
  'analyze-status': StageOutcome;
  'test-status': StageOutcome;
  'build-status': StageOutcome;
  'deploy-status': StageOutcome;
  'verify-status': StageOutcome;
}

/** What the outputs say when nothing has happened; every run sets every output. */
export const NO_OUTPUTS: Outputs = {
  'pipeline-id': '',
  status: 'failed',
  plan: undefined,
  changed: false,
  frontend: false,
  backend: false,
  database: false,
  config: false,
  tests: false,
  shared: false,
  services: [],
  images: {},
  deployed: {},
  'rolled-back': [],
  'failed-stage': '',
  'failure-reason': '',
  locked: false,
  'analyze-status': 'skipped',
  'test-status': 'skipped',
  'build-status': 'skipped',
  'deploy-status': 'skipped',
  'verify-status': 'skipped',
};

/** The outputs that follow from the plan alone. */
export function outputsOfPlan(plan: Plan): Partial<Outputs> {
  const { base, head, categories, suites, services, decisions } = plan;
  const has = (category: keyof Plan['categories']) => (categories[category] ?? []).length > 0;
  return {
    plan: { base, head, categories, suites, services, decisions },
    changed: plan.skipped === undefined,
    frontend: has('frontend'),
    backend: has('backend'),
    database: has('database'),
    config: has('config'),
    tests: has('test'),
    shared: has('shared'),
    services,
  };
}

/**
 * GitHub allows a job 1 MB of outputs, counted in UTF-16, and fails it above. The plan is the only output that grows with
 * the repository; the others are bounded for safety's sake.
 */
const MAX_PLAN = 300_000;
const MAX_OTHER = 8_000;

/**
 * Sets every output. `redact` takes out secrets: GitHub drops an output in which it finds one.
 * A plan above the bound keeps every key but loses paths, and says so with `"truncated": true`.
 */
export function setOutputs(
  outputs: Outputs,
  redact: (text: string) => string,
  set: (name: string, value: string) => void = core.setOutput,
): void {
  for (const [name, value] of Object.entries({ ...NO_OUTPUTS, ...outputs }))
    // Before it is serialised, so that what is left stays JSON.
    set(name, textOf(redactAll(value, redact), name === 'plan' ? MAX_PLAN : MAX_OTHER));
}

function textOf(value: unknown, limit: number): string {
  if (value === undefined) return '{}';
  if (typeof value === 'string') return value.length > limit ? `${value.slice(0, limit)}...` : value;
  const text = JSON.stringify(value);
  if (text.length <= limit || typeof value !== 'object' || value === null) return text;
  for (let longest = 1_000; longest >= 1; longest = Math.floor(longest / 2)) {
    const shorter = shorten(value, longest);
    const marked = JSON.stringify(
      Array.isArray(shorter) ? shorter : { ...(shorter as object), truncated: true },
    );
    if (marked.length <= limit) return marked;
  }
  return Array.isArray(value) ? '[]' : '{"truncated":true}';
}

/** Lists to at most `longest` entries, texts to at most as many characters as a path may have. */
function shorten(value: unknown, longest: number): unknown {
  if (typeof value === 'string') return value.slice(0, 4_096);
  if (Array.isArray(value)) return value.slice(0, longest).map((item) => shorten(item, longest));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item, longest)]));
}
