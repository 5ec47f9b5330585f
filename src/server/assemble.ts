import type { Duplex } from 'node:stream';
import { AutopilotError } from '../errors.ts';
import type { Log } from '../effects.ts';
import { createEngine } from './engine.ts';
import { lockHolder, openKeeper, unlock } from './keeper.ts';
import { probe, type Connect } from './probe.ts';
import { runCommand } from './run.ts';
import type { StartShell } from './session.ts';
import type { Command, Target } from './target.ts';

/** What differs between a server over SSH and this machine. */
export interface TargetParts {
  name: string;
  /** `deploy.path`; the keeper's state goes below it. */
  path: string;
  log: Log;
  start: StartShell;
  /** TCP from the target's side. */
  connect: Connect;
  /** To the Engine API. */
  connectEngine(): Promise<Duplex>;
  close(): Promise<void>;
}

/** A target from its parts: everything that does not care how the server is reached. */
export function assembleTarget(parts: TargetParts): Target {
  const directory = `${parts.path.replace(/\/+$/, '')}/.gonsautopilot`;
  const query = (command: Command) => runCommand(parts.start, command);
  const { engine, close } = createEngine({ connect: parts.connectEngine, query });
  return {
    name: parts.name,
    engine,
    query,
    pipe: (command, source, signal) => runCommand(parts.start, command, source, signal),
    async readFile(path) {
      const result = await query({
        title: `read ${path}`,
        argv: ['sh', '-c', '[ -e "$1" ] || [ -L "$1" ] || exit 44; exec cat <"$1"', 'sh', path],
      });
      if (result.code === 44) return undefined;
      if (result.code !== 0) throw commandError(parts.name, `read ${path}`, result.stderr);
      return result.stdout;
    },
    http: (url, options) => probe(parts.connect, url, options),
    async freeDisk(path) {
      const result = await query({ title: `free disk of ${path}`, argv: ['df', '-Pk', '--', path] });
      const free = /^\S.*\s(-?\d+)\s+\d+%\s/m.exec(result.stdout.split('\n').slice(1).join('\n'))?.[1];
      if (result.code !== 0 || free === undefined)
        throw commandError(parts.name, `tell the free disk of ${path}`, result.stderr);
      return Math.max(0, Number(free)) * 1024;
    },
    openKeeper: (request) => openKeeper({ start: parts.start, directory, log: parts.log }, request),
    lockHolder: () => lockHolder(query, directory),
    async unlock(nonce) {
      if (await unlock(query, directory, nonce)) return;
      throw new AutopilotError('SERVER_LOCKED', {
        what: 'The lock of the server was not freed.',
        why: 'The nonce is not the one of the holder, or the holder did not end within 15 s.',
        fix: 'Use the nonce that the error of the waiting deployment shows.',
      });
    },
    async close() {
      close();
      await parts.close();
    },
  };
}

function commandError(name: string, what: string, why: string): AutopilotError {
  return new AutopilotError('SERVER_COMMAND', {
    what: `${name} could not ${what}.`,
    why: why.trim(),
    fix: 'Check that the path exists and that the user of `deploy.target` may read it.',
  });
}
