/** The git database: commits, trees, blobs, tags. */
import { git } from '../git.ts';
import {
  type Answer,
  type Context,
  invalid,
  notFound,
  optionalText,
  refuseEmpty,
  type Route,
  text,
  texts,
} from '../http.ts';
import { parseCommit, type Person, type TreeChange, writeBlob, writeCommit, writeTree } from '../objects.ts';
import type { LabRepository } from '../repository.ts';
import { commitView, isSha } from '../views.ts';

const TREE_ENTRIES = 100_000;
const TREE_BYTES = 7 * 1024 * 1024;
const EMPTY_TREES = [
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
];

async function getCommit(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const object = isSha(context.params['sha'])
    ? await context.repository.objects.read(context.params['sha'] ?? '')
    : undefined;
  if (object?.type !== 'commit') throw notFound();
  return { data: commitView(context, object.sha, parseCommit(object.content)) };
}

function personFrom(value: unknown, fallback: Person): Person {
  if (typeof value !== 'object' || value === null) return fallback;
  const given = value as Record<string, unknown>;
  const date = optionalText(given, 'date');
  if (date !== undefined && Number.isNaN(Date.parse(date)))
    throw invalid('Invalid request.\n\ndate is not a date-time.');
  return { name: text(given, 'name'), email: text(given, 'email'), date: date ?? fallback.date };
}

async function createCommit(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const { repository, body, token } = context;
  const tree = text(body, 'tree');
  const parents = texts(body, 'parents');
  const known = isSha(tree) && !EMPTY_TREES.includes(tree) ? await repository.objects.read(tree) : undefined;
  if (known?.type !== 'tree') throw invalid('Tree SHA does not exist');
  for (const parent of parents) {
    const found = isSha(parent) ? await repository.objects.read(parent) : undefined;
    if (found?.type !== 'commit') throw invalid('Parent SHA does not exist or is not a commit object');
  }
  const login = token?.login ?? 'ghost';
  const fallback = {
    name: login,
    email: `${login}@users.noreply.github.com`,
    date: new Date().toISOString(),
  };
  const author = personFrom(body['author'], fallback);
  const committer = personFrom(body['committer'], author);
  const commit = { tree, parents, author, committer, message: text(body, 'message') };
  const sha = await writeCommit(repository, commit);
  const stored = await repository.objects.read(sha);
  const view = commitView(context, sha, stored ? parseCommit(stored.content) : commit);
  return { status: 201, data: view, headers: { location: view.url } };
}

async function treeOf({ repository, stale }: Context, rev: string): Promise<string | undefined> {
  if (isSha(rev)) {
    const tree = await repository.objects.read(`${rev}^{tree}`);
    return tree?.sha;
  }
  return (await repository.commitOf(rev, { stale }))?.commit.tree;
}

