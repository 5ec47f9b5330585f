/** The commands of actions/checkout v5: one commit deep, the branch pinned at the event's sha, the token in the local git configuration. */

export interface CheckoutInput {
  /** Without trailing slash. */
  gitUrl: string;
  repository: string;
  ref: string;
  sha: string;
  token: string;
  /** 0: everything. */
  depth: number;
  workspace: string;
  /** `persist-credentials`. */
  persist: boolean;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A bash script; run it in the workspace with `-e`. */
export function checkoutScript(input: CheckoutInput): string {
  const { ref, sha, depth } = input;
  const header = `http.${input.gitUrl}/.extraheader`;
  const basic = Buffer.from(`x-access-token:${input.token}`).toString('base64');
  const short = ref.replace(/^refs\/(heads|tags|pull)\//, '');
  const tracking = ref.startsWith('refs/heads/')
    ? `refs/remotes/origin/${short}`
    : ref.startsWith('refs/pull/')
      ? `refs/remotes/pull/${short}`
      : ref.startsWith('refs/tags/')
        ? ref
        : '';
  const one = tracking === '' ? sha : `+${sha}:${tracking}`;
  const options = '--prune --no-recurse-submodules';
  const all = `+refs/heads/*:refs/remotes/origin/* +refs/tags/*:refs/tags/*`;
  const fetches =
    depth > 0
      ? [`git -c protocol.version=2 fetch -q --no-tags ${options} --depth=${depth} origin ${quote(one)}`]
      : [
          `git -c protocol.version=2 fetch -q ${options} origin ${all}`,
          `git -c protocol.version=2 fetch -q --no-tags ${options} origin ${quote(one)}`,
        ];
  const checkout = ref.startsWith('refs/heads/')
    ? `git checkout -q --force -B ${quote(short)} ${quote(tracking)}`
    : `git checkout -q --force ${quote(tracking === '' ? sha : tracking)}`;
  return [
    `git config --global --add safe.directory ${quote(input.workspace)}`,
    'git init -q .',
    `git remote add origin ${quote(`${input.gitUrl}/${input.repository}`)}`,
    'git config --local gc.auto 0',
    `git config --local ${quote(header)} ${quote(`AUTHORIZATION: basic ${basic}`)}`,
    ...fetches,
    checkout,
    ...(input.persist ? [] : [`git config --local --unset-all ${quote(header)}`]),
    "git log -1 --format='%H'",
  ].join('\n');
}

/** What the post step of checkout does. */
export function checkoutCleanup(gitUrl: string): string {
  return `git config --local --unset-all ${quote(`http.${gitUrl}/.extraheader`)} || true`;
}
