import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ReleasePlan, ServicePlan } from '../../../src/deploy/release.ts';
import { revertScript } from '../../../src/deploy/script.ts';

const id = (letter: string) => letter.repeat(64);
const KEPT = {
  id: id('a'),
  name: 'shop-backend-1',
  image: 'shop-backend:v1',
  running: true,
  restart: '',
  networks: {},
};
const HOOK = {
  name: 'nginx',
  compose_service: '',
  container: '',
  hosts: true,
  lookup: 0,
  reload: ['docker', 'exec', '{container}', 'nginx', '-s', 'reload'],
  after: [],
  settle: 1000,
  required: true,
};
const base: ServicePlan = {
  service: 'backend',
  compose_service: 'backend',
  image: 'shop-backend:v2',
  previous: 'shop-backend:v1',
  previous_id: 'sha256:1',
  pin: 'shop-backend:pinned-1',
  strategy: 'stop-first',
  to_send: '',
  reason: '',
  current: false,
  replicas: 1,
  kept: [KEPT],
  container_name: '',
  candidate: 'shop-backend-candidate',
  candidate_reason: '',
  proven: '',
  shared_volumes: [],
  proxy_variables: [],
  found_by_labels: false,
  proxies: [],
  probe: { url: '', own: null, timeout: 2, retries: 3 },
};
const plan = (...services: Partial<ServicePlan>[]): ReleasePlan => ({
  pipeline_id: "20260101-000000-a'; reboot; '",
  project: 'shop',
  prefix: 'shop',
  compose: {
    directory: '/nowhere',
    file: "/nowhere/it's $HOME.yml",
    next: '/nowhere/.next',
    before: '/nowhere/.before',
    override: '/nowhere/.override',
    existed: true,
  },
  services: services.map((service) => ({ ...base, ...service })),
  warnings: [],
});

const CASES: [string, ReleasePlan][] = [
  ['stop-first', plan({})],
  ['start-first', plan({ strategy: 'start-first' })],
  [
    'container_name',
    plan({
      container_name: 'shop',
      kept: [{ id: id('a'), name: 'shop', image: 'x', running: true, restart: '', networks: {} }],
    }),
  ],
  [
    'proxies',
    plan({
      strategy: 'start-first',
      kept: [{ ...KEPT, networks: { shop_default: ['backend', 'api'] } }],
      proxies: [
        { ...HOOK, compose_service: 'web' },
        { ...HOOK, container: 'edge', reload: ['docker', 'exec', '{container}', 'switch', '{addresses}'] },
        { ...HOOK, reload: ["it's", '{service}'] },
      ],
    }),
  ],
  ['first deployment', { ...plan({ kept: [] }), compose: { ...plan().compose, existed: false } }],
  ['nothing', plan()],
  ['two services', plan({ service: 'frontend', compose_service: 'frontend' }, {})],
  ['hostile names', plan({ image: "a'b$(reboot)`reboot`\n", compose_service: '-x "y"' })],
];

test('invariant 3: a proxy that follows the engine has noticed the old one before the new one goes', () => {
  const lines = (found_by_labels: boolean) =>
    revertScript(plan({ strategy: 'start-first', found_by_labels }))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(start_old|sleep 3|remove_new)( |$)/.test(line))
      .map((line) => line.split(' ')[0]);
  expect(lines(true)).toEqual(['start_old', 'sleep', 'remove_new']);
  expect(lines(false)).toEqual(['start_old', 'remove_new']);
});

test.each(CASES)('DESIGN keeper: the armed script passes shellcheck: %s', (_name, value) => {
  const checked = spawnSync('shellcheck', ['--shell=sh', '-'], {
    input: revertScript(value),
    encoding: 'utf8',
  });
  expect(checked.error).toBeUndefined();
  expect(checked.stdout).toBe('');
});

