/**
 * A machine that runs the action: every effect of the code under test goes through `effect`, where it takes time and where it can
 * be hit by a fault. What it does not do: the runner's own files and commands (__tests__/e2e has them).
 */
import type { RunContext } from '../../../src/action/event.ts';
import type { Clock, Log, Random } from '../../../src/effects.ts';
import { AutopilotError } from '../../../src/errors.ts';
import type { GitHubApi } from '../../../src/github/api.ts';
import type { HttpAnswer, Keeper, KeeperRequest, Target } from '../../../src/server/target.ts';
import { Client } from './commands.ts';
import type { SimGitHub } from './github.ts';
import { Breakable, type KeeperProcess, type SimServer } from './keeper.ts';
import { never, type Process, type Scheduler } from './scheduler.ts';

/**
 * What happens at one effect. `kill`: the runner is dead, before, in the middle of or after the effect. `fail`: the effect's call fails, before it
 * did anything, or after it did everything (a lost answer). `cut`, `half-open`: the connection to the server. `pause`: the
 * runner stands still for 40 s. `cancel`: the job is cancelled. `reboot`: the server goes down and comes up.
 */
export const FAULTS = [
  'kill-before',
  'kill-during',
  'kill-after',
  'fail-before',
  'fail-after',
  'cut',
  'half-open',
  'pause',
  'cancel',
  'reboot',
] as const;
export type Fault = (typeof FAULTS)[number];

/** From SIGINT to SIGKILL of a cancelled step. */
const CANCEL_GRACE = 10_000;
const PAUSE = 40_000;
/** Into an effect: most commands have asked the engine by then, and have no answer yet. */
const MIDDLE = 40;

export interface Surroundings {
  scheduler: Scheduler;
  server: SimServer;
  github: SimGitHub;
  random: () => number;
}

interface Connection {
  line: Breakable;
  keepers: Set<KeeperProcess>;
  /** Half-open: what is sent reaches nobody, and nobody is told. */
  deaf: boolean;
}

interface EffectOptions<T> {
  /** Milliseconds there and back. */
  latency: number;
  lost: () => Error;
  connection?: Connection;
  /** For calls that never reject. */
  instead?: (error: Error) => T;
  /** Milliseconds after which the call itself gives up. */
  timeout?: number;
}

export class SimRunner implements Process {
  readonly event: RunContext;
  readonly faults: ReadonlyMap<number | string, Fault>;
  /** Names of the effects so far. */
  readonly effects: string[] = [];
  readonly lines: string[] = [];
  readonly abort = new AbortController();
  dead = false;
  finished = false;
  cancelled = false;
  readonly #around: Surroundings;
  readonly #connections = new Set<Connection>();
  #waits = 0;
  #pausedUntil = 0;

  constructor(around: Surroundings, event: RunContext, faults: ReadonlyMap<number | string, Fault>) {
    this.#around = around;
    this.event = event;
    this.faults = faults;
  }

  computing(): boolean {
    return !this.dead && !this.finished && this.#waits === 0;
  }

  kill(): void {
    if (this.dead) return;
    this.dead = true;
    for (const connection of [...this.#connections]) this.#cut(connection);
  }

  /** The job is cancelled: asked first, then killed. */
  cancel(): void {
    if (this.cancelled || this.finished || this.dead) return;
    this.cancelled = true;
    this.abort.abort(new AutopilotError('CANCELLED', { what: 'The job was cancelled' }));
    this.#around.scheduler.after(CANCEL_GRACE, () => {
      if (!this.finished) this.kill();
    });
  }

  readonly clock: Clock = {
    now: () => new Date(this.#around.scheduler.now),
    sleep: (milliseconds, signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      return this.#waiting(async () => {
        const { promise, resolve, reject } = Promise.withResolvers<undefined>();
        const timer = this.#around.scheduler.after(milliseconds, () => resolve(undefined));
        const stop = () => {
          timer.cancel();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', stop, { once: true });
        try {
          await promise;
        } finally {
          signal?.removeEventListener('abort', stop);
        }
        await this.#awake();
      });
    },
  };

