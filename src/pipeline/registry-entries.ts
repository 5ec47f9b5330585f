import type { RegistryEntry } from '../state/schema.ts';

/** The verified releases of a history, oldest deployment first. */
export function goodEntries(history: readonly RegistryEntry[]): RegistryEntry[] {
  return history.filter(({ status }) => status === 'success');
}

/** The newest image that was verified, but for one. */
export function newestGood(history: readonly RegistryEntry[], except: string): string | null {
  const entry = goodEntries(history).findLast((candidate) => imageOf(candidate) !== except);
  return entry ? imageOf(entry) : null;
}

/** The image reference; records of the original have the tag alone. */
export function imageOf(entry: RegistryEntry): string {
  return entry.image ?? entry.tag;
}

/** Whether it may be a release of that target; older versions of this action did not say of which. */
export function isOf(entry: RegistryEntry, target: string | undefined): boolean {
  return entry.target === undefined || target === undefined || entry.target === target;
}

/** Whether two entries may be releases of one project on one target, so that one can take the place of the other. */
export function isBeside(entry: RegistryEntry, other: RegistryEntry): boolean {
  const [name, otherName] = [nameOf(entry), nameOf(other)];
  return isOf(entry, other.target) && (name === undefined || otherName === undefined || name === otherName);
}

/** `my-webapp-backend:a1b2c3d` -> `my-webapp-backend` */
const nameOf = ({ image }: RegistryEntry) => image?.slice(0, image.lastIndexOf(':'));
