/** Commits, branches, compare and pull requests: what changed between two points. */
import { changedFiles, type ChangedFile } from '../diff.ts';
import {
  type Answer,
  ApiError,
  type Context,
  invalid,
  linkHeader,
  notFound,
  paged,
  pageOf,
  type Route,
} from '../http.ts';
import { parseCommit } from '../objects.ts';
import { repositoryCommitView, userView } from '../views.ts';
import type { PullRequest } from '../repository.ts';

const COMPARE_FILES = 300;
const COMMIT_FILES = 3000;
const PULL_FILES = 3000;

const fileView =
  ({ repository, server, api }: Context, at: string) =>
  (file: ChangedFile) => ({
    ...file,
    blob_url: `${server}/${repository.name}/blob/${at}/${encodeURIComponent(file.filename)}`,
    raw_url: `${server}/${repository.name}/raw/${at}/${encodeURIComponent(file.filename)}`,
    contents_url: `${api}/repos/${repository.name}/contents/${encodeURIComponent(file.filename)}?ref=${at}`,
  });

async function viewOf(context: Context, sha: string) {
  const object = await context.repository.objects.read(sha);
  if (object?.type !== 'commit') throw notFound();
  return repositoryCommitView(context, sha, parseCommit(object.content));
}

async function getCommit(context: Context): Promise<Answer> {
  const { repository, params, stale } = context;
  const found = await repository.commitOf(params['ref'] ?? '', { stale });
  if (!found) throw invalid(`No commit found for SHA: ${params['ref']}`);
  if (/\bsha\b/.test(context.accept)) return { raw: Buffer.from(found.sha) };
  const all = (await changedFiles(repository.dir, found.commit.parents[0], found.sha)).slice(0, COMMIT_FILES);
  const { items, headers } = paged(context, all, 100);
  const stats = all.reduce(
    (sum, file) => ({ additions: sum.additions + file.additions, deletions: sum.deletions + file.deletions }),
    {
      additions: 0,
      deletions: 0,
    },
  );
  const view = repositoryCommitView(context, found.sha, found.commit);
  return {
    data: {
      ...view,
      stats: { ...stats, total: stats.additions + stats.deletions },
      files: items.map(fileView(context, found.sha)),
    },
    headers,
  };
}

async function listCommits(context: Context): Promise<Answer> {
  const { repository, query } = context;
  const start = await repository.commitOf(query.get('sha') ?? repository.defaultBranch, {
    stale: context.stale,
  });
  if (!start) throw notFound();
  const path = query.get('path');
  const shas = (await repository.git(['rev-list', start.sha, ...(path ? ['--', `:(literal)${path}`] : [])]))
    .split('\n')
    .filter((sha) => sha !== '');
  const { items, headers } = paged(context, shas);
  return { data: await Promise.all(items.map((sha) => viewOf(context, sha))), headers };
}

async function getBranch(context: Context): Promise<Answer> {
  const { repository, params, stale, api } = context;
  const name = params['branch'] ?? '';
  const sha = await repository.ref(`refs/heads/${name}`, { stale });
  if (!sha) throw new ApiError(404, 'Branch not found');
  const url = `${api}/repos/${repository.name}/branches/${name}`;
  return {
    data: {
      name,
      commit: await viewOf(context, sha),
      _links: { self: url },
      protected: false,
      protection_url: `${url}/protection`,
    },
  };
}

async function listBranches(context: Context): Promise<Answer> {
  const { repository, api } = context;
  const lines = (
    await repository.git(['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads'])
  ).split('\n');
  const branches = lines
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', sha = ''] = line.split(' ');
      return {
        name,
        commit: { sha, url: `${api}/repos/${repository.name}/commits/${sha}` },
        protected: false,
      };
    });
  const { items, headers } = paged(context, branches);
  return { data: items, headers };
}

/** `owner:branch` names the same repository here; forks are not known. */
const withoutOwner = (rev: string): string => rev.replace(/^[^/:]+:/, '');