/** A docker that knows one old container (stopped) and one new one, and writes down what it is told. */
const DOCKER = `docker() {
  case "$1" in
    ps) printf '%s\\n' ${id('a')} ${id('b')} ;;
    inspect) case "$3 $4" in
        *State.Health*${id('a')}) echo "$old " ;;
        *State.Running*${id('a')}) echo "$old" ;;
        *Config.Image*${id('b')}) echo shop-backend:v2 ;;
        *Config.Image*) echo shop-backend:v1 ;;
      esac ;;
    start) old=true; echo "start $2" >&2 ;;
    *) echo "$*" >&2 ;;
  esac
}
cp() { echo "cp $*" >&2; }
mv() { echo "mv $*" >&2; }
old=false
`;
test.each([['sh'], ['dash'], ['bash'], ['busybox']])(
  'D3: under %s it undoes in reverse order and ends with 0',
  (shell) => {
    const script = revertScript(
      plan({ service: 'frontend', compose_service: 'frontend', strategy: 'start-first' }, {}),
    );
    const args = shell === 'busybox' ? ['sh', '-c'] : ['-c'];
    const run = spawnSync(shell, [...args, DOCKER + script], { encoding: 'utf8' });
    expect(run.error).toBeUndefined();
    const done = run.stderr.trim().split('\n');
    expect(done).toEqual([
      'rm --force --volumes shop-backend-candidate',
      `rm --force --volumes ${id('b')}`,
      `start ${id('a')}`,
      'rm --force --volumes shop-backend-candidate',
      `rm --force --volumes ${id('b')}`,
    ]);
    expect(run.status).toBe(0);
  },
);

test.each([['dash'], ['bash'], ['busybox']])(
  'D3: under %s the old one is proven off traffic, and the proxy is told, before the new one goes',
  (shell) => {
    const script = revertScript(
      plan({
        strategy: 'start-first',
        kept: [{ ...KEPT, networks: { shop_default: ['backend', 'api'] } }],
        proxies: [
          { ...HOOK, compose_service: 'web', lookup: 5_500, after: ['docker', 'after', '{container}'] },
        ],
        probe: { url: '', own: { port: 80, path: "/it's?a=[1]", scheme: 'http' }, timeout: 3, retries: 3 },
      }),
    );
    // Of what the script runs only this is written down: it hides what its commands say.
    const world = `docker() {
      case "$1 $*" in
        ps*service=web*) echo proxy ;;
        ps*) echo ${id('b')} ;;
        inspect*Config.Image*) echo shop-backend:v2 ;;
        inspect*State.Health*) echo "$old " ;;
        inspect*State.Running*) echo "$old" ;;
        inspect*Aliases*) ;;
        inspect*IPAddress*) echo 172.18.0.7 ;;
        inspect*) ;;
        *) echo "$1 $2 $3" >&9 ;;
      esac
      case "$1 $2" in
        start*) old=true ;;
        "exec --interactive") cat >&9 ;;
      esac
    }
    asked=0
    curl() { asked=$((asked + 1)) && shift 10 && echo "curl $*" >&9 && [ "$asked" -eq 2 ]; }
    sleep() { echo "sleep $1" >&9; }
    cp() { :; }
    mv() { :; }
    old=false
    `;
    const args = shell === 'busybox' ? ['sh', '-c'] : ['-c'];
    const run = spawnSync(shell, [...args, `exec 9>&2\n${world}${script}`], { encoding: 'utf8' });
    const asked = "curl http://172.18.0.7:80/it's?a=[1]";
    expect(run.stderr.trim().split('\n')).toEqual([
      'rm --force --volumes',
      'network disconnect shop_default',
      'network connect shop_default',
      `start ${id('a')} `,
      asked,
      'sleep 1',
      asked,
      'network disconnect shop_default',
      'network connect --alias',
      'exec --interactive --user',
      '172.18.0.7 backend api',
      'sleep 6',
      'exec proxy nginx',
      'sleep 1',
      `stop ${id('b')} `,
      'rm --force --volumes',
      'exec --interactive --user',
      'after proxy',
    ]);
    expect(run.status).toBe(0);
  },
);

