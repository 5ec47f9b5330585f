/**
 * The server's side of src/server/keeper as a model: lock, epoch, journal, arming, silence and end of input, detaching and
 * claiming. What it does not do: the protocol's lines, torn journals, a full disk, the lock without flock.
 */
import { AutopilotError } from '../../../src/errors.ts';
import type { Command, CommandResult, JournalEntry, KeeperRequest } from '../../../src/server/target.ts';
import { Client, Interpreter, kill, type Machine } from './commands.ts';
import { SimEngine } from './engine.ts';
import { runArmed } from './script.ts';
import { never, type Scheduler } from './scheduler.ts';

/** Something that can break while others wait on it. */
export class Breakable {
  error: Error | undefined;
  readonly #waiting = new Set<(error: Error) => void>();

  break(error: Error): void {
    if (this.error) return;
    this.error = error;
    for (const reject of [...this.#waiting]) reject(error);
    this.#waiting.clear();
  }

  during<T>(work: Promise<T>): Promise<T> {
    if (this.error) {
      work.catch(() => undefined);
      return Promise.reject(this.error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const forget = () => this.#waiting.delete(reject);
      work.then(
        (value) => (forget(), resolve(value)),
        (error: unknown) => (forget(), reject(error as Error)),
      );
    });
  }
}

export interface Opened {
  process: KeeperProcess;
  armed: boolean;
  claimed: boolean;
}

export class SimServer implements Machine {
  readonly engine: SimEngine;
  readonly files = new Map<string, string>();
  readonly journal: JournalEntry[] = [];
  readonly interpreter: Interpreter;
  readonly scheduler: Scheduler;
  armed: string | undefined;
  epoch = 0;
  holder: KeeperProcess | undefined;
  /** Told of every line of the journal. */
  onJournal: (entry: JournalEntry) => void = () => undefined;
  /** Told of what must never be. */
  violation: (what: string) => void = () => undefined;
  #changing: KeeperProcess | undefined;
  #nonces = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.engine = new SimEngine(scheduler);
    this.interpreter = new Interpreter(this);
  }

  async open(request: KeeperRequest, gone: () => boolean): Promise<Opened> {
    const { holder } = this;
    if (request.claim !== undefined && holder?.nonce === request.claim && holder.claim())
      return { process: holder, armed: this.armed !== undefined, claimed: true };
    const process = new KeeperProcess(this, request, `nonce${String((this.#nonces += 1))}`);
    for (let waited = 0; ; waited += 1) {
      // Its input ended while it waited: it leaves.
      if (gone()) return never();
      if (this.holder === undefined) break;
      if (waited >= request.wait && waited >= 2)
        throw new AutopilotError('SERVER_LOCKED', { what: `locked by ${this.holder.request.pipelineId}` });
      await this.scheduler.sleep(1000);
    }
    this.holder = process;
    this.epoch += 1;
    process.epoch = this.epoch;
    process.journal('opened', {});
    return { process, armed: this.armed !== undefined, claimed: false };
  }

  /** Invariant 1: whoever changes something is the only one who does. */
  enter(process: KeeperProcess): void {
    if (this.#changing) this.violation('1: two processes change the server at a time');
    if (this.holder !== process) this.violation('1: a process without the lock changes the server');
    this.#changing = process;
  }

  leave(process: KeeperProcess): void {
    if (this.#changing === process) this.#changing = undefined;
  }

  reboot(): void {
    this.holder?.vanish();
    this.holder = undefined;
    this.#changing = undefined;
    this.engine.reboot();
  }
}

const lost = (how: string) =>
  new AutopilotError('SSH_CONNECT', { what: `The keeper on the server was lost: ${how}.` });

export class KeeperProcess {
  mode: 'open' | 'detached' | 'reverting' | 'gone' = 'open';
  epoch = 0;
  readonly nonce: string;
  readonly request: KeeperRequest;
  /** Broken when it ends, for whoever talks to it. */
  session = new Breakable();
  readonly #server: SimServer;
  #command: { client: Client; done: Promise<CommandResult> } | undefined;
  #silence = 0;

  constructor(server: SimServer, request: KeeperRequest, nonce: string) {
    this.#server = server;
    this.request = request;
    this.nonce = nonce;
  }

  journal(event: string, data: Record<string, unknown>): void {
    const entry: JournalEntry = {
      at: new Date(this.#server.scheduler.now).toISOString(),
      epoch: this.epoch,
      pipelineId: this.request.pipelineId,
      event,
      data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>,
    };
    this.#server.journal.push(entry);
    this.#server.onJournal(entry);
  }

  /** True when it was detached and is taken over now. */
  claim(): boolean {
    if (this.mode !== 'detached') return false;
    this.mode = 'open';
    this.#silence += 1;
    this.session = new Breakable();
    this.journal('claimed', {});
    return true;
  }

  async change(command: Command): Promise<CommandResult> {
    if (this.mode !== 'open') return never();
    if (this.#command) throw new AutopilotError('SERVER_COMMAND', { what: 'another command runs' });
    this.journal('command_started', { title: command.title });
    const client = new Client();
    this.#server.enter(this);
    const timer =
      command.timeout === undefined
        ? undefined
        : this.#server.scheduler.after(command.timeout, () => kill(client));
    const done = this.#server.interpreter.run(command, client);
    this.#command = { client, done };
    const result = await done;
    timer?.cancel();
    this.#server.leave(this);
    this.#command = undefined;
    if (this.mode !== 'open') return never();
    this.journal('command_ended', { code: result.code });
    return client.killed ? { ...result, code: 124 } : result;
  }

  async record(event: string, data: Record<string, unknown>): Promise<void> {
    if (this.mode !== 'open') return never();
    this.journal(event, data);
  }

  async arm(script: string): Promise<void> {
    if (this.mode !== 'open') return never();
    this.#server.armed = script;
    this.journal('armed', {});
  }

  async disarm(): Promise<void> {
    if (this.mode !== 'open') return never();
    this.#server.armed = undefined;
    this.journal('disarmed', {});
  }

  async detach(seconds: number): Promise<void> {
    if (this.mode !== 'open') return never();
    this.mode = 'detached';
    this.journal('detached', { seconds });
    const turn = (this.#silence += 1);
    this.#server.scheduler.after(seconds * 1000, () => {
      if (this.#silence === turn) void this.lost('detached');
    });
  }

  async close(): Promise<void> {
    if (this.mode !== 'open') return never();
    if (this.#server.armed !== undefined)
      throw new AutopilotError('SERVER_COMMAND', { what: 'The server refused: still armed.' });
    this.journal('closed', {});
    this.#leave();
  }

  /** The runner's side is not heard any more from now on. */
  unheard(): void {
    const turn = (this.#silence += 1);
    this.#server.scheduler.after(this.request.heartbeat * 1000, () => {
      if (this.#silence === turn && this.mode === 'open') void this.lost('silence');
    });
  }

  heard(): void {
    if (this.mode === 'open') this.#silence += 1;
  }

  async lost(reason: string): Promise<void> {
    if (this.mode === 'gone' || this.mode === 'reverting') return;
    if (reason === 'eof' && this.mode === 'detached') return;
    this.mode = 'reverting';
    if (this.#command) {
      if (reason === 'unlocked') kill(this.#command.client);
      await this.#command.done;
      if (this.#gone()) return;
      this.journal('command_ended', {});
    }
    if (this.#server.armed === undefined) this.journal('runner_lost', { reason });
    else await this.#revert(reason);
    this.#leave();
  }

  /** The machine went down. */
  vanish(): void {
    if (this.#command) kill(this.#command.client);
    this.mode = 'gone';
    this.session.break(lost('the server went down'));
  }

  async #revert(reason: string): Promise<void> {
    this.journal('auto_revert_started', { reason });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      this.#server.enter(this);
      const code = await runArmed(this.#server.armed ?? '', this.#server).catch((error: unknown) => {
        this.#server.violation(`the model failed: ${String(error)}`);
        return 1;
      });
      if (this.#gone()) return;
      this.#server.leave(this);
      if (code === 0) {
        this.#server.armed = undefined;
        this.journal('auto_reverted', { reason, attempt });
        return;
      }
      await this.#server.scheduler.sleep(5000);
    }
    this.journal('auto_revert_failed', { reason });
  }

  #gone(): boolean {
    return this.mode === 'gone';
  }

  #leave(): void {
    if (this.#gone()) return;
    this.mode = 'gone';
    if (this.#server.holder === this) this.#server.holder = undefined;
    this.session.break(lost('its connection ended'));
  }
}
