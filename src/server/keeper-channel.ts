import { AutopilotError } from '../errors.ts';
import type { Log } from '../effects.ts';
import { eachLine } from './lines.ts';
import type { Session } from './session.ts';
import type { CommandResult, KeeperRequest, LockHolder } from './target.ts';

interface Pending {
  stdout: string[];
  stderr: string[];
  /** What came of a line that is not whole yet, by stream. */
  partial: { O: string; E: string };
  onLine: ((line: string) => void) | undefined;
  resolve(result: CommandResult): void;
  reject(error: unknown): void;
}

interface Opened {
  epoch: number;
  armed: boolean;
  claimed: boolean;
}

/** The lines between the runner and the keeper: heartbeat, one request at a time, its answer. */
export class KeeperChannel {
  readonly #session: Session;
  readonly #log: Log;
  readonly #request: KeeperRequest;
  readonly #pending = new Map<string, Pending>();
  readonly #beat: NodeJS.Timeout;
  #queue: Promise<unknown> = Promise.resolve();
  #count = 0;
  #lastHeard = Date.now();
  #failure: unknown;
  #leaving = false;
  #waiter: { resolve(opened: Opened): void; reject(error: unknown): void } | undefined;

  constructor(session: Session, request: KeeperRequest, log: Log) {
    this.#session = session;
    this.#request = request;
    this.#log = log;
    session.stdin.on('error', () => undefined);
    eachLine(session.stdout, (line) => this.#hear(line));
    eachLine(session.stderr, (line) => log.debug(`keeper: ${line}`));
    this.#beat = setInterval(() => this.#tick(), (Math.max(3, request.heartbeat) * 1000) / 4);
    void session.ended.then(() => {
      if (!this.#leaving) this.#fail(lostKeeper('its connection ended'));
      clearInterval(this.#beat);
    });
  }

  write(text: string): void {
    this.#session.stdin.write(text);
  }

  /** Waits until the keeper has the lock. Seconds. */
  opened(wait: number): Promise<Opened> {
    const { promise, resolve, reject } = Promise.withResolvers<Opened>();
    this.#waiter = { resolve, reject };
    if (this.#failure) reject(this.#failure);
    const limit = setTimeout(() => this.#fail(lostKeeper('it did not start')), (wait + 60) * 1000);
    return promise.finally(() => clearTimeout(limit));
  }

  /** One after the other: the keeper runs one command at a time anyway. */
  request(
    lines: (id: string) => string,
    session: string,
    onLine?: (line: string) => void,
  ): Promise<CommandResult> {
    const next = this.#queue.then(() => this.#ask(lines, session, onLine));
    this.#queue = next.catch(() => undefined);
    return next;
  }

  #ask(
    lines: (id: string) => string,
    session: string,
    onLine?: (line: string) => void,
  ): Promise<CommandResult> {
    if (this.#failure) return Promise.reject(this.#failure as Error);
    const id = `${session}.${++this.#count}`;
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
    this.#pending.set(id, { stdout: [], stderr: [], partial: { O: '', E: '' }, onLine, resolve, reject });
    this.write(`${lines(id)}\n`);
    return promise.finally(() => this.#pending.delete(id));
  }

  /** After `close`: waits for the keeper to end. */
  async leave(): Promise<void> {
    this.#stop();
    const patience = setTimeout(() => this.#session.abandon(), 5000);
    await this.#session.ended;
    clearTimeout(patience);
  }

  /** After `detach`: the keeper stays, this side goes. */
  abandon(): void {
    this.#stop();
    this.#session.abandon();
  }

  #stop(): void {
    this.#leaving = true;
    this.#failure = new AutopilotError('INTERNAL', { what: 'This keeper was closed or detached already.' });
    clearInterval(this.#beat);
    this.#session.stdin.end();
  }

  #tick(): void {
    this.write('beat\n');
    // Half-open: we send, nobody answers. The server has noticed by now and reverts.
    if (Date.now() - this.#lastHeard > 2 * this.#request.heartbeat * 1000 + 10_000) {
      this.#fail(lostKeeper('it does not answer any more'));
      this.#session.abandon();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    clearInterval(this.#beat);
    this.#waiter?.reject(this.#failure);
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
  }

  #hear(line: string): void {
    this.#lastHeard = Date.now();
    const [verb = '', id = ''] = line.split(' ', 2);
    const rest = line.slice(verb.length + id.length + 2);
    const pending = this.#pending.get(id);
    switch (verb) {
      case 'beat':
        return;
      case 'O':
      case 'E':
      case 'O-':
      case 'E-':
        if (pending) output(pending, verb[0] as 'O' | 'E', rest, verb.length === 1);
        return;
      case 'done':
        pending?.resolve({ code: Number(rest), stdout: text(pending.stdout), stderr: text(pending.stderr) });
        return;
      case 'ok':
        pending?.resolve({ code: 0, stdout: '', stderr: '' });
        return;
      case 'error':
        pending?.reject(
          new AutopilotError('SERVER_COMMAND', {
            what: `The server refused: ${rest}.`,
            fix: 'Look at the free disk space and the rights on `deploy.path` of the server.',
          }),
        );
        return;
      case 'open':
        this.#waiter?.resolve({
          epoch: Number(id),
          armed: rest.startsWith('inherited'),
          claimed: rest.endsWith('claimed'),
        });
        return;
      case 'waiting':
        this.#log.info(`Waiting for the server: ${holderText(parseHolder(line.slice(8)))}`);
        return;
      case 'locked':
        this.#fail(lockedError(parseHolder(line.slice(7)), this.#request.wait));
        return;
      case 'fatal':
        this.#fail(
          new AutopilotError('SERVER_COMMAND', {
            what: `The server cannot be changed: ${line.slice(6)}.`,
            fix: 'Give the user of `deploy.target` the right to write to `deploy.path`, and free disk space if it is full.',
          }),
        );
        return;
      case 'warning':
        this.#log.warning(`The server: ${line.slice(8)}.`);
        return;
      default:
        this.#log.debug(`keeper: ${line}`);
    }
  }
}

function output(pending: Pending, stream: 'O' | 'E', part: string, whole: boolean): void {
  pending.partial[stream] += part;
  if (!whole) return;
  const line = pending.partial[stream];
  pending.partial[stream] = '';
  (stream === 'O' ? pending.stdout : pending.stderr).push(line);
  pending.onLine?.(line);
}

function text(lines: string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function parseHolder(json: string): LockHolder | undefined {
  try {
    return JSON.parse(json) as LockHolder;
  } catch {
    return undefined;
  }
}

function holderText(holder: LockHolder | undefined): string {
  if (!holder) return 'another deployment holds its lock.';
  return `deployment ${holder.pipelineId} by ${holder.actor} since ${holder.since} (${holder.runUrl}).`;
}

function lockedError(holder: LockHolder | undefined, wait: number): AutopilotError {
  return new AutopilotError('SERVER_LOCKED', {
    what: `The server is locked by ${holderText(holder)}`,
    why: `It was still locked after ${wait} s (\`deploy.lock_wait\`); two deployments never change a server at a time.`,
    fix: holder
      ? `Wait for that run to end, or end it: run this action with \`stage: unlock\`, a reason and \`to: ${holder.nonce}\`.`
      : 'Wait for the other deployment to end, then run again.',
  });
}

function lostKeeper(how: string): AutopilotError {
  return new AutopilotError('SSH_CONNECT', {
    what: `The keeper on the server was lost: ${how}.`,
    why: 'Without it nothing on the server may be changed. If it was armed, the server puts the version before back by itself.',
    fix: 'Run again: the next run reads the journal of the server first and settles what it finds.',
  });
}
