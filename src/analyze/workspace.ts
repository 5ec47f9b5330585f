import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { RunProgram } from '../effects.ts';
import { projectAt, type Project } from './project.ts';
import { openCheckout, type Checkout } from './sources/git.ts';

/** Where the repository and the project in it lie on this machine. */
export interface Workspace {
  checkout: Checkout | undefined;
  project: Project;
  /** The root of the repository, from the workspace: empty, or `checkout/`. */
  root: string;
}

/**
 * Finds the repository of the project: the workspace, or a directory between it and the project (`actions/checkout` with
 * `path`). A repository that the workspace itself lies in is not the project's. Without a checkout the workspace counts
 * as the root. `directory` is the project's, from the workspace.
 */
export async function findCheckout(
  run: RunProgram,
  workspace: string,
  directory: string,
): Promise<Workspace> {
  const parts = directory.split('/').filter((part) => part !== '' && part !== '.');
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const checkout = await openCheckout(run, resolve(workspace, ...parts.slice(0, depth)));
    if (checkout?.prefix !== '') continue;
    const root = parts
      .slice(0, depth)
      .map((part) => `${part}/`)
      .join('');
    return { checkout, project: projectAt(parts.slice(depth).join('/')), root };
  }
  return { checkout: undefined, project: projectAt(directory), root: '' };
}

/**
 * The project's directory from the workspace, with `/` and without links where both exist: a link in the repository is
 * not where git knows the files. Both are absolute.
 */
export async function directoryWithin(workspace: string, directory: string): Promise<string> {
  const real = (path: string) => realpath(path).catch(() => undefined);
  const [from, to] = [await real(workspace), await real(directory)];
  const found = from === undefined || to === undefined ? undefined : relative(from, to);
  const inside = found !== undefined && found !== '..' && !found.startsWith(`..${sep}`) && !isAbsolute(found);
  return (inside ? found : relative(workspace, directory)).split(sep).join('/');
}
