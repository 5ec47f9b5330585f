/** The lab's runner with a small action: the rules the action's end-to-end tests stand on. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type LabGitHub, type LabRepository, startGitHub } from '../../lab/github/index.ts';
import {
  type JobHandle,
  type JobInput,
  type JobResult,
  runJob,
  startJob,
  workflowFrom,
} from '../../lab/runner/index.ts';

const ACTION = `
name: fixture
inputs:
  state-branch: { default: autopilot-state }
  two words: { default: a b }
  token: { default: '\${{ github.token }}' }
  script: { description: JavaScript to run }
  post-script: { default: '' }
runs: { using: node24, main: main.mjs, post: post.mjs }
`;
const run = (input: string) => `
import { appendFileSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
const file = (name, text) => appendFileSync(process.env['GITHUB_' + name], text);
await eval('(async () => {' + (process.env['${input}'] ?? '') + '})()');
`;

let github: LabGitHub;
let shop: LabRepository;
let actionDir: string;
let used: JobResult[] = [];

beforeAll(async () => {
  github = await startGitHub();
  shop = await github.createRepository('gons/shop');
  await shop.commit('main', { 'README.md': 'one\n' });
  await shop.commit('main', { 'README.md': 'two\n' });
  actionDir = mkdtempSync(join(tmpdir(), 'lab-action-'));
  mkdirSync(actionDir, { recursive: true });
  writeFileSync(join(actionDir, 'action.yml'), ACTION);
  writeFileSync(join(actionDir, 'main.mjs'), run('INPUT_SCRIPT'));
  writeFileSync(join(actionDir, 'post.mjs'), run('INPUT_POST-SCRIPT'));
});
afterAll(async () => {
  rmSync(actionDir, { recursive: true, force: true });
  await github.stop();
});
afterEach(async () => {
  await Promise.all(used.map((result) => result.cleanup()));
  used = [];
});

const script = (source: string, more: Record<string, string> = {}) => ({
  id: 'it',
  uses: actionDir,
  with: { script: source, ...more },
});
async function job(input: Omit<JobInput, 'github' | 'repository'>): Promise<JobResult> {
  const result = await runJob({ github, repository: 'gons/shop', ...input });
  used.push(result);
  return result;
}
async function started(input: Omit<JobInput, 'github' | 'repository'>): Promise<JobHandle> {
  const handle = await startJob({ github, repository: 'gons/shop', ...input });
  void handle.result.then((result) => used.push(result));
  return handle;
}
const alive = (pid: number): boolean => {
  try {
    // A killed process may wait as a zombie for its new parent.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
/** SIGKILL has been sent when a lost job ends, the kernel may need a moment more. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && alive(pid); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return !alive(pid);
}

describe('environment', () => {
  test('inputs by the naming rule, defaults evaluated, no GITHUB_TOKEN, nothing of this machine', async () => {
    process.env['LAB_LEAK'] = 'leak';
    const result = await job({
      steps: [script("console.log('ENV' + JSON.stringify(process.env).replaceAll('ghs_', 'token:'))")],
      permissions: { issues: 'write' },
    });
    delete process.env['LAB_LEAK'];
    const env = JSON.parse(
      result.log
        .split('\n')
        .find((line) => line.startsWith('ENV'))
        ?.slice(3) ?? '{}',
    ) as Record<string, string>;
    expect(env).toMatchObject({
      'INPUT_STATE-BRANCH': 'autopilot-state',
      INPUT_TWO_WORDS: 'a b',
      INPUT_TOKEN: expect.stringMatching(/^token:/),
      CI: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_API_URL: github.url,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_REPOSITORY: 'gons/shop',
      GITHUB_SHA: await shop.ref('refs/heads/main'),
      GITHUB_WORKSPACE: result.workspace,
    });
    for (const name of ['GITHUB_TOKEN', 'LAB_LEAK', 'NODE_OPTIONS', 'RUNNER_DEBUG', 'ACTIONS_RUNTIME_TOKEN'])
      expect(env).not.toHaveProperty(name);
    expect(result.conclusion).toBe('success');
  });

  test('Node 24 runs the action, the event file is the payload, and the token is the one of the permissions', async () => {
    const result = await job({
      event: { name: 'workflow_dispatch', payload: { inputs: { reason: "it's late" } } },
      permissions: { contents: 'read', issues: 'write' },
      steps: [
        script(`
          console.log('node', process.version.split('.')[0], JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH)).repository.full_name);
          const ask = (path, method, body) => fetch(process.env.GITHUB_API_URL + '/repos/gons/shop' + path, { method, body, headers: { authorization: 'token ' + process.env.INPUT_TOKEN } });
          console.log((await ask('/issues', 'POST', '{"title":"x"}')).status, (await ask('/git/blobs', 'POST', '{"content":"x"}')).status);`),
        {
          run: 'echo "why: ${{ inputs.reason }}"',
          if: "github.event_name == 'workflow_dispatch' && inputs.reason != ''",
        },
      ],
    });
    expect(result.log).toContain("node v24 gons/shop\n201 403\nwhy: it's late");
  });
});

describe('command files', () => {
  test('outputs, state for the own post only, env and path for later steps, summary', async () => {
    const main = `
      file('OUTPUT', 'one=1\\nmany<<EOF\\na\\nb=c\\nEOF\\n'); file('STATE', 'id=42\\n');
      file('ENV', 'FOO=bar\\n'); file('PATH', '/tmp/lab-first\\n'); file('STEP_SUMMARY', '# Hello');`;
    const result = await job({
      steps: [
        script(main, { 'post-script': "console.log('post', process.env.STATE_id)" }),
        { id: 'later', run: 'echo "$FOO ${PATH%%:*} ${{ steps.it.outputs.many }} [$STATE_id]"' },
      ],
    });
    expect(result.steps['it']).toMatchObject({
      outputs: { one: '1', many: 'a\nb=c' },
      summary: '# Hello',
      exitCode: 0,
    });
    expect(result.steps['later']?.log).toBe('bar /tmp/lab-first a\nb=c []');
    expect(result.executions.at(-1)).toMatchObject({ isPost: true, log: 'post 42' });
  });

  test.each([
    ['no separator', 'OUTPUT', 'nonsense\n'],
    ['no name', 'OUTPUT', '=x\n'],
    ['no end of the block', 'STATE', 'a<<EOF\nb\n'],
    ['NODE_OPTIONS', 'ENV', 'NODE_OPTIONS=--inspect\n'],
  ])('a malformed line fails the step although it exits with 0: %s', async (_, kind, text) => {
    const result = await job({ steps: [script(`file('${kind}', ${JSON.stringify(text)})`)] });
    expect([result.conclusion, result.steps['it']?.exitCode]).toEqual(['failure', 0]);
    expect(result.log).toContain('Unable to process file command');
  });

  test('a summary over 1 MiB is dropped as a whole, with an error, and the step is not failed', async () => {
    const result = await job({ steps: [script("file('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))")] });
    expect(result.steps['it']).toMatchObject({
      summary: '',
      conclusion: 'success',
      annotations: [{ level: 'error' }],
    });
  });

  test('a job output that contains a secret is dropped', async () => {
    const outputs = { good: '${{ steps.it.outputs.good }}', bad: '${{ steps.it.outputs.bad }}' };
    const steps = [script("file('OUTPUT', 'good=1\\nbad=a hunter22 b\\n')")];
    expect((await job({ steps, outputs, secrets: { PASSWORD: 'hunter22' } })).outputs).toEqual({ good: '1' });
  });
});

describe('commands and masks', () => {
  test('a secret is masked in its encodings, each line of a multi-line one, and what add-mask adds; hex is not', async () => {
    const secret = 'first "line" & <é>\nsecond-line';
    const result = await job({
      secrets: { KEY: secret },
      steps: [
        script(
          `const s = process.env.INPUT_POST_KEY; console.log('::add-mask::runtime-secret');
           for (const text of [s, Buffer.from(s).toString('base64'), JSON.stringify(s), encodeURIComponent(s), 'runtime-secret', Buffer.from('runtime-secret').toString('hex')]) console.log('>' + text + '<');`,
          { 'post key': '${{ secrets.KEY }}' },
        ),
      ],
    });
    const hex = Buffer.from('runtime-secret').toString('hex');
    expect(result.steps['it']?.log.split('\n')).toEqual([
      '>***',
      '***<',
      '>***<',
      '>"***"<',
      '>***<',
      '>***<',
      `>${hex}<`,
    ]);
  });

  test('between stop-commands and its token nothing is a command; the next step starts anew', async () => {
    const result = await job({
      steps: [
        script(
          "console.log('::stop-commands::tok\\n::error::no\\n::tok::\\n::error file=a.ts,line=3,title=T::yes%0Amore\\n::stop-commands::open')",
        ),
        { id: 'next', run: 'echo "::warning::works" >&2; echo "not ::error::at the start"' },
      ],
    });
    expect(result.steps['it']?.annotations).toEqual([
      { level: 'error', message: 'yes\nmore', file: 'a.ts', line: 3, title: 'T' },
    ]);
    expect(result.log).toContain('::error::no');
    expect(result.steps['next']?.annotations).toEqual([{ level: 'warning', message: 'works' }]);
    expect(result.conclusion).toBe('success');
  });

  test('ten annotations a level are kept, all lines stay in the log; set-env is refused', async () => {
    const result = await job({
      steps: [
        {
          id: 'it',
          run: 'for i in $(seq 12); do echo "::error::e$i"; echo "::notice::n$i"; done; echo "::set-env name=a::b"',
        },
      ],
    });
    const levels = result.steps['it']?.annotations.map(({ level }) => level);
    expect([
      levels?.filter((level) => level === 'error').length,
      levels?.filter((level) => level === 'notice').length,
    ]).toEqual([10, 10]);
    expect(result.log).toContain('##[error]e12');
    expect(result.conclusion).toBe('failure');
  });
});

describe('order and ends', () => {
  test('after a failure only always() and failure() steps run; posts run in reverse order', async () => {
    const post = (name: string) => ({
      uses: actionDir,
      with: { script: '', 'post-script': `console.log('post ${name}')` },
    });
    const result = await job({
      steps: [
        post('a'),
        post('b'),
        { id: 'bad', run: 'exit 3' },
        post('never'),
        { id: 'no', run: 'true' },
        { id: 'yes', if: 'failure()', run: 'echo "${{ steps.bad.outcome }} ${{ job.status }}"' },
      ],
    });
    expect(result.steps).toMatchObject({
      bad: { exitCode: 3, outcome: 'failure' },
      no: { outcome: 'skipped' },
      yes: { log: 'failure failure' },
    });
    expect(result.executions.filter(({ isPost }) => isPost).map(({ log }) => log)).toEqual([
      'post b',
      'post a',
    ]);
    expect(result.conclusion).toBe('failure');
  });

  test('cancel: SIGINT, SIGTERM, SIGKILL to the node process, not to its child; then always() and post', async () => {
    const source = `
      process.on('SIGINT', () => console.log('got SIGINT')); process.on('SIGTERM', () => console.log('got SIGTERM'));
      const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true }); console.log('child', child.pid); file('STATE', 'child=' + child.pid + '\\n'); await sleep(600000)`;
    const post = "process.kill(Number(process.env.STATE_child), 0); console.log('child lives')";
    const handle = await started({
      grace: { interrupt: 200, terminate: 200 },
      steps: [
        script(source, { 'post-script': post }),
        { id: 'no', run: 'true' },
        { id: 'yes', if: 'always()', run: 'echo "${{ job.status }}"' },
      ],
    });
    const pid = Number((await handle.waitFor(/^child \d+/)).split(' ')[1]);
    handle.cancel();
    const result = await handle.result;
    expect(result.log).toMatch(/got SIGINT\ngot SIGTERM/);
    expect(result.steps).toMatchObject({
      it: { outcome: 'cancelled', exitCode: 137 },
      no: { outcome: 'skipped' },
      yes: { log: 'cancelled', outcome: 'success' },
    });
    expect(result.executions.at(-1)?.log).toBe('child lives');
    expect(result.orphans).toContain(pid);
    expect([result.conclusion, alive(pid)]).toEqual(['cancelled', false]);
  }, 15_000);

  test('cancelled before its process is there, or out of time: the step is stopped all the same', async () => {
    const steps = [{ id: 'it', run: 'sleep 600' }];
    const grace = { interrupt: 200, terminate: 200 };
    const handle = await started({ grace, steps });
    handle.cancel();
    expect(await handle.result).toMatchObject({ conclusion: 'cancelled' });
    const late = await job({ grace, steps: [{ ...steps[0], timeout: 300 }] });
    expect([late.conclusion, late.steps['it']?.outcome]).toEqual(['failure', 'failure']);
    expect(late.log).toContain('timed out');
  }, 20_000);

  test('kill: nothing else runs, not even post, and what was started is gone', async () => {
    const source =
      "const child = spawn('sleep', ['600'], { stdio: 'ignore' }); console.log('child', child.pid); await sleep(600000)";
    const handle = await started({
      steps: [
        script(source, { 'post-script': "console.log('never')" }),
        { id: 'no', if: 'always()', run: 'echo never' },
      ],
    });
    const pid = Number((await handle.waitFor(/^child \d+/)).split(' ')[1]);
    handle.kill();
    const result = await handle.result;
    expect([result.conclusion, result.log.includes('never'), await gone(pid)]).toEqual(['lost', false, true]);
    await expect(handle.waitFor('never')).rejects.toThrow('ended without a line');
  });

  test('an action that is not there and a broken expression fail the step with a message', async () => {
    const result = await job({
      steps: [
        { id: 'a', uses: './none' },
        { id: 'b', if: 'always()', run: 'echo ${{ nonsense.x }}' },
      ],
    });
    expect(result.steps).toMatchObject({ a: { outcome: 'failure' }, b: { outcome: 'failure' } });
    expect(result.log).toContain("Unrecognized named-value: 'nonsense'");
  });
});

describe('checkout', () => {
  const look =
    'git rev-list --count HEAD; git rev-parse HEAD origin/main; git status -sb | head -1; cat README.md';

  test('one commit deep, origin/main pinned at the sha of the event even when main has moved on', async () => {
    const sha = (await shop.ref('refs/heads/main')) ?? '';
    const moved = await shop.commit('main', { 'README.md': 'three\n' });
    expect(moved).not.toBe(sha);
    const result = await job({
      sha,
      steps: [
        { uses: 'checkout' },
        { id: 'look', run: look },
        { run: 'git ls-remote --exit-code origin refs/heads/main' },
      ],
    });
    expect(result.steps['look']?.log).toBe(`1\n${sha}\n${sha}\n## main...origin/main\ntwo`);
    expect(result.conclusion).toBe('success');
    expect(readFileSync(join(result.workspace, '.git/config'), 'utf8')).not.toContain('extraheader =');
  });

  test('fetch-depth 0 has the history; without contents: read it fails', async () => {
    const full = await job({
      steps: [
        { uses: 'actions/checkout@v5', with: { 'fetch-depth': '0' } },
        { id: 'look', run: 'git rev-list --count HEAD' },
      ],
    });
    expect(full.steps['look']?.log).toBe('3');
    expect((await job({ permissions: {}, steps: [{ uses: 'checkout' }] })).conclusion).toBe('failure');
  });
});

describe('workflow files', () => {
  test('a job is read with its steps, permissions, env and outputs, and runs', async () => {
    const file = join(actionDir, 'deploy.yml');
    writeFileSync(
      file,
      `
name: Deploy
on: push
permissions: { contents: read }
env: { LEVEL: 3 }
jobs:
  release:
    outputs: { said: '\${{ steps.pilot.outputs.said }}' }
    steps:
      - uses: actions/checkout@v5
      - { id: pilot, uses: gons/pilot@v1, with: { script: "file('OUTPUT', 'said=' + process.env.LEVEL + process.env.GITHUB_JOB)" } }
      - { if: "steps.pilot.outputs.said == 'x'", run: exit 1 }
`,
    );
    const result = await job({ actions: { 'gons/pilot': actionDir }, ...(await workflowFrom(file)) });
    expect([result.conclusion, result.outputs]).toEqual(['success', { said: '3release' }]);
    await expect(workflowFrom(file, 'none')).rejects.toThrow("no job 'none'");
  });
});
