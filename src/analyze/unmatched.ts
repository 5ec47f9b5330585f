import type { Service } from '../config/services.ts';
import type { Classifier } from './categories.ts';
import { compilePatterns, type PatternList } from './patterns.ts';

/**
 * Warnings about patterns of the user that match no file of the repository at all: most often a missing `**` or a
 * directory that moved. `paths` is asked only when there are such patterns, and may not know.
 */
export async function unmatchedPatterns(
  userLists: Classifier['userLists'],
  services: readonly Service[],
  paths: () => Promise<readonly string[] | undefined>,
): Promise<string[]> {
  const lists: { where: string; list: PatternList }[] = [
    ...userLists,
    ...services
      .filter((service) => service.paths.length > 0)
      .map(({ name, paths: own }) => {
        const where = `services.${name}.paths`;
        return { where, list: compilePatterns(own, where) };
      }),
  ];
  const all = lists.length === 0 ? undefined : await paths();
  if (all === undefined) return [];
  return lists.flatMap(({ where, list }) =>
    list.unmatched(all).map((pattern) => {
      const hint = pattern.includes('/') ? '' : `; for any directory, write "**/${pattern}"`;
      return `${where}: the pattern ${JSON.stringify(pattern)} matches no file of the repository${hint}.`;
    }),
  );
}
