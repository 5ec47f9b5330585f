import type { Plan } from '../analyze/plan.ts';
import { printable } from '../printable.ts';
import { code, details, table, text, upTo } from './markdown.ts';

const MAX_LINES = 500;
const MAX_BYTES = 200_000;

interface Row {
  file: string;
  category: string;
  because: string;
}

function rowsOf(plan: Plan): Row[] {
  return Object.entries(plan.categories).flatMap(([category, files]) =>
    files.map((file) => ({
      file,
      category,
      because: Object.hasOwn(plan.because, file) ? (plan.because[file] ?? '') : '',
    })),
  );
}

/** Which pattern decided for which file, what runs and what does not: for the log of `validate` and of a dry run. */
export function planText(plan: Plan): string {
  const rows = rowsOf(plan).map(
    ({ file, category, because }) => [printable(file, 120), category, printable(because, 80)] as const,
  );
  const shown = rows.slice(0, MAX_LINES);
  const width = (column: 0 | 1) => Math.max(0, ...shown.map((row) => row[column].length));
  const files = shown.map(([file, category, because]) =>
    `  ${file.padEnd(width(0))}  ${category.padEnd(width(1))}  ${because}`.trimEnd(),
  );
  const list = (items: readonly string[]) =>
    items.length > 0 ? items.map((item) => printable(item, 80)).join(', ') : 'none';
  return [
    plan.base
      ? `Compared with ${printable(plan.base, 64)} (${printable(plan.source, 40)})`
      : `Everything counts as changed (${printable(plan.source, 40)})`,
    ...(files.length > 0
      ? ['Files, their category and the pattern that decided', ...files]
      : ['No file has changed']),
    ...(rows.length > shown.length ? [`  and ${rows.length - shown.length} more`] : []),
    `Suites to run: ${list(plan.suites)}`,
    `Services to build and deploy: ${list(plan.services)}`,
    ...(plan.skipped === undefined ? [] : [`The pipeline is skipped: ${printable(plan.skipped)}`]),
    ...plan.decisions
      .slice(0, MAX_LINES)
      .map(({ action, reason }) => `  ${printable(action, 80)}: ${printable(reason)}`),
  ].join('\n');
}

/** The same for a summary, folded. */
export function planTable(plan: Plan): string {
  const rows = rowsOf(plan);
  if (rows.length === 0) return '';
  const lines = rows.map(
    ({ file, category, because }) =>
      `| ${code(file)} | ${text(category)} | ${because ? code(because, 120) : ''} |`,
  );
  const head = table(['File', 'Category', 'Pattern that decided'], ['l', 'l', 'l'], []);
  return details(
    `Which pattern decided for which file: ${rows.length}`,
    [head, ...upTo(lines, MAX_BYTES, (left) => `| … | ${left} more | |`)].join('\n'),
  );
}
