/** The JSON shapes that several endpoints share. */
import type { Context } from './http.ts';
import type { ParsedCommit } from './objects.ts';

export function isSha(value: string | undefined): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value ?? '');
}

export interface RefView {
  ref: string;
  node_id: string;
  url: string;
  object: { sha: string; type: string; url: string };
}

export async function refView({ repository, api }: Context, name: string, sha: string): Promise<RefView> {
  const type = (await repository.objects.read(sha))?.type ?? 'commit';
  const base = `${api}/repos/${repository.name}/git`;
  const object = { sha, type, url: `${base}/${type}s/${sha}` };
  return { ref: name, node_id: Buffer.from(name).toString('base64'), url: `${base}/${name}`, object };
}

const verification = {
  verified: false,
  reason: 'unsigned',
  signature: null,
  payload: null,
  verified_at: null,
};

/** A commit of the git database. */
export function commitView({ repository, api, server }: Context, sha: string, commit: ParsedCommit) {
  const base = `${api}/repos/${repository.name}/git`;
  const html = `${server}/${repository.name}/commit`;
  return {
    sha,
    node_id: sha,
    url: `${base}/commits/${sha}`,
    html_url: `${html}/${sha}`,
    author: commit.author,
    committer: commit.committer,
    tree: { sha: commit.tree, url: `${base}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${base}/commits/${parent}`,
      html_url: `${html}/${parent}`,
    })),
    verification,
  };
}

/** A commit of the repository (`/commits/{ref}`, compare). */
export function repositoryCommitView(context: Context, sha: string, commit: ParsedCommit) {
  const { repository, api, server } = context;
  const base = `${api}/repos/${repository.name}/commits`;
  const { author, committer, tree, message } = commitView(context, sha, commit);
  return {
    sha,
    node_id: sha,
    commit: {
      author,
      committer,
      message,
      tree,
      url: `${api}/repos/${repository.name}/git/commits/${sha}`,
      comment_count: 0,
      verification,
    },
    url: `${base}/${sha}`,
    html_url: `${server}/${repository.name}/commit/${sha}`,
    comments_url: `${base}/${sha}/comments`,
    author: null,
    committer: null,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${base}/${parent}`,
      html_url: `${server}/${repository.name}/commit/${parent}`,
    })),
  };
}

export function userView(login: string, api: string) {
  const type = login.endsWith('[bot]') ? 'Bot' : 'User';
  return {
    login,
    id: login.length,
    node_id: login,
    type,
    site_admin: false,
    url: `${api}/users/${encodeURIComponent(login)}`,
  };
}
