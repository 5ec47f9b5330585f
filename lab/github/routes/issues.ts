/** Issues, their comments and labels. */
import {
  type Answer,
  ApiError,
  type Context,
  type Handler,
  invalid,
  notFound,
  optionalText,
  paged,
  type Route,
  text,
  texts,
} from '../http.ts';
import type { Comment, Issue, Label } from '../repository.ts';
import { userView } from '../views.ts';

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

const enabled =
  (handler: Handler): Handler =>
  (context) => {
    if (context.repository.options.issues === false)
      throw new ApiError(410, 'Issues are disabled for this repo');
    return handler(context);
  };

function labelView({ repository, api }: Context, label: Label) {
  const url = `${api}/repos/${repository.name}/labels/${encodeURIComponent(label.name)}`;
  return { ...label, node_id: String(label.id), url, default: false };
}

function findLabel({ repository }: Context, name: string): Label | undefined {
  return repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
}

/** Naming an unknown label creates it, as GitHub does for those who may write issues. */
function labelNamed(context: Context, name: string): Label {
  const known = findLabel(context, name);
  if (known) return known;
  const label = { id: context.repository.nextId(), name, color: 'ededed', description: null };
  context.repository.labels.push(label);
  return label;
}

function commentView({ repository, api, server }: Context, issue: Issue, comment: Comment) {
  const { login, ...rest } = comment;
  const html_url = `${server}/${repository.name}/issues/${issue.number}#issuecomment-${comment.id}`;
  return {
    ...rest,
    url: `${api}/repos/${repository.name}/issues/comments/${comment.id}`,
    html_url,
    user: userView(login, api),
  };
}

function issueView(context: Context, issue: Issue) {
  const { repository, api, server } = context;
  const url = `${api}/repos/${repository.name}/issues/${issue.number}`;
  const { login, comments, labels, isPullRequest, assignees, ...rest } = issue;
  return {
    ...rest,
    node_id: String(issue.id),
    url,
    html_url: `${server}/${repository.name}/${isPullRequest ? 'pull' : 'issues'}/${issue.number}`,
    comments_url: `${url}/comments`,
    labels_url: `${url}/labels{/name}`,
    user: userView(login, api),
    labels: labels.map((name) => labelView(context, labelNamed(context, name))),
    assignees: assignees.map((assignee) => userView(assignee, api)),
    comments: comments.length,
    locked: false,
    ...(isPullRequest
      ? { pull_request: { url: `${api}/repos/${repository.name}/pulls/${issue.number}` } }
      : {}),
  };
}

function issueOf({ repository, params }: Context): Issue {
  const issue = repository.issues.find(({ number }) => String(number) === params['number']);
  if (!issue) throw notFound();
  return issue;
}

function labelNames(body: Record<string, unknown>): string[] {
  const value = body['labels'] ?? [];
  if (!Array.isArray(value)) throw invalid('Invalid request.\n\n"labels" is not an array.');
  return value.map((item: unknown) =>
    typeof item === 'string' ? item : text(item as Record<string, unknown>, 'name'),
  );
}

function createIssue(context: Context): Answer {
  const { repository, body, token } = context;
  const issue: Issue = {
    id: repository.nextId(),
    number: repository.nextNumber(),
    title: text(body, 'title'),
    body: optionalText(body, 'body') ?? null,
    state: 'open',
    state_reason: null,
    labels: labelNames(body).map((name) => labelNamed(context, name).name),
    assignees: texts(body, 'assignees'),
    login: token?.login ?? 'ghost',
    comments: [],
    created_at: now(),
    updated_at: now(),
    closed_at: null,
    isPullRequest: false,
  };
  if ((issue.body?.length ?? 0) > 65536)
    throw invalid('Validation Failed', [
      {
        resource: 'Issue',
        code: 'custom',
        field: 'body',
        message: 'body is too long (maximum is 65536 characters)',
      },
    ]);
  repository.issues.push(issue);
  const view = issueView(context, issue);
  return { status: 201, data: view, headers: { location: view.url } };
}

function listIssues(context: Context): Answer {
  const { repository, query } = context;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
  const creator = query.get('creator');
  const found = repository.issues.filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      (creator === null || issue.login === creator) &&
      labels.every((name) => issue.labels.some((label) => label.toLowerCase() === name.toLowerCase())),
  );
  const sorted = found.toReversed();
  const { items, headers } = paged(context, query.get('direction') === 'asc' ? sorted.toReversed() : sorted);
  return { data: items.map((issue) => issueView(context, issue)), headers };
}

