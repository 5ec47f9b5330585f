import { readFileSync } from 'node:fs';

/** In the order in which they make one script. */
const PARTS = [
  'settings',
  'reader',
  'relay',
  'state',
  'lock',
  'commands',
  'revert',
  'events',
  'loop',
] as const;

/** The keeper as a text for sh. It travels with each connection and is never installed; build.mjs puts the parts beside the bundle. */
export const KEEPER_SCRIPT = PARTS.map((part) =>
  readFileSync(new URL(`./keeper/${part}.sh`, import.meta.url), 'utf8'),
).join('\n');
