import type { RegistryEntry } from '../state/schema.ts';

/** The verified releases of a history, oldest deployment first. */
export function goodEntries(history: readonly RegistryEntry[]): RegistryEntry[] {
  return history.filter(({ status }) => status === 'success');
}

/** The image reference; records of the original have the tag alone. */
export function imageOf(entry: RegistryEntry): string {
  return entry.image ?? entry.tag;
}
