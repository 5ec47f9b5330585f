import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AutopilotError } from '../errors.ts';
import { statusOf, type GitHubApi } from '../github/api.ts';
import { isSha } from './event.ts';
import type { FileContent, ReadFile } from './files.ts';
import type { Change } from './sources/changes.ts';

/** Files in one query; GitHub cuts each text after 512,000 bytes, so that an answer stays below 20 MB. */
const BATCH = 40;
/** Files that may cost a request of their own. */
const SINGLES = 30;
/** Milliseconds for one query: behind it is another way. */
const QUERY_WAIT = 20_000;

const Answer = z.object({
  data: z.object({ repository: z.record(z.string(), z.unknown()) }),
  errors: z.array(z.unknown()).optional(),
});
const Blob = z.object({
  oid: z.string(),
  byteSize: z.number().int().nonnegative(),
  isTruncated: z.boolean(),
  text: z.string().nullable(),
});

/** What a query said of an object: a blob, or `absent` for one that is not in this repository (a submodule's commit). */
type Known = z.output<typeof Blob> | 'absent';

/**
 * Reads by the API where there is no checkout: `paths`, in the order in which they will be read, by GraphQL, many in one
 * request; and one by one, bounded, where GraphQL does not answer or has not the whole content (texts above 512,000 bytes, what
 * is no UTF-8, binary files). A text counts only when its hash is the object name that was asked for.
 * The returned reader rejects for a file whose content could not be had.
 */
export function apiReader(github: GitHubApi, changes: readonly Change[], paths: readonly string[]): ReadFile {
  const shaOf = new Map(changes.map(({ path, sha }) => [path, sha]));
  const shas = [...new Set(paths.map((path) => shaOf.get(path)))].filter(isSha);
  const place = new Map(shas.map((sha, index) => [sha, Math.floor(index / BATCH)]));
  const batches = new Map<number, Promise<Map<string, Known>>>();
  let refused = false;
  let singles = 0;
  const query = async (wanted: readonly string[]): Promise<Map<string, Known>> => {
    if (refused) return new Map();
    try {
      return await ask(github, wanted);
    } catch (error) {
      if (isLimit(error)) throw error;
      refused = true;
      return new Map();
    }
  };
  const batchOf = (sha: string): Promise<Map<string, Known>> => {
    const number = place.get(sha) ?? 0;
    const batch = batches.get(number) ?? query(shas.slice(number * BATCH, (number + 1) * BATCH));
    batches.set(number, batch);
    return batch;
  };
  return async (path, limit) => {
    const sha = shaOf.get(path);
    if (!isSha(sha)) return undefined;
    const known = (await batchOf(sha)).get(sha);
    if (known === 'absent') return undefined;
    if (known && known.byteSize > limit) return { size: known.byteSize };
    const content = known && wholeText(known);
    if (content) return { size: content.length, content };
    singles += 1;
    if (singles > SINGLES) throw new Error(`more than ${SINGLES} files would cost a request each`);
    return single(github, sha, limit);
  };
}

/** Rejects when nothing of the answer can be used. The text of the query holds names of its own only. */
async function ask(github: GitHubApi, shas: readonly string[]): Promise<Map<string, Known>> {
  const variables = shas.map((_sha, at) => `$o${at}: GitObjectID!`).join(', ');
  const objects = shas.map(
    (_sha, at) => `f${at}: object(oid: $o${at}) { ... on Blob { oid byteSize isTruncated text } }`,
  );
  const { data } = await github.request(
    'POST /graphql',
    {
      query: `query ($owner: String!, $name: String!, ${variables}) { repository(owner: $owner, name: $name) { ${objects.join(' ')} } }`,
      variables: {
        owner: github.owner,
        name: github.repo,
        ...Object.fromEntries(shas.map((sha, at) => [`o${at}`, sha])),
      },
    },
    { repeatable: true, maxWait: QUERY_WAIT },
  );
  const { data: found, errors = [] } = Answer.parse(data);
  const known = new Map<string, Known>();
  for (const [at, sha] of shas.entries()) {
    const value = found.repository[`f${at}`];
    const blob = Blob.safeParse(value);
    if (blob.success && blob.data.oid === sha) known.set(sha, blob.data);
    // After an error, "not there" may only mean that it was not looked up.
    else if (value === null && errors.length === 0) known.set(sha, 'absent');
  }
  return known;
}

function wholeText({ oid, isTruncated, text }: z.output<typeof Blob>): Buffer | undefined {
  if (isTruncated || text === null) return undefined;
  const content = Buffer.from(text);
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex') === oid ? content : undefined;
}

async function single(github: GitHubApi, sha: string, limit: number): Promise<FileContent> {
  const { data } = await github.request<{ size?: unknown; content?: unknown; encoding?: unknown }>(
    'GET /repos/{owner}/{repo}/git/blobs/{file_sha}',
    { file_sha: sha },
  );
  if (typeof data?.size !== 'number' || typeof data.content !== 'string') {
    throw new Error(`GitHub sent the content of ${sha} incomplete`);
  }
  const { size } = data;
  const encoding = data.encoding === 'utf-8' ? 'utf8' : 'base64';
  return size > limit ? { size } : { size, content: Buffer.from(data.content, encoding) };
}

/** Whoever is told to wait asks nothing else meanwhile. */
function isLimit(error: unknown): boolean {
  return (
    error instanceof AutopilotError &&
    error.code === 'GITHUB_UNAVAILABLE' &&
    [403, 429].includes(statusOf(error) ?? 0)
  );
}