describe('D3: what serves stays when what served before cannot come back', () => {
  const REMOVED = `inspect*${id('a')}*|start*|*connect*) return 1`;
  const SICK = 'inspect*State.Health*) echo "true unhealthy"';
  const SILENT = 'ps*) return 1';
  test.each([
    ['start-first, somebody removed the old one', 'start-first', REMOVED],
    ['stop-first, somebody removed the old one', 'stop-first', REMOVED],
    ['start-first, the old one is not healthy', 'start-first', SICK],
    ['start-first, the engine does not say what there is', 'start-first', SILENT],
    ['stop-first, the engine does not say what there is', 'stop-first', SILENT],
  ] as const)('%s', (_what, strategy, broken) => {
    const kept = [{ ...KEPT, networks: { shop_default: ['backend'] } }];
    const world = `docker() {
      case "$1 $*" in
        ${broken} ;;
        ps*) echo ${id('b')} ;;
        inspect*Config.Image*) echo shop-backend:v2 ;;
        inspect*State.Health*) echo 'true ' ;;
        inspect*) echo true ;;
        *) echo "$1 $2 $3 $4" >&9 ;;
      esac
    }
    sleep() { :; }
    cp() { :; }
    mv() { :; }
    `;
    // The other service is put back all the same.
    const other = { service: 'other', compose_service: 'other', candidate: 'shop-other-candidate', kept: [] };
    const script = revertScript(plan({ ...other, strategy: 'stop-first' }, { strategy, kept }));
    const run = spawnSync('sh', ['-c', `exec 9>&2\n${world}${script}`], { encoding: 'utf8' });
    const done = run.stderr.split('\n').filter((line) => /^(stop|rm) /.test(line));
    expect(done.filter((line) => broken !== SILENT && line.includes(id('b')))).toEqual(
      broken === SILENT ? [] : [`stop ${id('b')}  `, `rm --force --volumes ${id('b')}`],
    );
    expect(done).toContain('rm --force --volumes shop-other-candidate');
    expect(run.status).toBe(1);
  });
});

test.each([
  ['the new file waits still', true, true, 'ours'],
  ['the new file took its place', true, false, 'before'],
  ['the first one, which waits still', false, true, 'ours'],
  ['the first one, which took its place', false, false, undefined],
])(
  'invariant 4: the compose file is put back only where it was replaced: %s',
  (_what, existed, waits, left) => {
    const folder = mkdtempSync(join(tmpdir(), 'script-'));
    const at = (name: string) => join(folder, name);
    writeFileSync(at('file'), 'ours');
    writeFileSync(at('before'), 'before');
    if (waits) writeFileSync(at('next'), 'next');
    const compose = {
      directory: folder,
      existed,
      file: at('file'),
      next: at('next'),
      before: at('before'),
      override: at('o'),
    };
    const run = spawnSync('sh', ['-c', revertScript({ ...plan(), compose })], { encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(existsSync(at('file')) ? readFileSync(at('file'), 'utf8') : undefined).toBe(left);
    expect([existsSync(at('next')), existsSync(at('before'))]).toEqual([false, false]);
    rmSync(folder, { recursive: true });
  },
);

test.each([
  ['nobody can ask, so that it has to stay up for a while', 'command() { return 1; }', 5, 'yes 0'],
  ['it never answers where the new version would', 'curl() { return 22; }', 30, 'yes 0'],
  ['it is never content', 'docker() { echo "true unhealthy"; }', 30, 'no 1'],
])('D3: what is waited for before the old one is let into traffic: %s', (_what, given, sleeps, end) => {
  const functions = readFileSync(new URL('../../../src/deploy/undo.sh', import.meta.url), 'utf8');
  const world = `docker() { case "$*" in *IPAddress*) echo 172.18.0.7 ;; *) echo 'true ' ;; esac; }
    sleep() { echo sleep; }
    ${given}
    wait_old a 30 http 80 /health
    echo "$content $failed"`;
  const { stdout } = spawnSync('sh', ['-c', `${functions}\n${world}`], { encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual([...Array<string>(sleeps).fill('sleep'), end]);
});