async function compare(context: Context): Promise<Answer> {
  const { repository, params, stale, api, server, query } = context;
  const [left, right, more] = (params['basehead'] ?? '').split('...');
  if (!left || !right || more !== undefined) throw notFound();
  const base = await repository.commitOf(withoutOwner(left), { stale });
  const head = await repository.commitOf(withoutOwner(right), { stale });
  if (!base || !head) throw notFound();
  const mergeBase = await repository.git(['merge-base', base.sha, head.sha]).catch(() => '');
  if (mergeBase === '') throw new ApiError(404, `No common ancestor between ${left} and ${right}.`);
  const [behind = '0', ahead = '0'] = (
    await repository.git(['rev-list', '--left-right', '--count', `${base.sha}...${head.sha}`])
  ).split('\t');
  const status =
    base.sha === head.sha ? 'identical' : behind === '0' ? 'ahead' : ahead === '0' ? 'behind' : 'diverged';
  const shas = (await repository.git(['rev-list', '--reverse', `${base.sha}..${head.sha}`]))
    .split('\n')
    .filter((sha) => sha !== '');
  // Without paging parameters GitHub lists the 250 newest commits; with them, pages in chronological order.
  const asked = query.has('page') || query.has('per_page');
  const { page, perPage } = pageOf(query);
  const listed = asked ? shas.slice((page - 1) * perPage, page * perPage) : shas.slice(-250);
  const files =
    page > 1 ? undefined : (await changedFiles(repository.dir, mergeBase, head.sha)).slice(0, COMPARE_FILES);
  const url = `${api}/repos/${repository.name}/compare/${left}...${right}`;
  const html = `${server}/${repository.name}/compare/${left}...${right}`;
  return {
    data: {
      url,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: await viewOf(context, base.sha),
      merge_base_commit: await viewOf(context, mergeBase),
      status,
      ahead_by: Number(ahead),
      behind_by: Number(behind),
      total_commits: shas.length,
      commits: await Promise.all(listed.map((sha) => viewOf(context, sha))),
      ...(files ? { files: files.map(fileView(context, head.sha)) } : {}),
    },
    headers: asked ? linkHeader(context, page, perPage, shas.length) : {},
  };
}

function pullOf({ repository, params }: Context): PullRequest {
  const pull = repository.pullRequests.find(({ number }) => String(number) === params['number']);
  if (!pull) throw notFound();
  return pull;
}

async function getPull(context: Context): Promise<Answer> {
  const { repository, api, server } = context;
  const pull = pullOf(context);
  const issue = repository.issues.find(({ number }) => number === pull.number);
  const files = await changedFiles(repository.dir, await mergeBaseOf(context, pull), pull.head.sha);
  const url = `${api}/repos/${repository.name}/pulls/${pull.number}`;
  const repo = (name: string) => ({ full_name: name, fork: name !== repository.name });
  return {
    data: {
      id: issue?.id,
      number: pull.number,
      url,
      html_url: `${server}/${repository.name}/pull/${pull.number}`,
      state: issue?.state,
      title: issue?.title,
      body: issue?.body,
      user: userView(issue?.login ?? 'ghost', api),
      draft: false,
      merged: false,
      mergeable: pull.mergeSha !== undefined,
      merge_commit_sha: pull.mergeSha ?? null,
      head: {
        ref: pull.head.ref,
        sha: pull.head.sha,
        label: `${pull.head.repository.split('/')[0]}:${pull.head.ref}`,
        repo: repo(pull.head.repository),
      },
      base: {
        ref: pull.base.ref,
        sha: pull.base.sha,
        label: `${repository.name.split('/')[0]}:${pull.base.ref}`,
        repo: repo(repository.name),
      },
      changed_files: files.length,
    },
  };
}

async function mergeBaseOf({ repository }: Context, pull: PullRequest): Promise<string> {
  return repository.git(['merge-base', pull.base.sha, pull.head.sha]);
}

async function pullFiles(context: Context): Promise<Answer> {
  const pull = pullOf(context);
  const files = (
    await changedFiles(context.repository.dir, await mergeBaseOf(context, pull), pull.head.sha)
  ).slice(0, PULL_FILES);
  const { items, headers } = paged(context, files);
  return { data: items.map(fileView(context, pull.head.sha)), headers };
}

export const commits: Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/commits', needs: ['contents', 'read'], handler: listCommits },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/commits/{ref+}',
    needs: ['contents', 'read'],
    handler: getCommit,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/branches',
    needs: ['contents', 'read'],
    handler: listBranches,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/branches/{branch+}',
    needs: ['contents', 'read'],
    handler: getBranch,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/compare/{basehead+}',
    needs: ['contents', 'read'],
    handler: compare,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/pulls/{number}',
    needs: ['pull-requests', 'read'],
    handler: getPull,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/pulls/{number}/files',
    needs: ['pull-requests', 'read'],
    handler: pullFiles,
  },
];
