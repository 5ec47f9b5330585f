import * as z from 'zod';
import type { Config } from '../config/schema.ts';
import type { Check } from './result.ts';

export const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const;
type AuditSeverity = (typeof SEVERITIES)[number];

/** One advisory that applies to the project, however many packages pass it on. */
export interface Advisory {
  id: string;
  package: string;
  severity: AuditSeverity;
  title: string;
  url?: string | undefined;
}

export type Audit = { kind: 'advisories'; advisories: Advisory[] } | { kind: 'unavailable'; why: string };

const Severity = z.enum(SEVERITIES);
const Via = z.object({
  source: z.union([z.number(), z.string()]).optional(),
  name: z.string(),
  title: z.string().default('no title'),
  url: z.string().optional(),
  severity: Severity,
});
const Current = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({ name: z.string(), severity: Severity, via: z.array(z.union([z.string(), Via])) }),
  ),
});
const OldAdvisory = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  module_name: z.string(),
  severity: Severity,
  title: z.string().default('no title'),
  url: z.string().optional(),
});
const Old = z.object({ advisories: z.record(z.string(), OldAdvisory) });
const Refused = z.object({
  message: z.string().optional(),
  error: z
    .union([
      z.string(),
      z.object({
        code: z.string().optional(),
        summary: z.string().optional(),
        message: z.string().optional(),
      }),
    ])
    .optional(),
});
const YarnLine = z.object({ type: z.string(), data: z.unknown() });

/**
 * Reads `npm audit --json` (npm 6 to 11), `pnpm audit --json` and the lines of `yarn audit --json`. An answer that is
 * not a list of advisories is `unavailable`, with the reason: an audit that could not run never means "no vulnerabilities".
 */
export function readAudit(text: string): Audit {
  if (text.trim() === '') return { kind: 'unavailable', why: 'it printed nothing' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return readYarn(text);
  }
  const current = Current.safeParse(value).data;
  if (current) return { kind: 'advisories', advisories: distinct(currentAdvisories(current)) };
  const old = Old.safeParse(value).data;
  if (old) return { kind: 'advisories', advisories: distinct(Object.values(old.advisories).map(fromOld)) };
  if (YarnLine.safeParse(value).success) return readYarn(text);
  const refused = Refused.safeParse(value).data;
  const error = refused?.error;
  const why =
    typeof error === 'object' ? error.summary || error.message || error.code : (error ?? refused?.message);
  return {
    kind: 'unavailable',
    why: (why || refused?.message || 'its answer holds no list of vulnerabilities').trim(),
  };
}

function currentAdvisories({ vulnerabilities }: z.infer<typeof Current>): Advisory[] {
  const advisories: Advisory[] = [];
  for (const entry of Object.values(vulnerabilities)) {
    for (const via of entry.via) {
      if (typeof via === 'string') {
        // Passed on from another entry, which names the advisory, unless that entry is not there.
        if (Object.hasOwn(vulnerabilities, via)) continue;
        advisories.push({
          id: entry.name,
          package: entry.name,
          severity: entry.severity,
          title: `through ${via}`,
        });
      } else {
        const id = String(via.source ?? via.url ?? `${via.name} ${via.title}`);
        advisories.push({ id, package: via.name, severity: via.severity, title: via.title, url: via.url });
      }
    }
  }
  return advisories;
}

function fromOld(entry: z.infer<typeof OldAdvisory>): Advisory {
  const id = String(entry.id ?? entry.url ?? `${entry.module_name} ${entry.title}`);
  return { id, package: entry.module_name, severity: entry.severity, title: entry.title, url: entry.url };
}

function readYarn(text: string): Audit {
  const advisories: Advisory[] = [];
  let complete = false;
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return { kind: 'unavailable', why: 'its answer is not complete JSON' };
    }
    const entry = YarnLine.safeParse(value).data;
    if (entry?.type === 'error') return { kind: 'unavailable', why: String(entry.data) };
    if (entry?.type === 'auditSummary') complete = true;
    if (entry?.type === 'auditAdvisory') {
      const advisory = z.object({ advisory: OldAdvisory }).safeParse(entry.data).data?.advisory;
      if (!advisory) return { kind: 'unavailable', why: 'its answer has a form that is not known' };
      advisories.push(fromOld(advisory));
    }
  }
  return complete
    ? { kind: 'advisories', advisories: distinct(advisories) }
    : { kind: 'unavailable', why: 'its answer holds no list of vulnerabilities' };
}

function distinct(advisories: readonly Advisory[]): Advisory[] {
  return [...new Map(advisories.map((advisory) => [advisory.id, advisory])).values()];
}

/** Rule T3: `block` and above is CRITICAL, everything below it a WARNING. Worst first. */
export function judgeAudit(
  suite: string,
  advisories: readonly Advisory[],
  block: Config['test']['security']['block_severity'],
): Check[] {
  const rank = (severity: AuditSeverity) => SEVERITIES.indexOf(severity);
  return advisories
    .toSorted((one, other) => rank(other.severity) - rank(one.severity))
    .map((advisory) => ({
      suite,
      severity: rank(advisory.severity) >= rank(block) ? 'CRITICAL' : 'WARNING',
      message: `${advisory.severity}: ${advisory.package}: ${advisory.title}${advisory.url ? ` (${advisory.url})` : ''}`,
    }));
}

/** `2 high, 1 low`, or that there is none. */
export function countAdvisories(advisories: readonly Advisory[]): string {
  const counts = SEVERITIES.toReversed().map((severity) => {
    const count = advisories.filter((advisory) => advisory.severity === severity).length;
    return count === 0 ? '' : `${count} ${severity}`;
  });
  return counts.filter(Boolean).join(', ') || 'no known vulnerability';
}