  readonly random: Random = {
    next: () => this.#around.random(),
    hex: (bytes) =>
      Array.from({ length: bytes * 2 }, () => Math.floor(this.#around.random() * 16).toString(16)).join(''),
  };

  readonly log: Log = {
    info: (message) => void this.lines.push(message),
    debug: (message) => void this.lines.push(message),
    notice: (message) => void this.lines.push(message),
    warning: (message) => void this.lines.push(`warning: ${message}`),
    error: (message) => void this.lines.push(`error: ${message}`),
    foreign: () => undefined,
    group: (_title, body) => body(),
  };

  readonly githubApi: GitHubApi = {
    owner: 'gons',
    repo: 'shop',
    request: async <T>(route: string, parameters: Record<string, unknown> = {}) => {
      const answer = await this.effect(
        `github ${route}`,
        () => this.#around.github.request(this.event.runId, route, parameters),
        { latency: 80, lost: () => new Error('socket hang up') },
      );
      return answer as { status: number; headers: Record<string, string | undefined>; data: T };
    },
  };

  /** One call to the world outside, with its time and its fault. */
  async effect<T>(name: string, body: () => Promise<T>, options: EffectOptions<T>): Promise<T> {
    return this.#waiting(async () => {
      const { scheduler, server } = this.#around;
      const { latency, lost, connection, instead } = options;
      const first = !this.effects.includes(name);
      const number = this.effects.push(name) - 1;
      const fault = this.faults.get(number) ?? (first ? this.faults.get(name) : undefined);
      const failed = (error: Error): T => {
        if (instead) return instead(error);
        throw error;
      };
      switch (fault) {
        case 'kill-before':
          this.kill();
          break;
        case 'cancel':
          this.cancel();
          break;
        case 'pause':
          this.#pause();
          break;
        case 'reboot':
          server.reboot();
          for (const own of [...this.#connections]) this.#cut(own);
          break;
        case 'cut':
          for (const own of [...this.#connections]) this.#cut(own);
          break;
        case 'half-open':
          for (const own of [...this.#connections]) this.#halfOpen(own);
          break;
        case 'fail-before':
          await scheduler.sleep(latency);
          if (connection && !instead) this.#cut(connection);
          await this.#awake();
          return failed(lost());
      }
      if (this.dead) return never();
      try {
        await scheduler.sleep(latency / 2);
        if (fault === 'kill-during') scheduler.after(MIDDLE, () => this.kill());
        const result = await this.#through(connection, body, options.timeout);
        if (fault === 'kill-after') this.kill();
        if (fault === 'fail-after') {
          if (connection && !instead) this.#cut(connection);
          throw lost();
        }
        await scheduler.sleep(latency / 2);
        await this.#awake();
        return result;
      } catch (error) {
        await this.#awake();
        return failed(error as Error);
      }
    });
  }

  async #through<T>(
    connection: Connection | undefined,
    body: () => Promise<T>,
    timeout: number | undefined,
  ): Promise<T> {
    if (!connection) return body();
    const { line } = connection;
    if (line.error) throw line.error;
    const answer = connection.deaf ? undefined : await line.during(body());
    if (!connection.deaf) return answer as T;
    if (timeout === undefined) return line.during(never<T>());
    await this.#around.scheduler.sleep(timeout);
    throw new Error('ETIMEDOUT');
  }

  /** The connection of a step, as openTarget gives it. */
  async openTarget(): Promise<Target> {
    const { server } = this.#around;
    const connection: Connection = { line: new Breakable(), keepers: new Set(), deaf: false };
    const refused = () =>
      new AutopilotError('SSH_CONNECT', { what: 'The connection to the server was lost.' });
    await this.effect('connect', () => Promise.resolve(), { latency: 200, lost: refused });
    this.#connections.add(connection);
    const call = <T>(name: string, body: () => Promise<T>) =>
      this.effect(name, body, { latency: 10, lost: refused, connection });
    const { reads } = server.engine;
    return {
      name: 'deploy@server:22',
      engine: {
        info: () => call('engine info', () => reads.info()),
        containers: (labels) => call('engine containers', () => reads.containers(labels)),
        container: (id) => call('engine container', () => reads.container(id)),
        image: (reference) => call('engine image', () => reads.image(reference)),
        images: () => call('engine images', () => reads.images()),
        logs: (id, lines) => call('engine logs', () => reads.logs(id, lines)),
      },
      query: (command) => call(`query ${command.title}`, () => server.interpreter.run(command, new Client())),
      pipe: (command) => call(`pipe ${command.title}`, () => Promise.reject(new Error('not in this model'))),
      readFile: (path) => call('read file', () => Promise.resolve(server.files.get(path))),
      http: (url, { timeout, address }) =>
        this.effect(`http ${url}`, () => this.#http(url, address), {
          latency: 10,
          lost: refused,
          connection,
          timeout,
          instead: (error): HttpAnswer => ({
            status: 0,
            duration: Math.min(timeout, 10),
            error: error.message,
          }),
        }),
      freeDisk: () => call('free disk', () => Promise.resolve(server.engine.freeDisk())),
      openKeeper: (request) => this.#openKeeper(request, connection),
      lockHolder: () => call('lock holder', () => Promise.resolve(undefined)),
      close: () => {
        this.#cut(connection);
        return Promise.resolve();
      },
    };
  }

  async #openKeeper(request: KeeperRequest, connection: Connection): Promise<Keeper> {
    const { server } = this.#around;
    const lost = () => new AutopilotError('SSH_CONNECT', { what: 'The keeper on the server was lost.' });
    const options = { latency: 20, lost, connection };
    const { process, armed, claimed } = await this.effect(
      'open keeper',
      async () => {
        const gone = () => connection.deaf || connection.line.error !== undefined;
        const opened = await server.open(request, gone);
        connection.keepers.add(opened.process);
        if (gone()) void opened.process.lost('eof');
        return opened;
      },
      options,
    );
    const ask = <T>(name: string, body: () => Promise<T>): Promise<T> =>
      this.effect(`keeper ${name}`, () => process.session.during(body()), options);
    const script = server.armed ?? '';
    return {
      epoch: process.epoch,
      nonce: process.nonce,
      claimed,
      inherited: armed ? { script, journal: structuredClone(server.journal) } : undefined,
      change: (command) => ask(`change: ${command.title}`, () => process.change(command)),
      record: (event, data) => ask(`record ${event}`, () => process.record(event, data)),
      journal: () => ask('journal', () => Promise.resolve(structuredClone(server.journal))),
      arm: (text) => ask('arm', () => process.arm(text)),
      disarm: () => ask('disarm', () => process.disarm()),
      detach: async (seconds) => {
        await ask('detach', () => process.detach(seconds));
        connection.keepers.delete(process);
        return { nonce: process.nonce };
      },
      close: async () => {
        await this.effect(
          'keeper close',
          () => (process.mode === 'open' ? process.close() : process.session.during(never<undefined>())),
          options,
        );
        connection.keepers.delete(process);
      },
    };
  }

  async #http(url: string, address: string | undefined): Promise<HttpAnswer> {
    const { server, scheduler, random } = this.#around;
    const { hostname } = new URL(url);
    const asked =
      address === undefined
        ? server.engine.onTraffic(hostname)
        : [...server.engine.containers.values()].filter(({ networks }) =>
            Object.values(networks).some((network) => network.address === address),
          );
    const one = asked[Math.floor(random() * asked.length)];
    await scheduler.sleep(5);
    const status = one === undefined ? 0 : server.engine.answer(one);
    return { status, duration: 15, ...(status === 0 ? { error: 'ECONNREFUSED' } : {}) };
  }

  #cut(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.line.break(
      new AutopilotError('SSH_CONNECT', { what: 'The connection to the server was lost.' }),
    );
    for (const process of connection.keepers) void process.lost('eof');
  }

