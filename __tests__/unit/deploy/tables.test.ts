import { describe, expect, test } from '@jest/globals';
import { ComposeModel, parseComposeModel } from '../../../src/deploy/compose-model.ts';
import { operations, planTable } from '../../../src/deploy/operations.ts';
import { type PlanRequest, planRelease } from '../../../src/deploy/plan.ts';
import { ownEndpoint } from '../../../src/deploy/port.ts';
import { lastRelease } from '../../../src/deploy/recover.ts';
import { imagesToPrune } from '../../../src/deploy/retire.ts';
import { chooseStrategy } from '../../../src/deploy/strategy.ts';
import type { Image, JournalEntry } from '../../../src/server/target.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const model = (services: Record<string, unknown>) => ComposeModel.parse({ name: 'shop', services });
const port = (published: string | undefined, target: number, protocol = 'tcp') => ({
  published,
  target,
  protocol,
});

describe('interface.md: the port inside the container', () => {
  const one = model({ web: { ports: [port('8080', 3000), port('9090', 9000)], expose: ['7000'] } }).services[
    'web'
  ];
  const exposed = model({ web: { expose: ['7000'] } }).services['web'];
  const none = model({ web: {} }).services['web'];
  test.each([
    ['container_port wins', 'http://localhost:8080/health', 4000, one, [], 4000],
    [
      'the entry that publishes the port of the URL',
      'http://localhost:8080/health?x=1',
      undefined,
      one,
      ['1/tcp'],
      3000,
    ],
    [
      'port 80 is meant when none is said',
      'http://localhost/',
      undefined,
      model({ web: { ports: [port('80', 5000)] } }).services['web'],
      [],
      5000,
    ],
    [
      'port 443 for https',
      'https://localhost/',
      undefined,
      model({ web: { ports: [port('443', 8443)] } }).services['web'],
      [],
      8443,
    ],
    [
      'a published range',
      'http://localhost:8001/',
      undefined,
      model({ web: { ports: [port('8000-8002', 3000)] } }).services['web'],
      [],
      3000,
    ],
    [
      'udp does not count',
      'http://localhost:53/',
      undefined,
      model({ web: { ports: [port('53', 53, 'udp')], expose: ['80'] } }).services['web'],
      [],
      80,
    ],
    [
      'the only exposed port of the file',
      'https://example.org/health',
      undefined,
      exposed,
      ['1/tcp', '2/tcp'],
      7000,
    ],
    [
      'the only exposed port of the image',
      'http://example.org/health',
      undefined,
      none,
      ['8080/tcp', '53/udp'],
      8080,
    ],
  ])('%s', (_what, url, containerPort, compose, imagePorts, expected) => {
    expect(
      ownEndpoint('web', url, containerPort, compose ?? { ports: [], expose: [] }, imagePorts).port,
    ).toBe(expected);
  });
  test('path and query are those of the URL; the scheme only where the container publishes that port', () => {
    expect(
      ownEndpoint('web', 'https://x:8080/a?b=1', undefined, one ?? { ports: [], expose: [] }, []),
    ).toEqual({ port: 3000, path: '/a?b=1', scheme: 'https' });
    expect(
      ownEndpoint('web', 'https://x/a', undefined, exposed ?? { ports: [], expose: [] }, []).scheme,
    ).toBe('http');
  });
  test.each([
    ['several', ['1/tcp', '2/tcp'], /1 \(image\), 2 \(image\)/],
    ['none', [], /names a port/],
  ])('%s: refused, with what there is', (_what, imagePorts, why) => {
    expect(() => ownEndpoint('web', 'http://x/', undefined, { ports: [], expose: [] }, imagePorts)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        why: expect.stringMatching(why),
        fix: expect.stringContaining('services.web.health_check.container_port'),
      }),
    );
  });
});

