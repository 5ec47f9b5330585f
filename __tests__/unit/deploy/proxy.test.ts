import { describe, expect, test } from '@jest/globals';
import { ComposeModel, foundByLabels } from '../../../src/deploy/compose-model.ts';
import { openRelease } from '../../../src/deploy/index.ts';
import { proxyHooks, proxyKind } from '../../../src/deploy/proxy-hooks.ts';
import { tellProxies } from '../../../src/deploy/proxy.ts';
import type { ReleasePlan, ServicePlan } from '../../../src/deploy/release.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const on = (image: string, ...networks: string[]) => ({
  image,
  networks: Object.fromEntries(networks.map((name) => [name, null])),
});
const MODEL = ComposeModel.parse({
  name: 'shop',
  services: {
    backend: on('shop-backend:v1', 'inner'),
    edge: on('nginx:1.27-alpine', 'inner', 'outer'),
    other: on('registry:5000/nginxinc/nginx-unprivileged@sha256:1', 'outer'),
    db: on('postgres', 'inner'),
  },
});
const BACKEND = { name: 'backend', composeService: 'backend' };

test.each([
  ['nginx', 'nginx'],
  ['nginx:1.27', 'nginx'],
  ['host:5000/team/nginx-unprivileged:1', 'nginx'],
  ['haproxytech/haproxy-alpine:3.0', 'haproxy'],
  ['caddy@sha256:abc', 'caddy'],
  ['mynginx:1', undefined],
  ['nginxish', undefined],
  ['team/nginx/app', undefined],
  ['', undefined],
])('the image %s is the proxy %s', (image, kind) => {
  expect(proxyKind(image)).toBe(kind);
});

describe('deploy.proxy', () => {
  test('auto: proxies that share a network with the service, and only warn', () => {
    expect(proxyHooks(MODEL, BACKEND, 'auto')).toMatchObject([
      { name: 'nginx (compose service edge)', compose_service: 'edge', hosts: true, required: false },
    ]);
    const itself = proxyHooks(MODEL, { name: 'edge', composeService: 'edge' }, 'auto');
    expect(itself.map((hook) => hook.compose_service)).toEqual(['other']);
    expect(proxyHooks(MODEL, BACKEND, 'none')).toEqual([]);
  });
  test('a list: the reload of the kind, or words without a shell, in the container or on the server', () => {
    const entry = { hosts: true, settle: 2, services: [] };
    const hooks = proxyHooks(MODEL, BACKEND, [
      { ...entry, service: 'edge' },
      { ...entry, container: 'traefik', reload: 'switch {service} $(reboot)' },
      { ...entry, reload: ['/opt/it is', '{addresses}'] },
      { ...entry, container: 'lb', services: ['frontend'] },
    ]);
    expect(hooks).toMatchObject([
      { reload: ['docker', 'exec', '{container}', 'nginx', '-s', 'reload'], required: true, settle: 2000 },
      { reload: ['docker', 'exec', '{container}', 'switch', '{service}', '$(reboot)'], hosts: true },
      { reload: ['/opt/it is', '{addresses}'], hosts: false },
    ]);
  });

  const told = async (hook: object, code = 0) => {
    const server = new FakeServer();
    const proxy = server.addContainer('edge', 'nginx', 'shop-edge-1', { state: 'running' });
    const live = server.addContainer('backend', 'shop-backend:v2', 'shop-backend-2', { state: 'running' });
    live.networks = {
      shop_default: { address: '10.0.0.9', aliases: [live.id.slice(0, 12), 'backend', 'api'] },
    };
    const commands: { argv: readonly string[]; input?: string | undefined }[] = [];
    const warnings: string[] = [];
    const [base] = proxyHooks(MODEL, BACKEND, 'auto');
    const service = { service: 'backend', compose_service: 'backend', proxies: [{ ...base, ...hook }] };
    await tellProxies({ project: 'shop' } as ReleasePlan, service as unknown as ServicePlan, [live], {
      ...server,
      keeper: {
        ...server.keeper,
        change: async ({ argv, input }) => {
          commands.push({ argv, input });
          return { code, stdout: '', stderr: 'no such program' };
        },
      },
      log: { ...server.log, warning: (text) => void warnings.push(text) },
    });
    return { commands, warnings, proxy };
  };
  test("the names point at the proven container's address, then the proxy reloads", async () => {
    const { commands, proxy } = await told({});
    expect(commands.map((command) => command.input)).toEqual(['10.0.0.9 backend api\n', undefined]);
    expect(commands[1]?.argv).toEqual(['docker', 'exec', proxy.id, 'nginx', '-s', 'reload']);
  });
  test('a recognised proxy that cannot be told is a warning, a configured one fails the release', async () => {
    expect((await told({}, 1)).warnings).toEqual([expect.stringContaining('no such program')]);
    await expect(told({ required: true }, 1)).rejects.toMatchObject({ code: 'SERVER_COMMAND' });
  });
  test('a proxy that does not run needs no telling', async () => {
    expect((await told({ compose_service: 'gone', required: true })).commands).toEqual([]);
    expect((await told({ compose_service: '', container: 'gone', required: true })).commands).toEqual([]);
  });
});