async function treeView(context: Context, sha: string, recursive: boolean): Promise<Record<string, unknown>> {
  const { repository, api } = context;
  const args = ['--git-dir', repository.dir, 'ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), sha];
  const listing = (await git(args)).toString().split('\0');
  const base = `${api}/repos/${repository.name}/git`;
  const limit = repository.options.treeEntryLimit ?? TREE_ENTRIES;
  const tree: unknown[] = [];
  let bytes = 0;
  let truncated = false;
  for (const line of listing) {
    if (line === '') continue;
    const tab = line.indexOf('\t');
    const [mode = '', type = '', entry = '', size = '-'] = line.slice(0, tab).split(/ +/);
    const path = line.slice(tab + 1);
    const link = type === 'commit' ? {} : { url: `${base}/${type}s/${entry}` };
    const item = { path, mode, type, sha: entry, ...(size === '-' ? {} : { size: Number(size) }), ...link };
    bytes += JSON.stringify(item).length + 1;
    if (tree.length >= limit || bytes > TREE_BYTES) {
      truncated = true;
      break;
    }
    tree.push(item);
  }
  return { sha, url: `${base}/trees/${sha}`, tree, truncated };
}

async function getTree(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const sha = await treeOf(context, context.params['tree'] ?? '');
  if (!sha) throw notFound();
  return { data: await treeView(context, sha, context.query.has('recursive')) };
}

const MODES: Record<string, string> = {
  '100644': 'blob',
  '100755': 'blob',
  '120000': 'blob',
  '040000': 'tree',
  '160000': 'commit',
};

async function treeChange(
  repository: LabRepository,
  value: unknown,
  base: string | undefined,
): Promise<TreeChange> {
  const entry = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const path = text(entry, 'path');
  const mode = optionalText(entry, 'mode') ?? '100644';
  if (
    path
      .split('/')
      .some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
  ) {
    throw invalid('tree.path contains a malformed path component');
  }
  const type = MODES[mode];
  if (!type) throw invalid(`tree.mode ${mode} is not valid`);
  if (typeof entry['content'] === 'string') {
    if (entry['sha']) throw invalid('Must supply either tree.sha or tree.content.');
    return { path, mode, sha: await writeBlob(repository, entry['content']) };
  }
  if (entry['sha'] === null) {
    const there = base === undefined ? undefined : await repository.objects.read(`${base}:${path}`);
    if (!there) throw invalid('GitRPC::BadObjectState');
    return { path, mode, sha: null };
  }
  const sha = text(entry, 'sha');
  const object = isSha(sha) ? await repository.objects.read(sha) : undefined;
  if (type !== 'commit' && object?.type !== type) throw invalid(`tree.sha ${sha} is not a valid ${type}`);
  return { path, mode, sha };
}

async function createTree(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const { repository, body } = context;
  const given = body['tree'];
  if (!Array.isArray(given) || given.length === 0) throw invalid('Invalid tree info');
  const wanted = optionalText(body, 'base_tree');
  const base = wanted === undefined ? undefined : isSha(wanted) ? await treeOf(context, wanted) : undefined;
  if (wanted !== undefined && base === undefined) throw invalid('base_tree is not a valid tree oid');
  const changes: TreeChange[] = [];
  for (const value of given) changes.push(await treeChange(repository, value, base));
  const sha = await writeTree(repository.dir, base, changes);
  return { status: 201, data: await treeView(context, sha, false) };
}

async function getBlob(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const { repository, params, api, accept } = context;
  const object = isSha(params['sha']) ? await repository.objects.read(params['sha'] ?? '') : undefined;
  if (object?.type !== 'blob') throw notFound();
  if (/\braw\b/.test(accept))
    return { raw: object.content, headers: { 'content-type': 'application/vnd.github.raw' } };
  const content = object.content.toString('base64').replace(/.{60}/g, '$&\n');
  const url = `${api}/repos/${repository.name}/git/blobs/${object.sha}`;
  return {
    data: {
      sha: object.sha,
      node_id: object.sha,
      url,
      size: object.content.length,
      content,
      encoding: 'base64',
    },
  };
}

async function createBlob(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const { repository, body, api } = context;
  const content = body['content'];
  if (typeof content !== 'string') throw invalid('Invalid request.\n\n"content" wasn\'t supplied.');
  const encoding = optionalText(body, 'encoding') ?? 'utf-8';
  if (encoding !== 'utf-8' && encoding !== 'base64') throw invalid('encoding must be utf-8 or base64');
  const sha = await writeBlob(repository, encoding === 'base64' ? Buffer.from(content, 'base64') : content);
  const url = `${api}/repos/${repository.name}/git/blobs/${sha}`;
  return { status: 201, data: { sha, url }, headers: { location: url } };
}

async function getTag(context: Context): Promise<Answer> {
  const { repository, params, api } = context;
  const object = isSha(params['sha']) ? await repository.objects.read(params['sha'] ?? '') : undefined;
  if (object?.type !== 'tag') throw notFound();
  const lines = object.content.toString().split('\n');
  const field = (name: string): string =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  const target = { type: field('type'), sha: field('object') };
  const base = `${api}/repos/${repository.name}/git`;
  const message = object.content.toString().split('\n\n').slice(1).join('\n\n').trimEnd();
  const urls = { url: `${base}/tags/${object.sha}` };
  return {
    data: {
      sha: object.sha,
      ...urls,
      tag: field('tag'),
      message,
      object: { ...target, url: `${base}/${target.type}s/${target.sha}` },
    },
  };
}

export const gitData: Route[] = [
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/commits/{sha}',
    needs: ['contents', 'read'],
    handler: getCommit,
  },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/git/commits',
    needs: ['contents', 'write'],
    handler: createCommit,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/trees/{tree+}',
    needs: ['contents', 'read'],
    handler: getTree,
  },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/git/trees',
    needs: ['contents', 'write'],
    handler: createTree,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/blobs/{sha}',
    needs: ['contents', 'read'],
    handler: getBlob,
  },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/git/blobs',
    needs: ['contents', 'write'],
    handler: createBlob,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/tags/{sha}',
    needs: ['contents', 'read'],
    handler: getTag,
  },
];