describe('D2: the strategy and why', () => {
  const volume = (source: string, extra = {}) => ({ type: 'volume', source, target: '/data', ...extra });
  test.each([
    ['nothing special', { web: {} }, 'start-first', /nothing forbids/, ''],
    ['a host port', { web: { ports: [port('80', 80)] } }, 'stop-first', /host port 80/, ''],
    ['a port that Docker chooses', { web: { ports: [port(undefined, 80)] } }, 'start-first', /nothing/, ''],
    ['a range of host ports', { web: { ports: [port('8000-8009', 80)] } }, 'start-first', /nothing/, ''],
    ['container_name', { web: { container_name: 'web' } }, 'stop-first', /container_name is web/, ''],
    [
      'the network of the host',
      { web: { network_mode: 'host' } },
      'stop-first',
      /network mode `host`/,
      'network mode',
    ],
    [
      'the network of another',
      { web: { network_mode: 'service:vpn' } },
      'stop-first',
      /service:vpn/,
      'network mode',
    ],
    [
      'a fixed address',
      { web: { networks: { a: { ipv4_address: '10.0.0.9' } } } },
      'stop-first',
      /10\.0\.0\.9/,
      'fixed address',
    ],
    [
      'a fixed MAC address',
      { web: { mac_address: '02:42:ac:11:65:43' } },
      'stop-first',
      /MAC address 02:/,
      'MAC address',
    ],
    [
      'a fixed MAC address in one network',
      { web: { networks: { a: { mac_address: '02:42:ac:11:65:43' } } } },
      'stop-first',
      /MAC address 02:/,
      'MAC address',
    ],
    [
      "a hostname, which Docker's DNS knows",
      { web: { hostname: 'shop', networks: { default: null } } },
      'stop-first',
      /hostname shop/,
      '',
    ],
    [
      'a hostname like the name of the service',
      { web: { hostname: 'web', networks: { default: null } } },
      'stop-first',
      /hostname web/,
      '',
    ],
    [
      'a hostname where nobody looks it up',
      { web: { hostname: 'shop', network_mode: 'bridge' } },
      'start-first',
      /nothing/,
      '',
    ],
    [
      'a hostname of a service that its proxy finds by labels',
      { web: { hostname: 'shop', networks: { default: null }, labels: { 'traefik.enable': 'true' } } },
      'start-first',
      /nothing/,
      '',
    ],
    ['a volume of its own', { web: { volumes: [volume('db')] } }, 'stop-first', /write to db/, ''],
    ['read only', { web: { volumes: [volume('db', { read_only: true })] } }, 'start-first', /nothing/, ''],
    [
      'shared by two services',
      { web: { volumes: [volume('up')] }, worker: { volumes: [volume('up')] } },
      'start-first',
      /nothing/,
      '',
    ],
    [
      'several replicas share it already',
      { web: { volumes: [volume('up')], deploy: { replicas: 2 } } },
      'start-first',
      /nothing/,
      '',
    ],
    [
      'a bound configuration file',
      { web: { volumes: [{ type: 'bind', source: '/srv/nginx.conf', target: '/n' }] } },
      'start-first',
      /nothing/,
      '',
    ],
    [
      'a bound database in one file',
      { web: { volumes: [{ type: 'bind', source: '/srv/app.sqlite3', target: '/n' }] } },
      'stop-first',
      /write to/,
      '',
    ],
    [
      'the socket of the engine',
      { web: { volumes: [{ type: 'bind', source: '/var/run/docker.sock', target: '/s' }] } },
      'start-first',
      /nothing/,
      '',
    ],
  ])('auto, %s', (_what, services, strategy, reason, noCandidate) => {
    const choice = chooseStrategy(model(services), 'web', 'auto');
    expect(choice.strategy).toBe(strategy);
    expect(choice.reason).toMatch(reason);
    expect(choice.noCandidate).toContain(noCandidate);
    expect(choice.noCandidate === '').toBe(noCandidate === '');
    expect(choice.impossible).toBe('');
  });
  test('asked for: start-first with a volume is taken at its word, with a host port or a hostname it is impossible', () => {
    expect(chooseStrategy(model({ web: { volumes: [volume('db')] } }), 'web', 'start-first')).toMatchObject({
      strategy: 'start-first',
      noCandidate: '',
      impossible: '',
    });
    expect(
      chooseStrategy(model({ web: { ports: [port('80', 80)] } }), 'web', 'start-first').impossible,
    ).toMatch(/host port 80/);
    expect(
      chooseStrategy(model({ web: { hostname: 'shop', networks: { default: null } } }), 'web', 'start-first')
        .impossible,
    ).toMatch(/hostname shop/);
    expect(
      chooseStrategy(model({ web: { volumes: [volume('db')] } }), 'web', 'stop-first').noCandidate,
    ).toMatch(/write to db/);
    expect(chooseStrategy(model({ web: {} }), 'web', 'stop-first')).toMatchObject({
      strategy: 'stop-first',
      impossible: '',
    });
  });
});

