import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { candidateScript } from '../../../src/deploy/candidate-script.ts';
import { openRelease } from '../../../src/deploy/index.ts';
import { ReleasePlan } from '../../../src/deploy/release.ts';
import { FakeServer, Killed } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';

const open = (server: FakeServer) =>
  openRelease({ pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 }, server);

/** What is armed before each command of a release of one service. */
async function deploy(server: FakeServer, options: { irreversible?: boolean; killAt?: string } = {}) {
  server.addImage('shop-web:v1');
  server.files.set(FILE, 'services:\n  web:\n    image: shop-web:v1\n');
  const old = server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
  old.networks = { shop_default: { address: '10.0.0.1', aliases: ['web'] } };
  const armed: Record<string, string | undefined> = {};
  let dead = false;
  server.before = () => {
    if (dead) throw new Killed('killed');
    return undefined;
  };
  server.after = () => {
    const title = server.commands.at(-1) ?? '';
    armed[title] = server.armed;
    dead ||= options.killAt !== undefined && title.startsWith(options.killAt);
  };
  const { irreversible } = options;
  await (
    await open(server)
  ).deploy({
    pipelineId: 'p1',
    wanted: [{ service: service('web', 'http://web:8080/'), image: server.addImage('shop-web:v2') }],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    ...(irreversible === undefined
      ? {}
      : { migrate: { service: 'web', command: 'migrate', timeout: 300, irreversible } }),
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  server.before = () => undefined;
  server.after = () => undefined;
  return { armed, plan: ReleasePlan.parse(server.journal.find(({ event }) => event === 'plan')?.data) };
}

const WRITE = `write ${FILE}`;

test('DESIGN keeper: a candidate is armed to be removed, a release to be put back, and a migration to come to its end', async () => {
  const { armed, plan } = await deploy(new FakeServer(), { irreversible: false });
  expect(armed['migrate with shop-web:v2']).toBeUndefined();
  expect(armed['start the candidate of web']).toBe(candidateScript(plan));
  expect(armed[WRITE]).toContain('# Puts back what release p1 changed.');
});

test('DESIGN keeper: the candidate of an irreversible release goes as well; once live, nothing is armed', async () => {
  const { armed, plan } = await deploy(new FakeServer(), { irreversible: true });
  expect(armed['start the candidate of web']).toBe(candidateScript(plan));
  expect(armed).toHaveProperty([WRITE], undefined);
});

test('DESIGN keeper: what the server did to a candidate is no rollback, and the next run removes what is staged', async () => {
  const server = new FakeServer();
  await deploy(server, { killAt: 'start the candidate' });
  expect([...server.files.keys()]).toContain('/srv/shop/.compose.yml.next');
  for (const { id, name } of server.containers.values())
    if (server.armed?.includes(name)) server.containers.delete(id);
  expect(server.containers.size).toBe(1);
  server.journal.push({ at: '', epoch: 1, pipelineId: 'p1', event: 'auto_reverted', data: {} });
  const { settled } = await open(server);
  expect(settled).toMatchObject({ state: 'rolled-back', outcome: { rolledBack: [], failed: {} } });
  expect([...server.files.keys()]).toEqual([FILE]);
});

test.each([['dash'], ['bash'], ['busybox']])(
  'DESIGN keeper: under %s the script removes what is there, and fails only where the engine does not answer',
  async (shell) => {
    const { plan } = await deploy(new FakeServer());
    const [web] = plan.services;
    if (!web) throw new Error('no service');
    const script = candidateScript({
      ...plan,
      services: [web, { ...web, candidate: 'gone' }, { ...web, candidate: '' }, { ...web, current: true }],
    });
    const run = (engine: string) => {
      const docker = `docker() { case "$*" in version) ${engine} ;; "inspect gone") return 1 ;; rm*) echo "$*" >&2 ;; esac; }\n`;
      const args = shell === 'busybox' ? ['sh', '-c'] : ['-c'];
      const done = spawnSync(shell, [...args, docker + script], { encoding: 'utf8' });
      return [done.status, done.stderr];
    };
    expect(run('return 0')).toEqual([0, 'rm --force --volumes shop-web-candidate\n']);
    expect(run('return 1')).toEqual([1, '']);
    const checked = spawnSync('shellcheck', ['--shell=sh', '-'], { input: script, encoding: 'utf8' });
    expect([checked.error, checked.stdout]).toEqual([undefined, '']);
  },
);

test('DESIGN keeper: where no candidate is started, nothing is armed for one', async () => {
  const { plan } = await deploy(new FakeServer());
  const none = plan.services.map((entry) => ({ ...entry, candidate: '' }));
  expect(candidateScript({ ...plan, services: none })).toBe('');
});
