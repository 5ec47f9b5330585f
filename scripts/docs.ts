// Writes what is generated from the code: the tables of the README, docs/configuration.md and gonsautopilot.schema.json.
//   scripts/node24 scripts/docs.ts            writes
//   scripts/node24 scripts/docs.ts --check    exits 1 when one of them is not current, and says which
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationPage, errorTable, generatedSchema, inputTable, outputTable } from './docs-parts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');

/** The text between `<!-- name:start -->` and `<!-- name:end -->`; without the markers the page does without the table. */
function between(page: string, name: string, content: string): string {
  const marked = new RegExp(`(<!-- ${name}:start -->)[\\s\\S]*?(<!-- ${name}:end -->)`);
  return page.replace(marked, (_, start: string, end: string) => `${start}\n${content}\n${end}`);
}

const action = read('action.yml');
const tables = {
  inputs: inputTable(action),
  outputs: outputTable(action),
  errors: errorTable(read('src/errors.ts')),
};
const readme = Object.entries(tables).reduce(
  (page, [name, content]) => between(page, name, content),
  read('README.md'),
);
const files: Record<string, string> = {
  'gonsautopilot.schema.json': generatedSchema(),
  'docs/configuration.md': configurationPage(tables.errors),
  ...(readme === '' ? {} : { 'README.md': readme }),
};

const stale = Object.entries(files).filter(([path, content]) => read(path) !== content);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is not current: run scripts/node24 scripts/docs.ts`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, content] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    console.log(`wrote ${path}`);
  }
}