describe('the compose answer', () => {
  test.each([[''], ['null'], ['[]'], ['{"services":{}}'], ['{"name":"x","services":{"a":{"ports":"80"}}}']])(
    '%j is refused',
    (text) => {
      expect(() => parseComposeModel(text)).toThrow(expect.objectContaining({ code: 'SERVER_COMPOSE' }));
    },
  );
});

function observation(server: FakeServer) {
  return {
    model: model({ web: {}, api: { ports: [port('80', 80)] }, db: {} }),
    containers: [...server.containers.values()],
    hashes: { web: 'h' },
    imageIds: Object.fromEntries(server.images),
    tags: Object.fromEntries(
      [...server.images.values()].map((id) => [
        id,
        [...server.images].flatMap(([reference, named]) => (named === id ? [reference] : [])),
      ]),
    ),
    builtBy: {},
    engine: {
      engine: '28',
      api: '1',
      compose: '2.30',
      store: 'classic' as const,
      dataRoot: '/d',
      platform: 'linux/amd64',
      rootless: false,
    },
    freeDisk: 1,
    serverSource: 'services: {}',
  };
}
const request = (server: FakeServer): PlanRequest => ({
  pipelineId: 'p/1',
  prefix: 'shop',
  composeFile: '/srv/compose.yml',
  wanted: ['api', 'web'].map((name) => ({
    service: service(name, undefined),
    image: server.addImage(`shop-${name}:v2`),
  })),
});

describe('D2, D3: the plan', () => {
  test('all candidates come before the first cut-over; services this run did not build are not touched', () => {
    const server = new FakeServer();
    for (const name of ['api', 'web', 'db']) {
      server.addImage(`shop-${name}:v1`);
      server.addContainer(name, `shop-${name}:v1`, `shop-${name}-1`, { state: 'running' });
    }
    const plan = planRelease(observation(server), request(server));
    const list = operations(plan).map((operation) => `${operation.kind} ${operation.service}`.trim());
    expect(list).toEqual([
      'pin api',
      'pin web',
      'stage-compose',
      'transfer',
      'candidate api',
      'candidate web',
      'write-compose',
      'cut-over api',
      'cut-over web',
      'retire api',
      'retire web',
      'prune',
    ]);
    expect(plan.compose.before).toBe('/srv/.compose.yml.before-p_1');
    expect(planTable(plan)).toMatchInlineSnapshot(`
     "| service | from | to | strategy | why | to send |
     | --- | --- | --- | --- | --- | --- |
     | api | shop-api:v1 | shop-api:v2 | stop-first | it publishes host port 80 | what differs of 1 B |
     | web | shop-web:v1 | shop-web:v2 | start-first | nothing forbids two containers side by side | what differs of 1 B |

     1. api: keep the image that runs now as shop-api:pinned-shopapiv1000
     2. web: keep the image that runs now as shop-web:pinned-shopwebv1000
     3. write the new compose file to /srv/.compose.yml.next and have Compose check it
     4. send shop-api:v2, shop-web:v2 and prove each by \`docker create\`
     5. api: start shop-api:v2 as shop-api-candidate, off traffic, until it is healthy; then remove it
     6. web: start shop-web:v2 as shop-web-candidate, off traffic, until it is healthy; then remove it
     7. replace /srv/compose.yml by one rename
     8. api: create the new one, stop shop-api-1, start the new one, prove it
     9. web: start the new one beside the old, off traffic, prove it, let it into traffic, stop shop-web-1
     10. api: after VERIFY: remove shop-api-1
     11. web: after VERIFY: remove shop-web-1
     12. after VERIFY: remove own images beyond \`safety.keep_releases\`"
    `);
  });
  test('a tag that moved on is replaced by the pin of what really ran', () => {
    const server = new FakeServer();
    server.addImage('shop-web:latest');
    const old = server.addContainer('web', 'shop-web:latest', 'shop-web-1', {
      state: 'running',
      imageId: 'sha256:0123456789abcdef',
    });
    const [, web] = planRelease(observation(server), request(server)).services;
    expect(web).toMatchObject({ previous: 'shop-web:pinned-0123456789ab', previous_id: old.imageId });
  });
  test('what runs already with the same configuration is left alone', () => {
    const server = new FakeServer();
    const wanted = request(server);
    const container = server.addContainer('web', 'shop-web:v2', 'shop-web-1', { state: 'running' });
    container.labels['com.docker.compose.config-hash'] = 'h';
    const plan = planRelease(observation(server), { ...wanted, wanted: wanted.wanted.slice(1) });
    expect(plan.services[0]?.current).toBe(true);
    expect(operations(plan)).toEqual([]);
    expect(planTable(plan)).toContain('Nothing to do.');
    container.labels['com.docker.compose.config-hash'] = 'other';
    expect(planRelease(observation(server), request(server)).services[1]?.current).toBe(false);
  });
  test.each([
    ['the very image', 'same', '', true],
    ['the image of this run, which a server with another store calls otherwise', 'other', 'p/1', true],
    ['the image of an earlier run under the same tag', 'other', 'p/0', false],
    ['an image under the same tag that nobody knows', 'other', '', false],
    ['a dry run, which builds none: the tag counts', 'none', 'p/0', true],
  ])('B2: what runs already is the image that was built, not its tag: %s', (_what, built, by, current) => {
    const server = new FakeServer();
    const { wanted, ...rest } = request(server);
    const container = server.addContainer('web', 'shop-web:v2', 'shop-web-1', { state: 'running' });
    container.labels['com.docker.compose.config-hash'] = 'h';
    const held = server.images.get('shop-web:v2') ?? '';
    const id = { same: held, other: `sha256:${'f'.repeat(64)}`, none: '' }[built] ?? '';
    const plan = planRelease(
      { ...observation(server), builtBy: { [held]: by } },
      { ...rest, wanted: wanted.slice(1).map((entry) => ({ ...entry, image: { ...entry.image, id } })) },
    );
    expect(plan.services[0]?.current).toBe(current);
  });
});

