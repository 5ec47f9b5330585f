/** The repository itself, file contents, deployments, cache entries, and what belongs to the account. */
import {
  type Answer,
  ApiError,
  type Context,
  invalid,
  notFound,
  optionalText,
  paged,
  type Route,
  text,
} from '../http.ts';
import type { Deployment, DeploymentStatus } from '../repository.ts';
import { userView } from '../views.ts';

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
const CONTENT_LIMIT = 1024 * 1024;
const RAW_LIMIT = 100 * 1024 * 1024;

function getRepository({ repository, api, server, token }: Context): Answer {
  const [owner = '', name = ''] = repository.name.split('/');
  const write = token?.permissions.contents === 'write';
  return {
    data: {
      id: repository.id,
      node_id: String(repository.id),
      name,
      full_name: repository.name,
      private: repository.options.public !== true,
      visibility: repository.options.public === true ? 'public' : 'private',
      owner: userView(owner, api),
      html_url: `${server}/${repository.name}`,
      clone_url: `${server}/${repository.name}.git`,
      url: `${api}/repos/${repository.name}`,
      fork: false,
      archived: false,
      has_issues: repository.options.issues !== false,
      default_branch: repository.defaultBranch,
      permissions: { admin: false, maintain: false, push: write, triage: false, pull: true },
    },
  };
}

async function getContents(context: Context): Promise<Answer> {
  const { repository, params, query, stale, accept, api, server } = context;
  const rev = query.get('ref') ?? repository.defaultBranch;
  const path = (params['path'] ?? '').replace(/\/+$/, '');
  const commit = await repository.commitOf(rev, { stale });
  if (!commit) throw new ApiError(404, `No commit found for the ref ${rev}`);
  const object = await repository.objects.read(path === '' ? commit.commit.tree : `${commit.sha}:${path}`);
  if (!object || object.type === 'commit' || object.type === 'tag') throw notFound();
  const links = (file: string, sha: string, kind: 'blobs' | 'trees') => {
    const encoded = file.split('/').map(encodeURIComponent).join('/');
    const url = `${api}/repos/${repository.name}/contents/${encoded}?ref=${encodeURIComponent(rev)}`;
    const git_url = `${api}/repos/${repository.name}/git/${kind}/${sha}`;
    const html_url = `${server}/${repository.name}/${kind.slice(0, 4)}/${rev}/${encoded}`;
    const download_url = kind === 'blobs' ? `${server}/${repository.name}/raw/${rev}/${encoded}` : null;
    return { url, git_url, html_url, download_url, _links: { self: url, git: git_url, html: html_url } };
  };
  if (object.type === 'tree') {
    const listing = (await repository.git(['ls-tree', '-z', '-l', object.sha]))
      .split('\0')
      .filter((line) => line !== '');
    const data = listing.slice(0, 1000).map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', type = '', sha = '', size = '-'] = line.slice(0, tab).split(/ +/);
      const name = line.slice(tab + 1);
      const file = path === '' ? name : `${path}/${name}`;
      const kind =
        type === 'tree' ? 'dir' : type === 'commit' ? 'submodule' : mode === '120000' ? 'symlink' : 'file';
      return {
        type: kind,
        size: size === '-' ? 0 : Number(size),
        name,
        path: file,
        sha,
        ...links(file, sha, type === 'tree' ? 'trees' : 'blobs'),
      };
    });
    return { data };
  }
  if (object.content.length > RAW_LIMIT)
    throw new ApiError(403, 'This API returns blobs up to 100 MB in size.', {
      errors: [{ resource: 'Blob', field: 'data', code: 'too_large' }],
    });
  if (/\braw\b/.test(accept))
    return { raw: object.content, headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' } };
  const large = object.content.length > CONTENT_LIMIT;
  return {
    data: {
      type: 'file',
      encoding: large ? 'none' : 'base64',
      size: object.content.length,
      name: path.split('/').at(-1),
      path,
      content: large ? '' : object.content.toString('base64').replace(/.{60}/g, '$&\n'),
      sha: object.sha,
      ...links(path, object.sha, 'blobs'),
    },
  };
}

function deploymentView({ repository, api, token }: Context, { statuses: _, ...deployment }: Deployment) {
  const url = `${api}/repos/${repository.name}/deployments/${deployment.id}`;
  return {
    ...deployment,
    node_id: String(deployment.id),
    url,
    statuses_url: `${url}/statuses`,
    creator: userView(token?.login ?? 'ghost', api),
    updated_at: deployment.created_at,
  };
}

function statusView({ repository, api }: Context, deployment: Deployment, status: DeploymentStatus) {
  const deployment_url = `${api}/repos/${repository.name}/deployments/${deployment.id}`;
  return {
    ...status,
    url: `${deployment_url}/statuses/${status.id}`,
    deployment_url,
    environment: deployment.environment,
  };
}

