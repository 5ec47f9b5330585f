import { count } from './format.ts';
import { code, details, table, text, upTo } from './markdown.ts';
import type { RunReport } from './run-report.ts';

const MAX_BLOCK = 60_000;

/** Of a dry run: what would happen to each service on the server, and the operations in their order, folded. */
export function plannedRelease({ preview }: RunReport): string {
  if (!preview || preview.services.length === 0) return '';
  const rows = preview.services.map(
    ({ service, from, to, strategy, why, send }) =>
      `| ${[`<b>${text(service, 80)}</b>`, code(from), code(to), text(strategy), text(why), text(send)].join(' | ')} |`,
  );
  const head = table(
    ['Service', 'From', 'To', 'Strategy', 'Why', 'To send'],
    ['l', 'l', 'l', 'l', 'l', 'l'],
    [],
  );
  const shown = [head, ...upTo(rows, MAX_BLOCK, (left) => `| … | ${left} more | | | | |`)].join('\n');
  const lines = upTo(
    preview.operations.map((line, index) => `${String(index + 1)}. ${text(line, 500)}`),
    MAX_BLOCK,
    (left) => `… and ${String(left)} more`,
  );
  const operations =
    lines.length === 0
      ? 'Nothing has to be done.'
      : details(`In this order: ${count(preview.operations.length, 'operation')}`, lines.join('\n'));
  return `### What it would do on the server\n\n${shown}\n\n${operations}`;
}
