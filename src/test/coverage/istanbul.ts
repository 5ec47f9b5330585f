import * as z from 'zod';

const Range = z.object({ start: z.object({ line: z.number() }) });
const FileCoverage = z.object({
  statementMap: z.record(z.string(), Range),
  s: z.record(z.string(), z.number()),
});
/** Istanbul's map, as in coverage-final.json and in the JSON reports of Jest and Vitest. */
export const CoverageMap = z.record(z.string(), FileCoverage);
export type CoverageMap = z.infer<typeof CoverageMap>;

/** Lines covered, in percent: a line is covered when a statement that starts on it ran. */
export function coveredLines(map: CoverageMap): number | undefined {
  let total = 0;
  let covered = 0;
  for (const file of Object.values(map)) {
    const lines = new Map<number, number>();
    for (const [id, range] of Object.entries(file.statementMap)) {
      const line = range.start.line;
      lines.set(line, Math.max(lines.get(line) ?? 0, file.s[id] ?? 0));
    }
    total += lines.size;
    covered += [...lines.values()].filter((hits) => hits > 0).length;
  }
  return total === 0 ? undefined : (100 * covered) / total;
}
