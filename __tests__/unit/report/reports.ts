import type { RunReport } from '../../../src/report/run-report.ts';

/** A good release of both services. */
export const SUCCESS: RunReport = {
  pipelineId: '20261123-101500-a1b2c3d',
  kind: 'pipeline',
  dryRun: false,
  status: 'success',
  reason: '',
  trigger: 'push',
  actor: 'ann',
  branch: 'main',
  commit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
  target: 'deploy@203.0.113.5:22',
  duration: 102_400,
  stages: [
    { name: 'analyze', status: 'passed', duration: 620 },
    { name: 'test', status: 'warning', duration: 31_200 },
    { name: 'build', status: 'passed', duration: 24_900 },
    { name: 'deploy', status: 'passed', duration: 13_800 },
    { name: 'verify', status: 'passed', duration: 31_700 },
  ],
  plan: {
    base: '99aa88bb77cc66dd55ee44ff33aa22bb11cc00dd',
    head: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
    categories: {
      frontend: ['src/pages/cart.tsx', 'src/components/Price [sale].tsx'],
      backend: ['server/routes/cart.js'],
      database: [],
      config: [],
      test: ['__tests__/cart.test.ts'],
      shared: [],
      other: ['README.md'],
    },
    suites: ['unit', 'e2e', 'performance'],
    services: ['backend', 'frontend'],
    decisions: [{ action: 'skip_security', reason: 'no dependency manifest or lock file changed' }],
    files: [],
    because: {
      'src/pages/cart.tsx': 'src/pages/**',
      'src/components/Price [sale].tsx': '**/*.tsx',
      'server/routes/cart.js': 'server/**',
      '__tests__/cart.test.ts': '__tests__/**',
      'README.md': 'nothing else matches',
    },
    source: 'compare',
    findings: [],
    warnings: [],
  },
  test: {
    status: 'warning',
    suites: [
      {
        name: 'unit',
        kind: 'unit',
        status: 'passed',
        duration: 8_400,
        summary: '42 passed, coverage 87.5%',
        tail: '',
      },
      {
        name: 'e2e',
        kind: 'e2e',
        status: 'passed',
        duration: 30_100,
        summary: '6 passed in chromium',
        tail: '',
      },
      {
        name: 'performance',
        kind: 'performance',
        status: 'warning',
        duration: 22_000,
        summary: 'score 65, minimum 70',
        tail: '',
      },
      {
        name: 'security',
        kind: 'security',
        status: 'skipped',
        duration: 0,
        summary: 'no dependency changed',
        tail: '',
      },
    ],
    checks: [{ suite: 'performance', severity: 'WARNING', message: 'Lighthouse score 65 is below 70' }],
  },
  build: {
    status: 'passed',
    images: [
      {
        service: 'backend',
        tag: 'a1b2c3d',
        reference: 'shop-backend:a1b2c3d',
        id: 'sha256:1',
        size: 184_300_000,
        duration: 14_200,
      },
      {
        service: 'frontend',
        tag: 'a1b2c3d',
        reference: 'shop-frontend:a1b2c3d',
        id: 'sha256:2',
        size: 61_200_000,
        duration: 10_700,
      },
    ],
    warnings: [],
  },
  deploy: {
    status: 'passed',
    gate: [{ name: 'disk', passed: true, detail: '12 GB free' }],
    services: [
      {
        service: 'backend',
        image: 'shop-backend:a1b2c3d',
        previous: 'shop-backend:99aa88b',
        strategy: 'start-first',
        status: 'deployed',
        reason: '',
      },
      {
        service: 'frontend',
        image: 'shop-frontend:a1b2c3d',
        previous: 'shop-frontend:77cc66d',
        strategy: 'stop-first',
        status: 'deployed',
        reason: 'publishes a host port',
      },
    ],
    rolled_back: [],
    manual_steps: [],
    baselines: {},
    release: 'r',
    warnings: [],
  },
  verify: {
    status: 'passed',
    smoke: [
      {
        service: 'backend',
        url: 'http://localhost:3001/health',
        passed: true,
        status: 200,
        duration: 12,
        detail: '',
      },
      {
        service: 'frontend',
        url: 'http://localhost:3000/health',
        passed: true,
        status: 200,
        duration: 31,
        detail: '',
      },
    ],
    watch: [
      {
        service: 'backend',
        verdict: 'healthy',
        reason: 'response time 104% of the first',
        samples: [{ at: 0, duration: 12, status: 200 }],
      },
      {
        service: 'frontend',
        verdict: 'healthy',
        reason: 'response time 98% of the first',
        samples: [{ at: 0, duration: 30, status: 200 }],
      },
    ],
    services: [],
    rolled_back: [],
    manual_steps: [],
    warnings: [],
  },
  running: [
    { service: 'backend', image: 'shop-backend:a1b2c3d', since: '2026-11-23T10:16:08Z' },
    { service: 'frontend', image: 'shop-frontend:a1b2c3d', since: '2026-11-23T10:16:14Z' },
  ],
  failures: { consecutive: 0, allowed: 3 },
  warnings: [],
  links: {
    run: 'https://github.com/gons/shop/actions/runs/12',
    commit: 'https://github.com/gons/shop/commit/a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
    history: 'https://github.com/gons/shop/tree/autopilot-state',
  },
};

