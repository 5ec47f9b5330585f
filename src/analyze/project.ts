import { posix } from 'node:path';
import type { Service } from '../config/services.ts';
import type { Classifier } from './categories.ts';
import { compilePatterns } from './patterns.ts';
import type { Change } from './sources/changes.ts';

/**
 * Where the project lies in its repository (input `working-directory`). Git and GitHub name files from the root of the
 * repository, the configuration names them from the project: `src/**`, or `../../libs/**` for what lies outside.
 */
export interface Project {
  /** From the root of the repository, without slashes at its ends; empty when the project is the whole repository. */
  readonly directory: string;
  /** A path of the repository as the configuration writes it. */
  toProject(path: string): string;
  /** A path of the configuration as the repository knows it: empty for its root, nothing for what lies outside of it. */
  toRepository(path: string): string | undefined;
}

export function projectAt(directory: string): Project {
  const clean = directory.split('/').filter((part) => part !== '' && part !== '.');
  const inside = clean.join('/');
  return {
    directory: inside,
    toProject(path) {
      if (inside === '' || path === inside) return inside === '' ? path : '.';
      if (path.startsWith(`${inside}/`)) return path.slice(inside.length + 1);
      const parts = path.split('/');
      let common = 0;
      while (common < clean.length && common < parts.length - 1 && clean[common] === parts[common])
        common += 1;
      return '../'.repeat(clean.length - common) + parts.slice(common).join('/');
    },
    toRepository(path) {
      const joined = posix.join(inside, path).replace(/\/+$/, '');
      if (joined === '..' || joined.startsWith('../')) return undefined;
      return joined === '.' ? '' : joined.replace(/^\/+/, '');
    },
  };
}

/** Lies at or below a directory of the repository; empty is its root. */
export function isBelow(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

/**
 * Which files of the repository concern the project: its own, and of those outside the ones that the configuration names
 * (patterns that begin with `../`), and all of a build context that reaches further, unless the service's `paths` say
 * which of them it takes. Everything else belongs to other projects and neither builds nor stops this one.
 */
export function membership(
  { directory, toProject, toRepository }: Project,
  services: readonly Service[],
  { userLists }: Pick<Classifier, 'userLists'>,
): (path: string) => boolean {
  if (directory === '') return () => true;
  const named = services.map(({ name, paths }) => compilePatterns(paths, `services.${name}.paths`));
  const contexts = services
    .filter(({ paths }) => !paths.some(namesOutside))
    .map(({ context }) => toRepository(context))
    .filter((context) => context !== undefined);
  const dockerfiles = new Set(services.map(({ dockerfile }) => toRepository(dockerfile)));
  return (path) => {
    if (isBelow(path, directory) || dockerfiles.has(path)) return true;
    if (contexts.some((context) => isBelow(path, context))) return true;
    const seen = toProject(path);
    return (
      named.some((list) => namesOutside(list.match(seen))) ||
      userLists.some(({ list }) => namesOutside(list.match(seen)))
    );
  };
}

/** A pattern such as `**\/*.ts` is meant for the project, and only one that says `../` for what lies around it. */
export function namesOutside(pattern: string | undefined): boolean {
  return pattern?.startsWith('../') === true;
}

/** The changes that concern the project; a file that moved in or out was added or removed, as `git diff --relative` has it. */
export function changesWithin(changes: readonly Change[], concerns: (path: string) => boolean): Change[] {
  return changes.flatMap((change): Change[] => {
    const { previous_path, ...rest } = change;
    if (change.status !== 'renamed' || previous_path === undefined)
      return concerns(change.path) ? [change] : [];
    if (concerns(change.path)) return concerns(previous_path) ? [change] : [{ ...rest, status: 'added' }];
    return concerns(previous_path) ? [{ path: previous_path, status: 'removed' }] : [];
  });
}