function updateIssue(context: Context): Answer {
  const { body } = context;
  const issue = issueOf(context);
  const state = optionalText(body, 'state');
  if (state !== undefined && state !== 'open' && state !== 'closed')
    throw invalid('Invalid request.\n\nstate must be open or closed.');
  issue.title = optionalText(body, 'title') ?? issue.title;
  issue.body = optionalText(body, 'body') ?? issue.body;
  if (body['labels'] !== undefined)
    issue.labels = labelNames(body).map((name) => labelNamed(context, name).name);
  if (state !== undefined && state !== issue.state) {
    issue.state = state;
    issue.closed_at = state === 'closed' ? now() : null;
    issue.state_reason =
      state === 'closed' ? (optionalText(body, 'state_reason') ?? 'completed') : 'reopened';
  }
  issue.updated_at = now();
  return { data: issueView(context, issue) };
}

function createComment(context: Context): Answer {
  const issue = issueOf(context);
  const body = text(context.body, 'body');
  const login = context.token?.login ?? 'ghost';
  const comment = { id: context.repository.nextId(), body, login, created_at: now(), updated_at: now() };
  issue.comments.push(comment);
  return { status: 201, data: commentView(context, issue, comment) };
}

function listComments(context: Context): Answer {
  const issue = issueOf(context);
  const { items, headers } = paged(context, issue.comments);
  return { data: items.map((comment) => commentView(context, issue, comment)), headers };
}

function updateComment(context: Context): Answer {
  for (const issue of context.repository.issues) {
    const comment = issue.comments.find(({ id }) => String(id) === context.params['id']);
    if (!comment) continue;
    comment.body = text(context.body, 'body');
    comment.updated_at = now();
    return { data: commentView(context, issue, comment) };
  }
  throw notFound();
}

const labelsOf = (context: Context, issue: Issue) =>
  issue.labels.map((name) => labelView(context, labelNamed(context, name)));

function addLabels(context: Context): Answer {
  const issue = issueOf(context);
  const names = labelNames(context.body).map((name) => labelNamed(context, name).name);
  issue.labels = [...new Set([...issue.labels, ...names])];
  return { data: labelsOf(context, issue) };
}

function removeLabel(context: Context): Answer {
  const issue = issueOf(context);
  const name = context.params['name']?.toLowerCase();
  if (!issue.labels.some((label) => label.toLowerCase() === name))
    throw new ApiError(404, 'Label does not exist');
  issue.labels = issue.labels.filter((label) => label.toLowerCase() !== name);
  return { data: labelsOf(context, issue) };
}

function createLabel(context: Context): Answer {
  const name = text(context.body, 'name');
  if (findLabel(context, name))
    throw invalid('Validation Failed', [{ resource: 'Label', code: 'already_exists', field: 'name' }]);
  const label = labelNamed(context, name);
  label.color = optionalText(context.body, 'color') ?? label.color;
  label.description = optionalText(context.body, 'description') ?? null;
  return { status: 201, data: labelView(context, label) };
}

function getLabel(context: Context): Answer {
  const label = findLabel(context, context.params['name'] ?? '');
  if (!label) throw notFound();
  return { data: labelView(context, label) };
}

function listLabels(context: Context): Answer {
  const { items, headers } = paged(context, context.repository.labels);
  return { data: items.map((label) => labelView(context, label)), headers };
}

const base = '/repos/{owner}/{repo}';
const read = ['issues', 'read'] as const;
const write = ['issues', 'write'] as const;

export const issues: Route[] = [
  { method: 'POST', path: `${base}/issues`, needs: write, handler: enabled(createIssue) },
  { method: 'GET', path: `${base}/issues`, needs: read, handler: enabled(listIssues) },
  { method: 'PATCH', path: `${base}/issues/comments/{id}`, needs: write, handler: enabled(updateComment) },
  {
    method: 'GET',
    path: `${base}/issues/{number}`,
    needs: read,
    handler: enabled((context) => ({ data: issueView(context, issueOf(context)) })),
  },
  { method: 'PATCH', path: `${base}/issues/{number}`, needs: write, handler: enabled(updateIssue) },
  { method: 'POST', path: `${base}/issues/{number}/comments`, needs: write, handler: enabled(createComment) },
  { method: 'GET', path: `${base}/issues/{number}/comments`, needs: read, handler: enabled(listComments) },
  { method: 'POST', path: `${base}/issues/{number}/labels`, needs: write, handler: enabled(addLabels) },
  {
    method: 'DELETE',
    path: `${base}/issues/{number}/labels/{name}`,
    needs: write,
    handler: enabled(removeLabel),
  },
  {
    method: 'GET',
    path: `${base}/issues/{number}/labels`,
    needs: read,
    handler: enabled((context) => ({ data: labelsOf(context, issueOf(context)) })),
  },
  { method: 'POST', path: `${base}/labels`, needs: write, handler: enabled(createLabel) },
  { method: 'GET', path: `${base}/labels`, needs: read, handler: enabled(listLabels) },
  { method: 'GET', path: `${base}/labels/{name}`, needs: read, handler: enabled(getLabel) },
];
