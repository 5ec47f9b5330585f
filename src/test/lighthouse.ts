import * as z from 'zod';
import { ReportUnreadable, parseJson } from './reports/report.ts';

const LighthouseJson = z.object({
  runtimeError: z.object({ code: z.string(), message: z.string() }).nullish(),
  categories: z.object({ performance: z.object({ score: z.number().min(0).max(1).nullable() }) }).nullish(),
});

/** The performance score, 0 to 100, of a Lighthouse JSON report; one that measured nothing is a ReportUnreadable. */
export function readLighthouse(text: string): number {
  const parsed = LighthouseJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable('is not a Lighthouse report');
  const { runtimeError, categories } = parsed.data;
  if (runtimeError && runtimeError.code !== 'NO_ERROR') {
    throw new ReportUnreadable(`says ${runtimeError.code}: ${runtimeError.message}`);
  }
  const score = categories?.performance.score;
  if (score === null || score === undefined) throw new ReportUnreadable('holds no performance score');
  return Math.round(score * 100);
}
