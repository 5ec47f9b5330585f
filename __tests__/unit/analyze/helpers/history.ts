import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import type { Repository } from './repository.ts';

/** What one commit of a random history does. Numbers pick among what is there, so every value is possible. */
export interface Step {
  /** Which earlier commit it follows: 0 is the last one; more is a reset, as of a forced push. */
  back: number;
  /** Which commit is merged in, if any. */
  merge: number | undefined;
  edits: Edit[];
}
type Edit =
  | { kind: 'write'; path: string; content: number; mode: '100644' | '100755' | '120000' | '160000' }
  | { kind: 'remove'; pick: number }
  | { kind: 'rename'; pick: number; path: string }
  | { kind: 'bulk'; directory: string; count: number; content: number };

const NAMES = [
  'a.ts',
  'b.go',
  'with space',
  'tab\t',
  'line\nbreak',
  'quote"',
  'back\\slash',
  'caf\u00e9',
  'cafe\u0301',
  '🚀',
  '-x',
  '#x',
  '!x',
  '[id]',
  '(group)',
  '{a,b}',
  '__proto__',
];
const DIRECTORIES = ['', 'src/', 'server/', 'a/deep/er/', '[id]/', 'dir/'];
const path = fc
  .tuple(fc.constantFrom(...DIRECTORIES), fc.constantFrom(...NAMES))
  .map(([directory, name]) => directory + name);
const small = fc.nat({ max: 5 });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      path,
      content: small,
      mode: fc.constantFrom(
        '100644' as const,
        '100644' as const,
        '100755' as const,
        '120000' as const,
        '160000' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rename' as const), pick: fc.nat(), path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('bulk' as const),
      directory: fc.constantFrom('gen', 'src/gen'),
      count: fc.constantFrom(3, 320, 320),
      content: small,
    }),
  },
  // A file where a directory was, and the reverse.
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      path: fc.constantFrom('src', 'dir', 'a/deep', 'dir/a.ts/under'),
      content: small,
      mode: fc.constant('100644' as const),
    }),
  },
);

export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    back: fc.constantFrom(0, 0, 0, 1, 2),
    merge: fc.option(fc.nat(), { nil: undefined, freq: 5 }),
    edits: fc.array(edit, { maxLength: 6 }),
  }),
  { minLength: 2, maxLength: 6 },
);

type Tree = Map<string, { mode: string; content: string }>;

/** Makes the history in the repository, in place of the one before, with one process; answers the commits. */
export function build(repository: Repository, steps: readonly Step[]): string[] {
  const trees: Tree[] = [];
  let stream = '';
  steps.forEach((step, index) => {
    const parent = Math.max(-1, index - 1 - step.back);
    const tree: Tree = new Map(trees[parent]);
    step.edits.forEach((one) => apply(tree, one));
    trees.push(tree);
    stream += `commit refs/heads/c${index}\nmark :${index + 1}\ncommitter a <a@example.org> ${index} +0000\ndata 0\n`;
    if (parent >= 0) stream += `from :${parent + 1}\n`;
    const merged = step.merge === undefined || parent < 0 ? parent : step.merge % index;
    if (merged !== parent) stream += `merge :${merged + 1}\n`;
    stream += 'deleteall\n';
    for (const [name, { mode, content }] of tree) {
      const quoted = `"${name.replace(/[\\"\n\t]/g, (character) => ({ '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t' })[character] ?? '')}"`;
      if (mode === '160000') stream += `M 160000 ${content.repeat(40)} ${quoted}\n`;
      else stream += `M ${mode} inline ${quoted}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
    }
  });
  execFileSync('git', ['fast-import', '--quiet', '--done', '--force'], {
    cwd: repository.directory,
    input: `${stream}done\n`,
  });
  // A workspace has a commit checked out, whichever it is.
  repository.git('update-ref', 'refs/heads/main', `refs/heads/c${steps.length - 1}`);
  return repository
    .git('rev-parse', ...steps.map((_, index) => `refs/heads/c${index}`))
    .trim()
    .split('\n');
}

function apply(tree: Tree, one: Edit): void {
  const paths = [...tree.keys()];
  const pick = (number: number) => paths[number % Math.max(1, paths.length)] ?? '';
  if (one.kind === 'write') {
    put(tree, one.path, { mode: one.mode, content: String(one.content + 1) });
  } else if (one.kind === 'remove') {
    tree.delete(pick(one.pick));
  } else if (one.kind === 'rename') {
    const from = tree.get(pick(one.pick));
    if (!from) return;
    tree.delete(pick(one.pick));
    put(tree, one.path, from);
  } else {
    for (let number = 0; number < one.count; number += 1) {
      put(tree, `${one.directory}/d${number % 5}/f${number}`, {
        mode: '100644',
        content: `${number} ${one.content}`,
      });
    }
  }
}

/** A path cannot be a file and a directory. */
function put(tree: Tree, path: string, entry: { mode: string; content: string }): void {
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) tree.delete(other);
  }
  tree.set(path, entry);
}
