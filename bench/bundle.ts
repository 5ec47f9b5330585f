/** The sender in one file, as the action is: stripping the types of the sources takes more memory than sending. */
import { build } from 'esbuild';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Puts `send.ts` into `folder`. @returns the program to run */
export async function bundleSender(folder: string): Promise<string> {
  const outfile = join(folder, 'send.mjs');
  await build({
    entryPoints: [file('bench/send.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['cpu-features', '*.node'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;",
    },
    logLevel: 'error',
  });
  await cp(file('src/server/keeper'), join(folder, 'keeper'), { recursive: true });
  return outfile;
}