describe('R1: which image is started only once', () => {
  const PIN = 'pinned-shopwebv2000';
  const VERIFIED = { verified: 'in run p0' };
  const why = 'it ran on this server before, and passed VERIFY in run p0';
  test.each([
    ['verified, and pinned as what ran here', VERIFIED, ['web', PIN], why],
    ['verified, but never ran here', VERIFIED, [], ''],
    ['ran here, but nobody says it was verified', {}, ['web', PIN], ''],
    ['verified, and another image ran here under its tag', VERIFIED, ['web', 'pinned-0123456789ab'], ''],
    ['verified, and pinned for another service', VERIFIED, ['api', PIN], ''],
  ])('%s', (_what, verified, [owner, tag], proven) => {
    const server = new FakeServer();
    server.addImage('shop-web:v3');
    server.addContainer('web', 'shop-web:v3', 'shop-web-1', { state: 'running' });
    const { wanted, ...rest } = request(server);
    if (owner !== undefined)
      server.images.set(`shop-${owner}:${tag ?? ''}`, server.images.get('shop-web:v2') ?? '');
    const plan = planRelease(observation(server), {
      ...rest,
      wanted: wanted.slice(1).map((entry) => ({ ...entry, ...verified })),
    });
    expect(plan.services[0]).toMatchObject({
      proven,
      candidate: proven === '' ? 'shop-web-candidate' : '',
      candidate_reason: proven,
    });
    expect(planTable(plan)).toContain(
      proven === ''
        ? 'web: start shop-web:v2 as shop-web-candidate'
        : `web: no candidate (${proven}); the image is proven by \`docker create\` only`,
    );
  });
  test('but not where a proxy finds it by its labels: there nothing in the cut-over is off traffic', () => {
    const server = new FakeServer();
    server.addImage('shop-web:v3');
    server.addContainer('web', 'shop-web:v3', 'shop-web-1', { state: 'running' });
    const { wanted, ...rest } = request(server);
    server.images.set(`shop-web:${PIN}`, server.images.get('shop-web:v2') ?? '');
    const seen = observation(server);
    const [web] = planRelease(
      { ...seen, model: model({ web: { labels: { 'traefik.enable': 'true' } } }) },
      { ...rest, wanted: wanted.slice(1).map((entry) => ({ ...entry, ...VERIFIED })) },
    ).services;
    expect(web).toMatchObject({
      strategy: 'start-first',
      found_by_labels: true,
      proven: '',
      candidate: 'shop-web-candidate',
    });
  });
  test('with a host port as well, where what is in place is kept for the way back', () => {
    const server = new FakeServer();
    server.addImage('shop-api:v3');
    server.addContainer('api', 'shop-api:v3', 'shop-api-1', { state: 'running' });
    const { wanted, ...rest } = request(server);
    server.images.set('shop-api:pinned-shopapiv2000', server.images.get('shop-api:v2') ?? '');
    const [api] = planRelease(observation(server), {
      ...rest,
      wanted: wanted.slice(0, 1).map((entry) => ({ ...entry, ...VERIFIED })),
    }).services;
    expect(api).toMatchObject({ strategy: 'stop-first', proven: why, candidate: '' });
    expect(api?.kept).toMatchObject([{ name: 'shop-api-1', running: true }]);
  });
});

