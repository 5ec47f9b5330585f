import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { labApi, labPath, type LabApi } from './helpers/lab-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push, statuses } from './helpers/world.ts';

// The rows of the table of cases that are about an API that misbehaves, with real sockets and the real client.

jest.setTimeout(60_000);
const withLab = labPath === undefined ? describe.skip : describe;

withLab("the lab's GitHub misbehaves", () => {
  let repository: Repository;
  let github: LabApi;
  let base: string;
  let head: string;
  beforeEach(async () => {
    repository = new Repository();
    base = repository.commit({ 'src/App.tsx': 'one', 'server/main.ts': 'one' });
    head = repository.commit({ 'src/App.tsx': 'two' });
    github = await labApi(repository);
  });
  afterEach(async () => {
    await github.stop?.();
    repository.remove();
  });
  const plan = () => analyzed({ github, event: push(head, { before: base }) });

  const FAULTS: [string, Record<string, unknown>][] = [
    ['403 primary limit', { kind: 'rateLimit', resetInSeconds: 20 }],
    ['403 secondary limit', { kind: 'rateLimit', limit: 'secondary', retryAfter: 30 }],
    ['429', { kind: 'rateLimit', status: 429, limit: 'secondary', retryAfter: 5 }],
    ['5xx', { kind: 'status', status: 502 }],
    ['reset', { kind: 'reset' }],
    ['cut body', { kind: 'cut', bytes: 40 }],
  ];
  test.each(FAULTS)('%s once: waits as told and goes on', async (_name, effect) => {
    const fault = github.lab.fault({ route: 'GET /repos/*/*/compare/**', effect });
    const found = await plan();
    expect(fault.hits).toBe(1);
    expect(found).toMatchObject({ source: 'compare', services: ['frontend'], warnings: [] });
    expect(github.clock.waited).toBeGreaterThan(0);
    expect(github.clock.waited).toBeLessThanOrEqual(90_000);
  });

  test.each(FAULTS)('%s for ever: everything changed with a warning', async (_name, effect) => {
    github.lab.fault({ route: 'GET /repos/**', effect, times: 1000 });
    const found = await plan();
    expect(found).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
    expect(found.suites).toEqual(['unit', 'e2e', 'performance', 'security']);
    expect(found.warnings).not.toEqual([]);
  });

  test('token without `contents: read`: an error that names the permission', async () => {
    const other = await labApi(repository, { permissions: { issues: 'read' } });
    try {
      const refused = analyzed({ github: other, event: push(head, { before: base }) });
      await expect(refused).rejects.toMatchObject({
        code: 'GITHUB_PERMISSION',
        fix: expect.stringContaining('contents: read'),
      });
    } finally {
      await other.stop?.();
    }
  });

  test('GHES (`GITHUB_API_URL` with `/api/v3`) works', async () => {
    const other = await labApi(repository, { basePath: '/api/v3' });
    try {
      const found = await analyzed({ github: other, event: push(head, { before: base }) });
      expect(statuses(found)).toEqual({ 'src/App.tsx': 'modified' });
    } finally {
      await other.stop?.();
    }
  });
});
