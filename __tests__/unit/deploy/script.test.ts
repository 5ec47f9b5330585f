import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { ReleasePlan, ServicePlan } from '../../../src/deploy/release.ts';
import { revertScript } from '../../../src/deploy/script.ts';

const id = (letter: string) => letter.repeat(64);
const KEPT = { id: id('a'), name: 'shop-backend-1', image: 'shop-backend:v1', running: true, networks: {} };
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
      kept: [{ id: id('a'), name: 'shop', image: 'x', running: true, networks: {} }],
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
      `rm --force --volumes ${id('b')}`,
      `start ${id('a')}`,
      `rm --force --volumes ${id('b')}`,
    ]);
    expect(run.status).toBe(0);
  },
);