test('issue 3: what the journal of an earlier run means', () => {
  const server = new FakeServer();
  const plan = planRelease(observation(server), request(server));
  const entry = (event: string, data: Record<string, unknown> = {}): JournalEntry => ({
    at: '',
    epoch: 1,
    pipelineId: 'p',
    event,
    data,
  });
  const state = (...events: string[]) =>
    lastRelease([entry('plan', plan), ...events.map((event) => entry(event))]).state;
  expect([
    lastRelease([]).state,
    lastRelease([entry('plan', { broken: true })]).state,
    state(),
    state('candidate_started'),
    state('cut_over', 'rolling_back'),
    state('cut_over', 'rolling_back', 'rolled_back'),
    state('cut_over', 'auto_revert_started', 'auto_revert_failed'),
    state('cut_over', 'auto_reverted'),
    state('cutting_over', 'auto_reverted'),
    // Then the server has removed a candidate, and nothing else.
    state('candidate_started', 'auto_reverted'),
    state('cut_over', 'verified'),
    state('cut_over', 'verified', 'recorded'),
    state('cut_over', 'left_running'),
  ]).toEqual([
    'nothing',
    'nothing',
    'unsettled',
    'unsettled',
    'unsettled',
    'nothing',
    'unsettled',
    'nothing',
    'nothing',
    'unsettled',
    'verified',
    'nothing',
    'nothing',
  ]);
});

test('retention: only own tags beyond the number, never what runs, is protected or is the way back', () => {
  const image = (number: number, ...references: string[]): Image => ({
    id: `sha256:${String(number)}`,
    references,
    layers: [],
    size: 1,
    exposedPorts: [],
    hasHealthCheck: false,
    labels: {},
    created: `2026-01-0${String(number)}T00:00:00Z`,
  });
  const server = new FakeServer();
  const plan = planRelease(observation(server), {
    ...request(server),
    wanted: request(server).wanted.slice(1),
  });
  const images = [
    image(1, 'shop-web:v1'),
    image(2, 'shop-web:v2', 'shop-web:pinned-2'),
    image(3, 'shop-web:v3'),
    image(4, 'shop-web:v4'),
    image(5, 'shop-web-admin:v1', 'other:1'),
    image(6, 'shop-web:v6'),
  ];
  const prune = (keepReleases: number, protect: string[], used: string[]) =>
    imagesToPrune(plan, { keepReleases, protect }, images, new Set(used));
  expect(prune(1, [], [])).toEqual(['shop-web:v4', 'shop-web:v3', 'shop-web:v1']);
  expect(prune(1, ['shop-web:v3'], ['sha256:1'])).toEqual(['shop-web:v4']);
  expect(prune(9, [], [])).toEqual([]);
  expect(imagesToPrune(plan, { keepReleases: 1, protect: [] }, [], new Set())).toEqual([]);
});
