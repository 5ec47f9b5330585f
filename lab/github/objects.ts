/** Commits and trees: read from git's bytes, written through git's plumbing. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { git } from './git.ts';

export interface Person {
  name: string;
  email: string;
  /** ISO 8601, seconds. */
  date: string;
}

export interface ParsedCommit {
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

function person(line: string): Person {
  const match = /^(.*?) ?<([^>]*)> (\d+) [+-]\d{4}$/.exec(line);
  return { name: match?.[1] ?? '', email: match?.[2] ?? '', date: iso(Number(match?.[3] ?? 0)) };
}

export function parseCommit(content: Buffer): ParsedCommit {
  const text = content.toString();
  const split = text.indexOf('\n\n');
  const lines = (split < 0 ? text : text.slice(0, split)).split('\n');
  const field = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  return {
    tree: field('tree')[0] ?? '',
    parents: field('parent'),
    author: person(field('author')[0] ?? ''),
    committer: person(field('committer')[0] ?? ''),
    message: split < 0 ? '' : text.slice(split + 2).replace(/\n$/, ''),
  };
}

/** Where objects go. */
export interface ObjectStore {
  readonly dir: string;
  readonly format: 'sha1' | 'sha256';
}

/** A loose object, written as git writes it: a process for each of hundreds of blobs would take seconds. */
async function writeObject(
  { dir, format }: ObjectStore,
  type: 'blob' | 'commit',
  content: Buffer,
): Promise<string> {
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const sha = createHash(format).update(bytes).digest('hex');
  const folder = join(dir, 'objects', sha.slice(0, 2));
  const scratch = join(folder, `tmp_obj_${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  await writeFile(scratch, await promisify(deflate)(bytes, { level: 1 }), { mode: 0o444 });
  await rename(scratch, join(folder, sha.slice(2)));
  return sha;
}

/** Writes a commit object; names and addresses lose what git's format cannot hold. */
export function writeCommit(store: ObjectStore, commit: ParsedCommit): Promise<string> {
  const line = (who: Person): string => {
    const clean = (text: string): string => text.replace(/[<>\n\0]/g, '').trim();
    return `${clean(who.name)} <${clean(who.email)}> ${Math.floor(Date.parse(who.date) / 1000)} +0000`;
  };
  const text = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${line(commit.author)}`,
    `committer ${line(commit.committer)}`,
    '',
    commit.message,
  ].join('\n');
  return writeObject(store, 'commit', Buffer.from(text));
}

export function writeBlob(store: ObjectStore, content: string | Buffer): Promise<string> {
  return writeObject(store, 'blob', Buffer.from(content));
}

export interface TreeChange {
  path: string;
  mode: string;
  /** null removes the path. */
  sha: string | null;
}

/** A new tree: the base (none: empty) with the changes; a directory (mode 040000) replaces what was there. */
export async function writeTree(
  dir: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'lab-index-'));
  const env = { GIT_INDEX_FILE: join(scratch, 'index'), GIT_DIR: dir };
  try {
    await git(['read-tree', ...(base === undefined ? ['--empty'] : [`${base}^{tree}`])], { env });
    const zero = '0'.repeat((base ?? changes.find((change) => change.sha)?.sha)?.length ?? 40);
    const records: string[] = [];
    for (const { path, mode, sha } of changes) {
      if (sha === null || mode === '040000') {
        const inside = await git(['ls-files', '-z', '--', `:(literal)${path}`], { env, cwd: dir });
        for (const name of inside.toString().split('\0')) if (name !== '') records.push(`0 ${zero}\t${name}`);
      }
      if (sha !== null && mode !== '040000') records.push(`${mode} ${sha}\t${path}`);
      if (sha !== null && mode === '040000') {
        const listing = (await git(['ls-tree', '-r', '-z', sha], { env })).toString();
        for (const entry of listing.split('\0').filter((text) => text !== '')) {
          const tab = entry.indexOf('\t');
          const [entryMode, , entrySha] = entry.slice(0, tab).split(' ');
          records.push(`${entryMode} ${entrySha}\t${path}/${entry.slice(tab + 1)}`);
        }
      }
    }
    const input = records.map((record) => `${record}\0`).join('');
    await git(['update-index', '--replace', '-z', '--index-info'], { env, input });
    return (await git(['write-tree'], { env })).toString().trim();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