describe('proxies that find containers by labels', () => {
  const web = (extra: object) =>
    ComposeModel.parse({ name: 'shop', services: { web: { ...extra } } }).services['web'] as never;
  test.each([
    [{ labels: { 'traefik.enable': 'true' } }, true],
    [{ labels: { 'traefik.http.routers.web.rule': 'Host(`x`)' } }, true],
    [{ labels: { caddy: 'shop.example', 'caddy.reverse_proxy': '{{upstreams}}' } }, true],
    [{ environment: { VIRTUAL_HOST: 'shop.example' } }, true],
    [{ labels: { 'traefik.enable': 'false', 'traefik.http': 'x' } }, false],
    [{ labels: { 'com.example.caddy': 'x' } }, false],
    [{}, false],
  ])('%j: %s', (service, found) => {
    expect(foundByLabels(web(service))).toBe(found);
  });

  const release = async (labels: string) => {
    const server = new FakeServer();
    server.addImage('shop-web:v1');
    server.files.set('/srv/shop/compose.yml', `services:\n  web:\n    image: shop-web:v1\n${labels}`);
    const old = server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
    old.networks = { shop_default: { address: '10.0.0.1', aliases: ['web'] } };
    old.mounts = [
      { type: 'volume', source: 'a'.repeat(64), destination: '/data', writable: true },
      { type: 'volume', source: 'shop_named', destination: '/named', writable: true },
    ];
    const handle = await openRelease(
      { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
      server,
    );
    const result = await handle.deploy({
      pipelineId: 'p',
      wanted: [{ service: service('web', 'http://web:8080/'), image: server.addImage('shop-web:v2') }],
      prefix: 'shop',
      composeFile: '/srv/shop/compose.yml',
      composeSource: undefined,
      minFreeDisk: 0,
      tests: { passed: true, detail: '' },
      transfer: () => Promise.resolve({ each: {}, warnings: [] }),
      imageExists: () => Promise.resolve(true),
    });
    return { server, result, underTest: handle.underTest({ keepReleases: 5, protect: [] }) };
  };
  const deploy = async (labels: string) => {
    const { underTest, ...released } = await release(labels);
    return { ...released, warnings: await underTest.confirm() };
  };
  test.each([
    ['has time to notice the old one', '    labels: { traefik.enable: "true" }\n', 3_000],
    ['is told, and needs none', '', 0],
  ])('invariant 3: before the new one is stopped in an undoing the proxy %s', async (_what, labels, wait) => {
    const { server, underTest } = await release(labels);
    const began = new Map<string, number>();
    server.after = () => void began.set(server.commands.at(-1) ?? '', server.clock.now().getTime());
    await underTest.rollBack('it answers 500');
    const [started = 0, stopped = 0] = ['start shop-web-1', 'stop shop-web-3'].map((title) =>
      began.get(title),
    );
    const proof = 3 * 150;
    expect(stopped - started).toBeGreaterThanOrEqual(wait);
    expect(stopped - started).toBeLessThan(wait + 2 * proof);
  });
  test('they keep the address a container had when it started, so it does not change; without a HEALTHCHECK a warning', async () => {
    const { server, result } = await deploy('    labels: { traefik.enable: "true" }\n');
    expect(server.commands.filter((title) => title.startsWith('connect'))).toEqual([]);
    expect(result).toMatchObject({ status: 'warning', warnings: [expect.stringContaining('HEALTHCHECK')] });
  });
  test('others: off traffic first, no warning; a volume without a name is kept and named', async () => {
    const { server, result, warnings } = await deploy('');
    expect(server.commands.filter((title) => title.startsWith('connect'))).toHaveLength(2);
    expect(result).toMatchObject({ status: 'passed', warnings: [] });
    expect(warnings).toEqual([expect.stringContaining('/data lies in a volume without a name')]);
  });
});
