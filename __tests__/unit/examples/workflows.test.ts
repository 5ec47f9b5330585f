import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseDocument } from 'yaml';

const repository = dirname(dirname(dirname(import.meta.dirname)));
const workflows = ['examples/workflows', '.github/workflows'].flatMap((folder) =>
  readdirSync(join(repository, folder)).map((name) => join(folder, name)),
);

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  steps: Step[];
}
interface Workflow {
  on: unknown;
  permissions?: unknown;
  concurrency?: Record<string, unknown>;
  jobs: Record<string, Job>;
}

const text = (file: string) => readFileSync(join(repository, file), 'utf8');
const workflow = (file: string) => parse(text(file)) as Workflow;
const steps = (file: string) => Object.values(workflow(file).jobs).flatMap((job) => job.steps);
const action = parse(text('action.yml')) as {
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
};

test('all workflows are here', () => {
  expect(workflows.map((file) => file.split('/').at(-1)).sort()).toEqual([
    'deploy.yml',
    'release.yml',
    'rollback.yml',
    'stages.yml',
    'test.yml',
    'unlock.yml',
  ]);
});

describe.each(workflows)('%s', (file) => {
  test('is YAML without errors or duplicate keys', () => {
    const document = parseDocument(text(file), { uniqueKeys: true });
    expect([...document.errors, ...document.warnings]).toEqual([]);
  });

  test('grants nothing at the top, and each job what it needs, with a reason', () => {
    expect(workflow(file).permissions).toEqual({});
    for (const job of Object.values(workflow(file).jobs)) {
      expect(Object.keys(job.permissions ?? {})).not.toEqual([]);
      for (const level of Object.values(job.permissions ?? {})) expect(['read', 'write']).toContain(level);
      expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
    for (const line of text(file)
      .split('\n')
      .filter((each) => /^ {6}[a-z-]+: (read|write)\b/.test(each))) {
      expect(line).toMatch(/# \w+/);
    }
  });

  test('uses actions of others by their full sha, with the version beside it', () => {
    for (const [, name, version] of text(file).matchAll(/uses: ([^@\s]+)@(.+)/g)) {
      if (name !== 'gons/autopilot') expect(version).toMatch(/^[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test('puts no expression into a script, where it would be run', () => {
    for (const step of steps(file)) expect(step.run ?? '').not.toContain('${{');
  });

  test('does not leave the token in the checkout', () => {
    for (const step of steps(file)) {
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
    }
  });

  test('gives the action inputs that it has, and reads outputs that it has', () => {
    for (const step of steps(file)) {
      if (!step.uses?.startsWith('gons/autopilot@')) continue;
      expect(step.uses).toBe('gons/autopilot@v1');
      for (const input of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(input);
    }
    for (const [, output] of text(file).matchAll(/steps\.\w+\.outputs\.([\w-]+)/g)) {
      expect(Object.keys(action.outputs)).toContain(output);
    }
  });
});

describe('the examples', () => {
  const examples = workflows.filter((file) => file.startsWith('examples/'));

  test.each(examples)('%s: runs queue up, none is dropped or cancelled', (file) => {
    const { concurrency } = workflow(file);
    expect(concurrency).toMatchObject({ queue: 'max' });
    expect(concurrency).not.toHaveProperty('cancel-in-progress');
  });

  test.each(examples)('%s: only steps that reach the server get the key', (file) => {
    for (const step of steps(file)) {
      if (!step.uses?.startsWith('gons/autopilot@')) continue;
      const stage = step.with?.['stage'] ?? 'all';
      const reaches = ['all', 'deploy', 'verify', 'rollback'].includes(String(stage));
      expect(Object.keys(step.with ?? {}).includes('ssh-private-key')).toBe(reaches);
    }
  });

  test('stages.yml has the five stages in the order of the flow, in one job', () => {
    const stages = steps('examples/workflows/stages.yml').map((step) => step.with?.['stage']);
    expect(stages.filter(Boolean)).toEqual(['analyze', 'test', 'build', 'deploy', 'verify']);
    expect(Object.keys(workflow('examples/workflows/stages.yml').jobs)).toHaveLength(1);
  });

  test('R1: rollback and unlock are started by hand, with a reason', () => {
    for (const file of ['examples/workflows/rollback.yml', 'examples/workflows/unlock.yml']) {
      const on = workflow(file).on as { workflow_dispatch: { inputs: Record<string, unknown> } };
      expect(Object.keys(on)).toEqual(['workflow_dispatch']);
      expect(on.workflow_dispatch.inputs).toHaveProperty('reason');
    }
  });
});