async function createDeployment(context: Context): Promise<Answer> {
  const { repository, body } = context;
  const ref = text(body, 'ref');
  const found = await repository.commitOf(ref);
  if (!found) throw invalid(`No ref found for: ${ref}`);
  const contexts = body['required_contexts'];
  // The lab has no commit statuses: a list of required ones can never be met, no list means all there are.
  if (Array.isArray(contexts) && contexts.length > 0)
    throw new ApiError(409, 'Conflict: Commit status checks failed for ' + ref);
  const environment = optionalText(body, 'environment') ?? 'production';
  const deployment: Deployment = {
    id: repository.nextId(),
    sha: found.sha,
    ref,
    task: optionalText(body, 'task') ?? 'deploy',
    environment,
    description: optionalText(body, 'description') ?? null,
    payload: body['payload'] ?? {},
    created_at: now(),
    transient_environment: body['transient_environment'] === true,
    production_environment: body['production_environment'] === true || environment === 'production',
    statuses: [],
  };
  repository.deployments.push(deployment);
  return { status: 201, data: deploymentView(context, deployment) };
}

function deploymentOf({ repository, params }: Context): Deployment {
  const deployment = repository.deployments.find(({ id }) => String(id) === params['id']);
  if (!deployment) throw notFound();
  return deployment;
}

function listDeployments(context: Context): Answer {
  const { repository, query } = context;
  const matches = (deployment: Deployment): boolean =>
    (['environment', 'sha', 'ref', 'task'] as const).every(
      (name) => !query.get(name) || query.get(name) === deployment[name],
    );
  const { items, headers } = paged(context, repository.deployments.filter(matches).toReversed());
  return { data: items.map((deployment) => deploymentView(context, deployment)), headers };
}

const STATES = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'];

function addStatus(
  deployment: Deployment,
  id: number,
  state: string,
  body: Record<string, unknown>,
): DeploymentStatus {
  const part = (name: string): string => optionalText(body, name) ?? '';
  const status = {
    id,
    state,
    description: part('description'),
    environment_url: part('environment_url'),
    log_url: part('log_url'),
    created_at: now(),
  };
  deployment.statuses.push(status);
  return status;
}

function createStatus(context: Context): Answer {
  const { repository, body } = context;
  const deployment = deploymentOf(context);
  const state = text(body, 'state');
  if (!STATES.includes(state)) throw invalid(`Invalid request.\n\n${state} is not a valid deployment state.`);
  if ((optionalText(body, 'description')?.length ?? 0) > 140)
    throw invalid('Validation Failed', [
      {
        field: 'description',
        code: 'custom',
        message: 'description is too long (maximum is 140 characters)',
      },
    ]);
  const status = addStatus(deployment, repository.nextId(), state, body);
  if (state === 'success' && body['auto_inactive'] !== false) {
    const others = repository.deployments.filter(
      (other) =>
        other !== deployment && other.environment === deployment.environment && !other.transient_environment,
    );
    for (const other of others)
      if (other.statuses.at(-1)?.state === 'success') addStatus(other, repository.nextId(), 'inactive', {});
  }
  return { status: 201, data: statusView(context, deployment, status) };
}

function listStatuses(context: Context): Answer {
  const deployment = deploymentOf(context);
  const { items, headers } = paged(context, deployment.statuses.toReversed());
  return { data: items.map((status) => statusView(context, deployment, status)), headers };
}

const base = '/repos/{owner}/{repo}';

export const repositories: Route[] = [
  { method: 'GET', path: base, needs: ['metadata', 'read'], handler: getRepository },
  { method: 'GET', path: `${base}/contents`, needs: ['contents', 'read'], handler: getContents },
  { method: 'GET', path: `${base}/contents/{path+}`, needs: ['contents', 'read'], handler: getContents },
  { method: 'POST', path: `${base}/deployments`, needs: ['deployments', 'write'], handler: createDeployment },
  { method: 'GET', path: `${base}/deployments`, needs: ['deployments', 'read'], handler: listDeployments },
  {
    method: 'GET',
    path: `${base}/deployments/{id}`,
    needs: ['deployments', 'read'],
    handler: (context) => ({ data: deploymentView(context, deploymentOf(context)) }),
  },
  {
    method: 'POST',
    path: `${base}/deployments/{id}/statuses`,
    needs: ['deployments', 'write'],
    handler: createStatus,
  },
  {
    method: 'GET',
    path: `${base}/deployments/{id}/statuses`,
    needs: ['deployments', 'read'],
    handler: listStatuses,
  },
];
