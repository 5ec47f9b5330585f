import { XMLParser, XMLValidator } from 'fast-xml-parser';
import * as z from 'zod';
import { CoverageMap, coveredLines } from './istanbul.ts';

/** Lines covered, in percent; nothing when the text is not such a report, is cut off, or knows no line. */
export type CoverageReader = (text: string) => number | undefined;

const percent = (covered: number, total: number) =>
  total > 0 && covered >= 0 && covered <= total ? (100 * covered) / total : undefined;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Summary = z.object({
  total: z.object({ lines: z.object({ total: z.number(), covered: z.number() }) }),
});

/** coverage-summary.json of Istanbul (Jest, Vitest, nyc, c8). */
export const readSummary: CoverageReader = (text) => {
  const lines = Summary.safeParse(json(text)).data?.total.lines;
  return lines && percent(lines.covered, lines.total);
};

/** coverage-final.json of Istanbul. */
export const readFinal: CoverageReader = (text) => {
  const map = CoverageMap.safeParse(json(text)).data;
  return map && coveredLines(map);
};

/** lcov.info: counted from its DA lines (`line,hits`), since LF and LH are optional. */
export const readLcov: CoverageReader = (text) => {
  if (!text.trimEnd().endsWith('end_of_record')) return undefined;
  let total = 0;
  let covered = 0;
  for (const [, hits] of text.matchAll(/^DA:\d+,(\d+)/gm)) {
    total++;
    if (Number(hits) > 0) covered++;
  }
  return percent(covered, total);
};

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: false,
  isArray: (name) => ['line', 'package', 'class', 'project', 'file'].includes(name),
});

type Node = Record<string, unknown>;

/** Cobertura and Clover XML, told apart by their content, since both are called coverage.xml. */
export const readXml: CoverageReader = (text) => {
  if (text.trim() === '' || XMLValidator.validate(text) !== true) return undefined;
  const coverage = (parser.parse(text) as { coverage?: Node }).coverage;
  if (coverage === undefined || typeof coverage !== 'object') return undefined;
  return 'project' in coverage ? clover(coverage) : cobertura(coverage);
};

function cobertura(coverage: Node): number | undefined {
  const valid = Number(coverage['@lines-valid'] ?? 0);
  if (valid > 0) return percent(Number(coverage['@lines-covered']), valid);
  const rate = Number(coverage['@line-rate'] ?? Number.NaN);
  return rate >= 0 && rate <= 1 ? 100 * rate : undefined;
}

function clover(coverage: Node): number | undefined {
  let total = 0;
  let covered = 0;
  const visit = (node: unknown) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== 'line') visit(value);
      else
        for (const line of value as Node[]) {
          total++;
          if (Number(line['@count'] ?? 0) > 0) covered++;
        }
    }
  };
  visit(coverage['project']);
  return percent(covered, total);
}

/** A cover profile of Go: `file:line.column,line.column statements hits`. */
export const readGoProfile: CoverageReader = (text) => {
  if (!text.startsWith('mode: ')) return undefined;
  const lines = new Map<string, boolean>();
  for (const [, file, from, to, hits] of text.matchAll(/^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm)) {
    for (let line = Number(from); line <= Math.min(Number(to), Number(from) + 10_000); line++) {
      const key = `${file}:${line}`;
      lines.set(key, lines.get(key) === true || Number(hits) > 0);
    }
  }
  return percent([...lines.values()].filter(Boolean).length, lines.size);
};
