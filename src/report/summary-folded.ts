import { count, duration, size } from './format.ts';
import { STAGE_ICONS } from './icons.ts';
import { code, details, fence, table, text, upTo } from './markdown.ts';
import type { RunReport } from './run-report.ts';

/** Bytes of one folded part, so that all of them together stay below the limit of a summary. */
const MAX_PART = 100_000;

const rowsUpTo = (head: string[], align: ('l' | 'c' | 'r')[], rows: string[][]) =>
  [
    table(head, align, []),
    ...upTo(
      rows.map((cells) => `| ${cells.join(' | ')} |`),
      MAX_PART,
      (left) => `| … | ${left} more |${' |'.repeat(Math.max(0, head.length - 2))}`,
    ),
  ].join('\n');

export function changedFiles({ plan }: RunReport): string {
  if (!plan) return '';
  const groups = Object.entries(plan.categories).filter(([, files]) => files.length > 0);
  if (groups.length === 0) return '';
  const total = groups.reduce((sum, [, files]) => sum + files.length, 0);
  const body = groups.map(([category, files]) => {
    const lines = upTo(
      files.map((file) => `- ${code(file, 500)}`),
      Math.floor(MAX_PART / groups.length),
      (left) => `- … and ${left} more`,
    );
    return `<b>${text(category)}</b> (${files.length})\n\n${lines.join('\n')}`;
  });
  const since = plan.base ? ` since ${code(plan.base.slice(0, 7))}` : '';
  return details(`What changed: ${count(total, 'file')}${since}`, body.join('\n\n'));
}

export function skipped({ plan }: RunReport): string {
  const decisions = plan?.decisions ?? [];
  if (decisions.length === 0) return '';
  const rows = decisions.map(({ action, reason }) => [code(action), text(reason)]);
  return details(
    `What was skipped or decided, and why: ${decisions.length}`,
    rowsUpTo(['Decision', 'Why'], ['l', 'l'], rows),
  );
}

export function tests({ test }: RunReport): string {
  if (!test || test.suites.length === 0) return '';
  const suites = rowsUpTo(
    ['', 'Suite', 'Result', 'Time'],
    ['c', 'l', 'l', 'r'],
    test.suites.map(({ status, name, summary, duration: taken }) => [
      STAGE_ICONS[status],
      code(name, 80),
      text(summary || status),
      status === 'skipped' ? '' : duration(taken),
    ]),
  );
  const checks = test.checks.map(({ severity, suite, message, file, line }) => [
    severity === 'CRITICAL' ? '❌' : '⚠️',
    code(suite, 80),
    text(message),
    file ? code(line === undefined ? file : `${file}:${line}`) : '',
  ]);
  const tails = test.suites
    .filter(({ status, tail }) => status === 'failed' && tail.trim() !== '')
    .slice(0, 5)
    .map(({ name, tail }) => details(`Last lines of ${code(name, 80)}`, fence(tail, '', 10_000)));
  return details(
    `Tests: ${count(test.suites.length, 'suite')}`,
    [
      suites,
      ...(checks.length > 0
        ? [rowsUpTo(['', 'Suite', 'What did not hold', 'Where'], ['c', 'l', 'l', 'l'], checks)]
        : []),
      ...tails,
    ].join('\n\n'),
    test.status === 'failed' ? 'open' : 'folded',
  );
}

export function images({ build, deploy }: RunReport): string {
  const built = build?.images ?? [];
  if (built.length === 0) return '';
  const sent = new Map(deploy?.services.map(({ service, bytes_sent: bytes }) => [service, bytes] as const));
  const rows = built.map(({ service, reference, size: whole, duration: taken }) => {
    const bytes = sent.get(service);
    return [
      code(service, 80),
      code(reference),
      size(whole),
      bytes === undefined ? '' : size(bytes),
      duration(taken),
    ];
  });
  return details(
    `Images built: ${built.length}`,
    rowsUpTo(['Service', 'Image', 'Size', 'Sent', 'Time to build'], ['l', 'l', 'r', 'r', 'r'], rows),
  );
}

export function watching({ verify }: RunReport): string {
  if (!verify || (verify.smoke.length === 0 && verify.watch.length === 0)) return '';
  const smoke = verify.smoke.map(({ passed, service, url, status, duration: taken, detail }) => [
    passed ? '✅' : '❌',
    code(service, 80),
    code(url),
    status === 0 ? text(detail) : `${status} in ${duration(taken)}${passed ? '' : `: ${text(detail)}`}`,
  ]);
  const verdicts = { healthy: '✅', 'roll-back': '❌', inconclusive: '⚠️' };
  const watch = verify.watch.map(({ verdict, service, reason, samples }) => [
    verdicts[verdict],
    code(service, 80),
    count(samples.length, 'look'),
    text(reason),
  ]);
  return details(
    `Smoke test and watchdog: ${count(smoke.length, 'check')}`,
    [
      ...(smoke.length > 0
        ? [rowsUpTo(['', 'Service', 'Checked', 'Answer'], ['c', 'l', 'l', 'l'], smoke)]
        : []),
      ...(watch.length > 0
        ? [rowsUpTo(['', 'Service', 'Watched', 'Verdict'], ['c', 'l', 'l', 'l'], watch)]
        : []),
    ].join('\n\n'),
  );
}

/** Findings in the changed files, and every warning of the stages. */
export function notes({ plan, build, deploy, verify, warnings }: RunReport): string {
  const findings = (plan?.findings ?? []).map(
    ({ severity, file, line, message }) =>
      `- ${severity === 'CRITICAL' ? '❌' : '⚠️'} ${code(line === undefined ? file : `${file}:${line}`)} ${text(message)}`,
  );
  const all = [plan, build, deploy, verify].flatMap((result) => result?.warnings ?? []);
  const lines = [...findings, ...[...warnings, ...all].map((warning) => `- ⚠️ ${text(warning, 500)}`)];
  if (lines.length === 0) return '';
  return details(
    `Notes: ${lines.length}`,
    upTo(lines, MAX_PART, (left) => `- … and ${left} more`).join('\n'),
    warnings.length > 0 ? 'open' : 'folded',
  );
}