  /** Nobody is told: each side finds out by silence, the server first. */
  #halfOpen(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const [process] = connection.keepers;
    for (const keeper of connection.keepers) keeper.unheard();
    connection.deaf = true;
    const silence = 2 * (process?.request.heartbeat ?? 10) * 1000 + 10_000;
    this.#around.scheduler.after(silence, () =>
      connection.line.break(
        new AutopilotError('SSH_CONNECT', { what: 'The server does not answer any more.' }),
      ),
    );
  }

  #pause(): void {
    const { scheduler } = this.#around;
    this.#pausedUntil = scheduler.now + PAUSE;
    const keepers = [...this.#connections].flatMap((connection) => [...connection.keepers]);
    for (const keeper of keepers) keeper.unheard();
    scheduler.after(PAUSE, () => {
      for (const keeper of keepers) keeper.heard();
    });
  }

  async #awake(): Promise<void> {
    const { scheduler } = this.#around;
    while (scheduler.now < this.#pausedUntil && !this.dead)
      await scheduler.sleep(this.#pausedUntil - scheduler.now);
    if (this.dead) await never();
  }

  async #waiting<T>(body: () => Promise<T>): Promise<T> {
    this.#waits += 1;
    try {
      return await body();
    } finally {
      this.#waits -= 1;
    }
  }
}
