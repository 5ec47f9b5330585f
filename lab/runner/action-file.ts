/** action.yml as the runner reads it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface ActionFile {
  dir: string;
  name: string;
  inputs: Record<string, { default: string; deprecation: string | undefined }>;
  main: string;
  post: string | undefined;
  postIf: string;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const optional = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value);

/** Only `using: node24`; anything else is an error here. */
export async function readAction(dir: string): Promise<ActionFile> {
  const source = await readFile(join(dir, 'action.yml'), 'utf8').catch(() =>
    readFile(join(dir, 'action.yaml'), 'utf8'),
  );
  const file = asRecord(parse(source));
  const runs = asRecord(file['runs']);
  if (runs['using'] !== 'node24')
    throw new Error(`The lab's runner runs node24 actions only, not ${optional(runs['using'])}.`);
  const inputs = Object.entries(asRecord(file['inputs'])).map(([name, value]) => {
    const input = asRecord(value);
    return [
      name,
      { default: optional(input['default']) ?? '', deprecation: optional(input['deprecationMessage']) },
    ] as const;
  });
  const main = optional(runs['main']);
  if (main === undefined) throw new Error('action.yml has no runs.main.');
  const post = optional(runs['post']);
  return {
    dir,
    name: optional(file['name']) ?? dir,
    inputs: Object.fromEntries(inputs),
    main: join(dir, main),
    post: post === undefined ? undefined : join(dir, post),
    postIf: optional(runs['post-if']) ?? 'always()',
  };
}

/** `INPUT_` and the name: blanks to `_`, upper case; hyphens stay. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
