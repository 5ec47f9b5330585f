import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KEEPER_SCRIPT } from '../../src/server/keeper-script.ts';
import { openLocalTarget } from '../../src/server/target-local.ts';
import type { Target } from '../../src/server/target.ts';
import {
  SHELLS,
  eventsOf,
  journalOf,
  killed,
  memoryLog,
  newFolder,
  processesOf,
  request,
  startRunner,
  until,
} from './server-support.ts';

jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (name: string) => join(folder, '.gonsautopilot', name);
/** Directories in shared memory that keepers of this very folder left behind. */
const leftovers = () =>
  readdirSync('/dev/shm').filter((name) => {
    try {
      return readlinkSync(`/dev/shm/${name}/state`).startsWith(folder);
    } catch {
      return false;
    }
  });
/** Processes with this in their environment that sleep for ten seconds. */
const sleepers = (mark: string) =>
  readdirSync('/proc').filter((pid) => {
    try {
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
      return read('environ').includes(mark) && read('cmdline').join(' ').includes('sleep 10 ');
    } catch {
      return false;
    }
  });
const revertScript = () => `echo reverted >>${folder}/reverted\n`;
const reverted = () =>
  existsSync(join(folder, 'reverted')) ? readFileSync(join(folder, 'reverted'), 'utf8') : '';

