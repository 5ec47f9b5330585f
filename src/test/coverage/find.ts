import { join } from 'node:path';
import { type Files, readFresh } from '../effects.ts';
import { type CoverageReader, readFinal, readGoProfile, readLcov, readSummary, readXml } from './formats.ts';

/** Where the usual tools write, best answer first. */
const PLACES: readonly [string, CoverageReader][] = [
  ['coverage-summary.json', readSummary],
  ['coverage-final.json', readFinal],
  ['lcov.info', readLcov],
  ['cobertura-coverage.xml', readXml],
  ['clover.xml', readXml],
  ['coverage.xml', readXml],
  ['coverage.out', readGoProfile],
  ['cover.out', readGoProfile],
];

/**
 * Lines covered, in percent, from the first readable report that was written since `since` (milliseconds): one that an
 * earlier run left behind says nothing about this one. `name` is the suite's, for `coverage/<name>/`.
 */
export async function findCoverage(
  files: Files,
  folder: string,
  name: string,
  since: number,
): Promise<{ percent: number; file: string } | undefined> {
  const folders = name ? [join('coverage', name), 'coverage', '.'] : ['coverage', '.'];
  for (const inside of folders) {
    for (const [file, read] of PLACES) {
      const path = join(inside, file);
      const text = await readFresh(join(folder, path), since, files);
      const percent = text === undefined ? undefined : read(text);
      if (percent !== undefined) return { percent, file: path };
    }
  }
  return undefined;
}
