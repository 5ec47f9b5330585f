import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../src/effects.ts';
import { AutopilotError } from '../../../src/errors.ts';
import type { GitHubApi } from '../../../src/github/api.ts';
import type { PostJson } from '../../../src/pipeline/notify.ts';
import { LOCK_LABEL, notifyLocked, notifyUnlocked } from '../../../src/pipeline/notify.ts';
import { memoryLog } from '../../helpers/git-data-double.ts';

interface Issue {
  number: number;
  title: string;
  body: string;
  labels: string[];
  state: string;
  comments: string[];
  pull_request?: object;
}

function issuesDouble(refusal?: unknown) {
  const issues: Issue[] = [];
  const api: GitHubApi = {
    owner: 'gons',
    repo: 'shop',
    request: async <T>(route: string, parameters: Record<string, unknown> = {}) => {
      if (refusal) throw refusal;
      const issue = issues.find(({ number }) => number === parameters.issue_number);
      const answer = (data: unknown) => ({ status: 200, headers: {}, data: data as T });
      if (route.startsWith('GET')) {
        return answer(
          issues.filter(
            ({ labels, state }) => state === 'open' && labels.includes(String(parameters.labels)),
          ),
        );
      }
      if (route.endsWith('/issues')) {
        const { title, body, labels } = parameters as unknown as Issue;
        issues.push({ number: issues.length + 1, title, body, labels, state: 'open', comments: [] });
        return answer(issues.at(-1));
      }
      if (!issue) throw Object.assign(new Error('Not Found'), { status: 404 });
      if (route.endsWith('/comments')) issue.comments.push(String(parameters.body));
      else issue.state = String(parameters.state);
      return answer(issue);
    },
  };
  return { issues, api };
}

/** Real time, abortable. */
const clock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}),
};
/** A clock on which every limit is over at once. */
const hastyClock: Clock = { now: () => new Date(0), sleep: () => Promise.resolve() };
const unused: PostJson = () => Promise.reject(new Error('must not be called'));
const notice = {
  pipeline_id: 'run-3',
  reason: '3 failures in a row',
  run_url: 'https://example.invalid/run/3',
};

describe('V4: people are told about the lock', () => {
  const effects = (api: GitHubApi, post = unused, time = clock) => ({
    github: api,
    post,
    clock: time,
    log: memoryLog(),
  });
  const config = { issue: true, webhook: '' };

  it('V4: opens one issue, comments on further failures, closes it on unlock', async () => {
    const { issues, api } = issuesDouble();
    const told = effects(api);
    expect(await notifyLocked(told, config, { ...notice, report: '## Failure analysis' })).toEqual({
      issue: 1,
    });
    expect(await notifyLocked(told, config, { ...notice, pipeline_id: 'run-4' })).toEqual({ issue: 1 });
    expect(await notifyLocked(told, config, { ...notice, pipeline_id: 'run-5', issue: 1 })).toEqual({
      issue: 1,
    });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ labels: [LOCK_LABEL], state: 'open' });
    expect(issues[0]?.body).toContain('stage: unlock');
    expect(issues[0]?.body).toContain('## Failure analysis');
    expect(issues[0]?.comments).toEqual([expect.stringContaining('run-4'), expect.stringContaining('run-5')]);
    await notifyUnlocked(told, config, { pipeline_id: 'u', actor: 'ada', reason: 'fixed', issue: 1 });
    expect(issues[0]).toMatchObject({ state: 'closed' });
    expect(issues[0]?.comments.at(-1)).toBe('Unlocked by `ada`: `fixed`');
    expect(await notifyLocked(told, config, notice)).toEqual({ issue: 2 });
    expect(told.log.warnings).toEqual([]);
  });

  it('V4: does not take a foreign issue or a pull request with the same label for its own', async () => {
    const { issues, api } = issuesDouble();
    const foreign = { title: '', labels: [LOCK_LABEL], state: 'open', comments: [] };
    issues.push({ ...foreign, number: 1, body: 'mine' });
    issues.push({ ...foreign, number: 2, body: '<!-- gonsautopilot-lock -->', pull_request: {} });
    expect(await notifyLocked(effects(api), config, notice)).toEqual({ issue: 3 });
  });

  it('V4: a deleted issue is replaced; unlocking without one is quiet', async () => {
    const { api } = issuesDouble();
    const told = effects(api);
    await notifyUnlocked(told, config, { pipeline_id: 'u', actor: 'ada', reason: '' });
    expect(await notifyLocked(told, config, { ...notice, issue: 77 })).toEqual({ issue: 1 });
    expect(told.log.warnings).toEqual([]);
  });

  it.each([
    [new AutopilotError('GITHUB_PERMISSION', { what: 'not allowed' }), /issues: write/],
    [Object.assign(new Error('Issues are disabled'), { status: 410 }), /disabled/],
    [new Error('socket hang up'), /hang up/],
  ])('V4: %s is a warning, never a failure', async (refusal, expected) => {
    const told = effects(issuesDouble(refusal).api);
    expect(await notifyLocked(told, config, notice)).toEqual({});
    await notifyUnlocked(told, config, { pipeline_id: 'u', actor: 'a', reason: 'r', issue: 1 });
    expect(told.log.warnings).toEqual([expect.stringMatching(expected), expect.stringMatching(expected)]);
  });

  it('V4: nothing is sent where nothing is configured', async () => {
    const told = effects(issuesDouble(new Error('must not be called')).api);
    await notifyLocked(told, { issue: false, webhook: '' }, notice);
    expect(told.log.warnings).toEqual([]);
  });

  it('V4: a webhook gets JSON that Slack understands and that pings nobody', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => bodies.push(chunk));
      request.on('end', () => response.writeHead(204).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const post: PostJson = (url, body, signal) => fetch(url, { method: 'POST', body, signal });
    const told = effects(issuesDouble().api, post);
    const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-part`;
    await notifyLocked(told, { issue: false, webhook }, { ...notice, reason: '<!channel> & more' });
    server.close();
    expect(JSON.parse(bodies.join(''))).toMatchObject({
      text: 'gons/shop: the deployment pipeline is locked: &lt;!channel&gt; &amp; more https://example.invalid/run/3',
      event: 'locked',
      reason: '<!channel> & more',
      repository: 'gons/shop',
    });
    expect(told.log.warnings).toEqual([]);
  });

  const hang: PostJson = () => new Promise(() => undefined);
  it.each([
    ['file:///etc/passwd', unused, clock, /no http/],
    ['javascript:alert(1)', unused, clock, /no http/],
    ['not a url', unused, clock, /no http/],
    [
      'https://hooks.invalid/T0/secret-part',
      (() => Promise.resolve({ status: 500 })) as PostJson,
      clock,
      /answered 500/,
    ],
    ['https://hooks.invalid/T0/secret-part', hang, hastyClock, /no answer within 10 s/],
  ])('V4: webhook %s: a warning that does not show its secret', async (webhook, post, time, expected) => {
    const told = effects(issuesDouble().api, post, time);
    await notifyLocked(told, { issue: false, webhook }, notice);
    expect(told.log.warnings).toEqual([expect.stringMatching(expected)]);
    expect(told.log.warnings.join()).not.toContain('secret-part');
  });
});