describe.each(SHELLS)('the keeper under %s', (_name, shell) => {
  let target: Target;
  let log: ReturnType<typeof memoryLog>;
  beforeEach(() => {
    log = memoryLog();
    target = openLocalTarget({ path: folder, log, shell });
  });
  afterEach(async () => {
    await target.close();
    await until('nothing is left over', () => leftovers().length === 0 && processesOf(folder).length === 0);
  });

  test('runs changes, streams both outputs, journals start and end, and leaves nothing behind', async () => {
    const keeper = await target.openKeeper(request());
    expect(await target.lockHolder()).toMatchObject({ pipelineId: 'p-1', actor: 'bob', nonce: keeper.nonce });
    const lines: string[] = [];
    const result = await keeper.change(
      {
        title: `it's "odd"\n`,
        argv: ['sh', '-c', 'echo out; echo err >&2; printf "%s\\n" "$A"; umask; cat; exit 3'],
        cwd: folder,
        env: { A: `x'y\\n` },
        input: 'é\n\\in',
      },
      (line) => lines.push(line),
    );
    const umask = process.umask().toString(8).padStart(4, '0');
    expect(result).toEqual({ code: 3, stdout: `out\nx'y\\n\n${umask}\né\n\\in\n`, stderr: 'err\n' });
    expect(lines.toSorted()).toEqual(['out', 'err', `x'y\\n`, umask, 'é', '\\in'].toSorted());
    const long = await keeper.change({
      title: 'long line',
      argv: ['sh', '-c', 'head -c 100000 /dev/zero | tr "\\0" é'],
    });
    expect(long.stdout).toHaveLength(100_001);
    await keeper.record('custom', { a: [`'"\\ é`] });
    expect((await keeper.journal()).map((entry) => entry.event)).toEqual([
      'opened',
      'command_started',
      'command_ended',
      'command_started',
      'command_ended',
      'custom',
    ]);
    expect(journalOf(folder)[1]?.data).toMatchObject({ title: `it's "odd"\n` });
    expect(journalOf(folder)[5]).toMatchObject({ epoch: 1, pipelineId: 'p-1', data: { a: [`'"\\ é`] } });
    await keeper.close();
    expect(await target.lockHolder()).toBeUndefined();
    expect(statSync(join(folder, '.gonsautopilot')).mode & 0o777).toBe(0o700);
    await expect(keeper.change({ title: 'late', argv: ['true'] })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  test('a time limit ends the whole process group', async () => {
    const keeper = await target.openKeeper(request());
    const result = await keeper.change({
      title: 't',
      argv: ['sh', '-c', 'sleep 301 & sleep 302'],
      cwd: folder,
      timeout: 1000,
    });
    expect(result.code).toBe(124);
    await until(
      'its children are gone',
      () => !processesOf(folder).some((line) => line.includes('sleep 30')),
    );
    await keeper.close();
  });

  test('invariant 1: a second deployment waits, is told who holds the lock, and gets it when the first ends', async () => {
    const first = await target.openKeeper(request());
    await expect(target.openKeeper(request({ pipelineId: 'p-2' }))).rejects.toMatchObject({
      code: 'SERVER_LOCKED',
      message: expect.stringMatching(/p-1 by bob since \d{4}-.* \(https:\/\/github.test\/run\/7\)/),
    });
    const second = target.openKeeper(request({ pipelineId: 'p-3', wait: 30 }));
    await until('the waiting is told', () => log.lines.some((line) => /Waiting .*p-1 by bob/.test(line)));
    await first.close();
    const keeper = await second;
    expect(keeper.epoch).toBe(2);
    await keeper.close();
  });

  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'invariant 2: runner gets %s while armed: command killed, reverted, lock freed',
    async (signal) => {
      const runner = await startRunner(folder, revertScript(), shell);
      if (signal === 'SIGKILL') await killed(runner, signal);
      else runner.kill(signal);
      await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
      await until('the lock is free', async () => (await target.lockHolder()) === undefined);
      expect(reverted()).toBe('reverted\n');
      expect(existsSync(join(folder, 'survived'))).toBe(false);
      expect(journalOf(folder).at(-1)?.data).toMatchObject({
        reason: signal === 'SIGKILL' ? 'eof' : 'silence',
      });
      expect(existsSync(state('armed'))).toBe(false);
      // A stale runner cannot act: when it goes on, its keeper is gone.
      if (signal === 'SIGSTOP') await killed(runner, 'SIGKILL');
      const next = await target.openKeeper(request());
      expect(next.inherited).toBeUndefined();
      await next.close();
    },
  );

  test('a command with a time limit comes to its end, or to its limit, before what is armed runs', async () => {
    const order = () => eventsOf(folder).slice(-3);
    await killed(
      await startRunner(folder, revertScript(), shell, { text: 'sleep 2; touch survived', limit: 20_000 }),
      'SIGKILL',
    );
    await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
    expect(existsSync(join(folder, 'survived'))).toBe(true);
    expect(order()).toEqual(['command_ended', 'auto_revert_started', 'auto_reverted']);
    rmSync(join(folder, 'running'));
    await killed(
      await startRunner(folder, revertScript(), shell, { text: 'sleep 300', limit: 2_000 }),
      'SIGKILL',
    );
    await until(
      'it reverted again',
      () => eventsOf(folder).filter((one) => one === 'auto_reverted').length === 2,
    );
    expect(order()).toEqual(['command_ended', 'auto_revert_started', 'auto_reverted']);
  });

  test('a command that says much after its runner is gone comes to its end; nobody has to read it', async () => {
    const text = `until [ -e go ]; do sleep 0.1; done; yes | head -n 100000; touch survived`;
    const runner = await startRunner(folder, revertScript(), shell, { text, limit: 40_000 });
    await killed(runner, 'SIGKILL');
    writeFileSync(join(folder, 'go'), '');
    await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
    expect(existsSync(join(folder, 'survived'))).toBe(true);
  });

  test('invariant 6: a runner that is lost while it is sent a long journal leaves no process that writes it', async () => {
    mkdirSync(state(''), { recursive: true });
    const line = JSON.stringify({ at: '', epoch: 1, event: 'noise', pipelineId: 'p', data: 'x'.repeat(500) });
    writeFileSync(state('journal'), `${line}\n`.repeat(1_500));
    const [program, ...args] = shell;
    const child = spawn(program, [...args, '-c', KEEPER_SCRIPT], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.write(`${folder}/.gonsautopilot\nnonce\nsession\n5\n5\n\n{}\n"p"\n`);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.write('show 1 journal\n');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    child.stdin.end();
    await until('it is gone', () => processesOf(folder).length === 0);
  });

  test('not armed, a lost runner costs its command and the lock, and nothing is reverted', async () => {
    await killed(await startRunner(folder, '', shell), 'SIGKILL');
    await until('the lock is free', async () => (await target.lockHolder()) === undefined);
    expect(eventsOf(folder)).toEqual(['opened', 'command_started', 'command_ended', 'runner_lost']);
  });

  test('a revert that fails at first is tried again; one that never works stays armed for the next keeper', async () => {
    const script = `n=$(cat ${folder}/n 2>/dev/null || echo 0); echo $((n+1)) >${folder}/n; [ "$n" -ge 1 ]`;
    await killed(await startRunner(folder, script, shell), 'SIGKILL');
    await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
    expect(journalOf(folder).at(-1)?.data).toMatchObject({ attempt: 2 });
    rmSync(join(folder, 'running'));
    await killed(await startRunner(folder, 'echo broken; exit 9', shell), 'SIGKILL');
    await until('it gave up', () => eventsOf(folder).includes('auto_revert_failed'), 30_000);
    expect(readFileSync(state('revert.log'), 'utf8')).toBe('broken\n');
    const next = await target.openKeeper(request({ wait: 5 }));
    expect(next.inherited?.script.trim()).toBe('echo broken; exit 9');
    expect(next.inherited?.journal.map((entry) => entry.event)).toContain('auto_revert_failed');
    await expect(next.close()).rejects.toThrow(/still armed/);
    await next.disarm();
    await next.close();
  });

  test('keeper killed with SIGKILL: the lock stays while its command runs, the next keeper inherits the arming', async () => {
    const runner = await startRunner(folder, revertScript(), shell);
    const holder = readFileSync(state('holder'), 'utf8').split('\n');
    const command = Number(
      readFileSync(
        join(holder[1] ?? '', readdirSync(holder[1] ?? '').find((name) => name.startsWith('pid.')) ?? ''),
        'utf8',
      ),
    );
    const keeper = Number(readFileSync(`/proc/${command}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
    const main = Number(readFileSync(`/proc/${keeper}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
    process.kill(main, 'SIGKILL');
    await killed(runner, 'SIGKILL');
    expect(await target.lockHolder()).toMatchObject({ pipelineId: 'doomed' });
    process.kill(-command, 'SIGKILL');
    await until('the lock is free', async () => (await target.lockHolder()) === undefined);
    expect(reverted()).toBe('');
    const next = await target.openKeeper(request());
    expect(next.inherited?.script).toBe(`${revertScript()}\n`);
    await next.disarm();
    await next.close();
  });

  test('SIGTERM and SIGHUP at the keeper revert too', async () => {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const keeper = await target.openKeeper(request({ wait: 10 }));
      await keeper.arm(revertScript());
      process.kill(keepers()[0] ?? 0, signal);
      await until('it reverted', () => eventsOf(folder).at(-1) === 'auto_reverted');
      await expect(keeper.record('late', {})).rejects.toMatchObject({ code: 'SSH_CONNECT' });
    }
    expect(reverted()).toBe('reverted\nreverted\n');
  });

  test('detached: keeps lock and arming until claimed, twice in a row; a wrong nonce gets nothing', async () => {
    const first = await target.openKeeper(request());
    await first.arm(revertScript());
    const { nonce } = await first.detach(30);
    await expect(target.openKeeper(request({ claim: 'abcdef' }))).rejects.toMatchObject({
      code: 'SERVER_LOCKED',
    });
    const second = await target.openKeeper(request({ claim: nonce }));
    expect(second).toMatchObject({ epoch: first.epoch, claimed: true, nonce });
    expect(second.inherited?.script).toBe(`${revertScript()}\n`);
    expect((await second.change({ title: 'x', argv: ['echo', 'hi'] })).stdout).toBe('hi\n');
    await second.detach(30);
    const third = await target.openKeeper(request({ claim: nonce }));
    await third.disarm();
    await third.close();
    expect(reverted()).toBe('');
    expect(eventsOf(folder).filter((event) => event === 'opened')).toHaveLength(1);
  });

  test('what carried the lines of the last session, and does not end when told to, swallows none of the next one', async () => {
    const bin = join(folder, 'stubborn');
    mkdirSync(bin);
    writeFileSync(join(bin, 'cat'), `#!/bin/sh\ntrap '' TERM\nexec /bin/cat "$@"\n`, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const stubborn = openLocalTarget({ path: folder, log, shell, env });
    const first = await stubborn.openKeeper(request());
    await first.arm(revertScript());
    let { nonce } = await first.detach(30);
    for (const step of ['second', 'third']) {
      const next = await stubborn.openKeeper(request({ claim: nonce }));
      expect(next).toMatchObject({ epoch: first.epoch, claimed: true, nonce });
      expect((await next.change({ title: 'x', argv: ['echo', step] })).stdout).toBe(`${step}\n`);
      ({ nonce } = await next.detach(30));
    }
    const last = await stubborn.openKeeper(request({ claim: nonce }));
    await last.disarm();
    await last.close();
    await stubborn.close();
    expect(reverted()).toBe('');
  });

  test('a claim of a keeper that is slow to answer waits for it; of one that was killed it does not', async () => {
    const first = await target.openKeeper(request({ heartbeat: 30 }));
    await first.arm(revertScript());
    const { nonce } = await first.detach(60);
    const [keeper = 0] = keepers();
    expect(keeper).toBeGreaterThan(1);
    process.kill(keeper, 'SIGSTOP');
    const claiming = target.openKeeper(request({ claim: nonce, heartbeat: 30 }));
    const [, run = ''] = readFileSync(state('holder'), 'utf8').split('\n');
    await until('it is claimed', () => readdirSync(run).some((name) => name.startsWith('out.')));
    // Longer than the five seconds after which a claim once gave up.
    await sleep(7_000);
    process.kill(keeper, 'SIGCONT');
    const second = await claiming;
    expect(second).toMatchObject({ epoch: first.epoch, claimed: true });
    await second.detach(60);
    for (const pid of keepers()) process.kill(-pid, 'SIGKILL');
    const third = await target.openKeeper(request({ claim: nonce }));
    expect(third).toMatchObject({ epoch: first.epoch + 1, claimed: false });
    expect(third.inherited?.script).toBe(`${revertScript()}\n`);
    await third.disarm();
    await third.close();
    expect(reverted()).toBe('');
  });

  test('detached and never claimed: reverts by itself, and a late claim is told that it came too late', async () => {
    const first = await target.openKeeper(request());
    await first.arm(revertScript());
    const { nonce } = await first.detach(2);
    await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
    const late = await target.openKeeper(request({ claim: nonce, wait: 5 }));
    expect(late).toMatchObject({ claimed: false, epoch: 2, inherited: undefined });
    await late.close();
  });

  test('a claim while what is armed runs is refused at once: it waits for the lock and is told who has it', async () => {
    const first = await target.openKeeper(request());
    await first.arm(`while [ ! -e ${folder}/go ]; do sleep 0.1; done\n${revertScript()}`);
    const { nonce } = await first.detach(1);
    await until('it reverts', () => eventsOf(folder).includes('auto_revert_started'));
    const claiming = target.openKeeper(request({ claim: nonce, wait: 30 }));
    await until('the waiting is told', () => log.lines.some((line) => /Waiting .*p-1 by bob/.test(line)));
    expect(reverted()).toBe('');
    writeFileSync(join(folder, 'go'), '');
    const late = await claiming;
    expect(late).toMatchObject({ claimed: false, epoch: 2, inherited: undefined });
    expect(reverted()).toBe('reverted\n');
    await late.close();
  });

  test('the one who claimed a detached keeper is watched like any other', async () => {
    const first = await target.openKeeper(request());
    await first.arm(revertScript());
    const { nonce } = await first.detach(30);
    const before = keepers();
    const second = await target.openKeeper(request({ claim: nonce }));
    expect(second.claimed).toBe(true);
    // The one that came with the claim carries the claimant's lines; numbers start again, so the greatest may be another.
    const claimant = keepers().find((pid) => !before.includes(pid)) ?? 0;
    expect(claimant).toBeGreaterThan(1);
    process.kill(-claimant, 'SIGKILL');
    await until('it reverted', () => eventsOf(folder).includes('auto_reverted'));
    expect(reverted()).toBe('reverted\n');
  });

  test('unlock with the nonce makes a stuck holder revert and leave; with another nonce it is refused', async () => {
    const runner = await startRunner(folder, revertScript(), shell);
    await expect(target.unlock?.('00')).rejects.toMatchObject({ code: 'SERVER_LOCKED' });
    await target.unlock?.((await target.lockHolder())?.nonce ?? '');
    expect(reverted()).toBe('reverted\n');
    expect(await target.lockHolder()).toBeUndefined();
    await killed(runner, 'SIGKILL');
  });

  test('a torn last line, foreign lines and a missing epoch do not stop the next keeper', async () => {
    await (await target.openKeeper(request())).close();
    appendFileSync(state('journal'), '[]\n"x"\nnull\n{"at":"2026","epoch":9,"event":"torn');
    writeFileSync(state('epoch'), '');
    const keeper = await target.openKeeper(request());
    expect(keeper.epoch).toBeGreaterThan(1);
    expect((await keeper.journal()).map((entry) => entry.event)).toEqual(['opened', 'closed', 'opened']);
    await keeper.close();
  });

  test('a big journal is cut at the last settled entry and loses nothing after it', async () => {
    const keeper = await target.openKeeper(request());
    await keeper.record('old', {});
    await keeper.record('settled', {});
    await keeper.record('young', { event: 'settled' });
    await keeper.close();
    const [old, ...rest] = readFileSync(state('journal'), 'utf8').split('\n');
    writeFileSync(state('journal'), `${`${old}\n`.repeat(20_000)}${rest.join('\n')}`);
    const next = await target.openKeeper(request());
    expect((await next.journal()).map((entry) => entry.event)).toEqual([
      'settled',
      'young',
      'closed',
      'opened',
    ]);
    await next.close();
  });

  test('a daemon that a command leaves behind holds neither the lock nor the answer', async () => {
    const keeper = await target.openKeeper(request());
    const result = await keeper.change({
      title: 'daemon',
      argv: ['sh', '-c', 'setsid sleep 30 >/dev/null 2>&1 & echo ok'],
      cwd: folder,
    });
    expect(result).toMatchObject({ code: 0, stdout: 'ok\n' });
    await keeper.close();
    expect(await target.lockHolder()).toBeUndefined();
    for (const line of processesOf(folder)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  });

  test('what watches over the output of a command ends with the command', async () => {
    const env = { ...(process.env as Record<string, string>), KEEPER_OF: folder };
    const marked = openLocalTarget({ path: folder, log, shell, env });
    const keeper = await marked.openKeeper(request());
    // Its output stays open for a moment after its end.
    await keeper.change({ title: 'child', argv: ['sh', '-c', 'sleep 0.5 &'] });
    // Ten seconds later it would end by itself.
    await until('nobody waits for output', () => sleepers(`KEEPER_OF=${folder}`).length === 0, 3_000);
    await keeper.close();
    await marked.close();
  });

  test('many requests at once are served one after the other', async () => {
    const keeper = await target.openKeeper(request());
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        keeper.change({ title: `n${index}`, argv: ['echo', String(index)] }),
      ),
    );
    expect(results.map((result) => Number(result.stdout))).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
    await keeper.close();
  });
});

/** Process ids of the shells that this process started as keepers. */
const keepers = () =>
  processesOf('')
    .filter((line) => line.includes(keeperMark) && parentOf(line) === process.pid)
    .map((line) => Number(line.split(' ')[0]));
const keeperMark = '#end of the keeper';
const parentOf = (line: string) => {
  try {
    return Number(
      readFileSync(`/proc/${line.split(' ')[0]}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ')[1],
    );
  } catch {
    return 0;
  }
};

describe.each(SHELLS)('without flock, under %s', (_name, shell) => {
  /** A PATH that lacks flock and nothing else. */
  function withoutFlock(): string {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const from of ['/usr/bin', '/bin', '/usr/sbin']) {
      for (const name of readdirSync(from)) {
        if (name !== 'flock' && !existsSync(join(bin, name))) symlinkSync(join(from, name), join(bin, name));
      }
    }
    return bin;
  }

  test('a directory with owner and lease locks; it is broken only when the lease stands still', async () => {
    // busybox sh runs its applets, flock among them, whatever PATH says: there the file lock is used.
    if (shell[0] === 'busybox') return;
    const log = memoryLog();
    const target = openLocalTarget({ path: folder, log, shell, env: { PATH: withoutFlock() } });
    const first = await target.openKeeper(request());
    expect(existsSync(state('lock.d/owner'))).toBe(true);
    await expect(target.openKeeper(request({ wait: 3 }))).rejects.toMatchObject({ code: 'SERVER_LOCKED' });
    expect(await target.lockHolder()).toMatchObject({ nonce: first.nonce });
    await first.close();
    expect(existsSync(state('lock.d'))).toBe(false);
    // What a holder killed with its whole machine leaves: a lease that nobody renews.
    mkdirSync(state('lock.d'));
    writeFileSync(state('lock.d/owner'), 'dead\n');
    const [one, two] = await Promise.allSettled([
      target.openKeeper(request({ wait: 30 })),
      target.openKeeper(request({ wait: 30 })),
    ]);
    const winners = [one, two].filter((each) => each.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await winners[0]?.value.close();
    await target.close();
  });
});

test('what cannot be written to is told with the path', async () => {
  writeFileSync(join(folder, 'file'), '');
  const target = openLocalTarget({ path: join(folder, 'file'), log: memoryLog() });
  await expect(target.openKeeper(request())).rejects.toMatchObject({
    code: 'SERVER_COMMAND',
    message: expect.stringContaining('file/.gonsautopilot'),
  });
});

test('half-finished input: a keeper whose runner goes before it is open leaves at once', async () => {
  for (const input of ['', '/tmp', `${folder}/s\nnonce\n`]) {
    const child = spawn('sh', ['-c', KEEPER_SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(input);
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(1);
  }
});