const { verify: _, ...BEFORE_VERIFY } = SUCCESS;
const { test: _test, build: _build, deploy: _deploy, ...ANALYZED } = BEFORE_VERIFY;

/** The backend turns unhealthy: both services are put back (rule D3). */
export const CASCADE: RunReport = {
  ...BEFORE_VERIFY,
  status: 'failed',
  failedStage: 'deploy',
  reason: 'backend did not become healthy within 60 s: health check answers 503',
  duration: 128_000,
  stages: [
    ...SUCCESS.stages.slice(0, 3),
    { name: 'deploy', status: 'failed', duration: 71_300, reason: 'backend unhealthy: 503 for 60 s' },
    { name: 'verify', status: 'skipped', reason: 'the deployment failed' },
  ],
  deploy: {
    ...(SUCCESS.deploy as NonNullable<RunReport['deploy']>),
    status: 'failed',
    services: [
      {
        service: 'frontend',
        image: 'shop-frontend:77cc66d',
        previous: 'shop-frontend:77cc66d',
        strategy: 'start-first',
        status: 'rolled-back',
        reason: 'backend failed',
      },
      {
        service: 'backend',
        image: 'shop-backend:99aa88b',
        previous: 'shop-backend:99aa88b',
        strategy: 'start-first',
        status: 'rolled-back',
        reason: 'unhealthy',
      },
    ],
    rolled_back: ['backend', 'frontend'],
    failure: {
      service: 'backend',
      reason: 'health check answered 503 for 60 s, 3 rounds',
      exit_code: 1,
      health_log: 'GET http://172.18.0.4:3001/health -> 503 (11 ms)',
      log_tail:
        'server listening on :3001\ndatabase: connect ECONNREFUSED 172.18.0.9:5432\nhealth: not ready (no database)\nError: connect ECONNREFUSED 172.18.0.9:5432\n    at TCPConnectWrap.afterConnect (node:net:1637:16)\n',
    },
  },
  running: [
    { service: 'backend', image: 'shop-backend:99aa88b', since: '2026-11-20T08:02:41Z' },
    { service: 'frontend', image: 'shop-frontend:77cc66d', since: '2026-11-19T17:30:00Z' },
  ],
  failures: { consecutive: 1, allowed: 3 },
};

/** The gate does not open, the third failure locks. */
export const LOCKED: RunReport = {
  ...CASCADE,
  status: 'locked',
  reason: 'the gate did not open: 1.2 GB free, 2 GB needed',
  stages: [
    ...SUCCESS.stages.slice(0, 3),
    { name: 'deploy', status: 'failed', duration: 2_100, reason: 'gate: too little disk' },
    { name: 'verify', status: 'skipped', reason: 'the deployment failed' },
  ],
  deploy: {
    status: 'failed',
    gate: [
      { name: 'Critical tests passed', passed: true, detail: 'verdict warning' },
      { name: 'Image exists', service: 'backend', passed: true, detail: 'shop-backend:a1b2c3d' },
      { name: 'Previous image is kept', service: 'backend', passed: true, detail: 'shop-backend:99aa88b' },
      {
        name: 'Free disk',
        passed: false,
        detail: '1.2 GB free at /var/lib/docker, 2 GB needed',
        fix: 'docker image prune, or a larger disk',
      },
      { name: 'SSH connection', passed: true, detail: 'deploy@203.0.113.5:22' },
    ],
    services: [],
    rolled_back: [],
    manual_steps: [],
    baselines: {},
    release: '',
    warnings: [],
  },
  lock: {
    reason: '3 failures in a row',
    lockedAt: '2026-11-23T10:17:00Z',
    issueUrl: 'https://github.com/gons/shop/issues/41',
  },
  failures: { consecutive: 3, allowed: 3 },
};

export const SKIPPED: RunReport = {
  ...ANALYZED,
  status: 'skipped',
  reason: 'only documentation changed',
  stages: [{ name: 'analyze', status: 'passed', duration: 500 }],
};
