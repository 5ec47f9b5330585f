import { randomBytes } from 'node:crypto';
import { AutopilotError } from '../errors.ts';
import type { Log } from '../effects.ts';
import { KeeperChannel } from './keeper-channel.ts';
import { KEEPER_SCRIPT } from './keeper-script.ts';
import type { StartShell } from './session.ts';
import { argvText, commandText, quote } from './shell.ts';
import type { Command, CommandResult, JournalEntry, Keeper, KeeperRequest, LockHolder } from './target.ts';

/** The runner's side of the keeper; where the script ends and the protocol begins. */
const END = '#end of the keeper';

/** Event that a caller records when nothing before it needs settling any more; rotation may drop what is older. */
export const SETTLED = 'settled';

export interface KeeperPlace {
  start: StartShell;
  /** Absolute directory on the server: `<deploy.path>/.gonsautopilot`. */
  directory: string;
  log: Log;
}

/** sh that reads the script from its standard input up to a mark and becomes it; the rest of the input is the protocol. */
function bootstrap(): string {
  return [
    `script=`,
    `while IFS= read -r line; do`,
    `  if [ "$line" = ${quote(END)} ]; then eval "$script"; exit; fi`,
    `  script=$script$line`,
    `  script="$script`,
    `"`,
    `done`,
    `exit 1`,
  ].join('\n');
}

/** Opens a keeper, or takes a detached one over. Errors: SERVER_LOCKED, SERVER_COMMAND, SSH_CONNECT. */
export async function openKeeper(place: KeeperPlace, request: KeeperRequest): Promise<Keeper> {
  const nonce = randomBytes(16).toString('hex');
  const session = randomBytes(4).toString('hex');
  const holder: LockHolder = {
    pipelineId: request.pipelineId,
    runUrl: request.runUrl,
    actor: request.actor,
    since: new Date().toISOString(),
    nonce,
  };
  const claim = request.claim ?? '';
  if (!/^[0-9a-f]*$/.test(claim)) {
    throw new AutopilotError('INPUT_INVALID', { what: 'The nonce to claim is not a hexadecimal number.' });
  }
  if (/[\n\0]/.test(place.directory)) {
    throw new AutopilotError('CONFIG_INVALID', { what: '`deploy.path` holds a line break.' });
  }
  const channel = new KeeperChannel(await place.start(bootstrap()), request, place.log);
  channel.write(
    `${KEEPER_SCRIPT}\n${END}\n` +
      [
        place.directory,
        nonce,
        session,
        Math.max(3, Math.round(request.heartbeat)),
        Math.ceil(request.wait),
        claim,
        JSON.stringify(holder),
        JSON.stringify(request.pipelineId),
      ].join('\n') +
      '\n',
  );
  const opened = await channel.opened(request.wait);
  const inherited = opened.armed
    ? {
        script: await show(channel, session, 'armed'),
        journal: parseJournal(await show(channel, session, 'journal')),
      }
    : undefined;
  return keeperOf(channel, session, opened, opened.claimed ? claim : nonce, inherited);
}

async function show(channel: KeeperChannel, session: string, file: 'armed' | 'journal'): Promise<string> {
  return (await channel.request((id) => `show ${id} ${file}`, session)).stdout;
}

/** Lines that are no whole JSON entry (a crash tore them) are left out. */
export function parseJournal(text: string): JournalEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const entry = JSON.parse(line) as JournalEntry | null;
      return typeof entry === 'object' && entry !== null && typeof entry.event === 'string' ? [entry] : [];
    } catch {
      return [];
    }
  });
}

function keeperOf(
  channel: KeeperChannel,
  session: string,
  opened: { epoch: number; claimed: boolean },
  nonce: string,
  inherited: Keeper['inherited'],
): Keeper {
  return {
    epoch: opened.epoch,
    nonce,
    claimed: opened.claimed,
    inherited,
    async change(command: Command, onLine?: (line: string) => void): Promise<CommandResult> {
      const what = { title: command.title, command: argvText(command.argv).slice(0, 2000) };
      const seconds = command.timeout === undefined ? 0 : Math.max(1, Math.ceil(command.timeout / 1000));
      return channel.request(
        (id) =>
          `${put(id, commandText(command))}${put(`data.${id}`, JSON.stringify({ id, ...what }))}run ${id} ${seconds}`,
        session,
        onLine,
      );
    },
    async record(event, data) {
      if (!/^[A-Za-z0-9_.-]{1,64}$/.test(event)) {
        throw new AutopilotError('INTERNAL', {
          what: `${JSON.stringify(event)} is not a name for a journal event.`,
        });
      }
      await channel.request((id) => `${put(id, JSON.stringify(data))}record ${id} ${event}`, session);
    },
    async journal() {
      return parseJournal(await show(channel, session, 'journal'));
    },
    async arm(script) {
      quote(script); // Refuses what a shell's file cannot carry.
      await channel.request((id) => `${put(id, script)}arm ${id}`, session);
    },
    async disarm() {
      await channel.request((id) => `disarm ${id}`, session);
    },
    async detach(seconds) {
      await channel.request((id) => `detach ${id} ${Math.max(1, Math.ceil(seconds))}`, session);
      channel.abandon();
      return { nonce };
    },
    async close() {
      await channel.request((id) => `close ${id}`, session);
      await channel.leave();
    },
  };
}

/** A body as lines, announced by their number; the keeper gives it its name only when all have come. */
function put(name: string, text: string): string {
  return `put ${name} ${text.split('\n').length}\n${text}\n`;
}

/** Who holds the lock now; undefined when nobody does. */
export async function lockHolder(
  query: (command: Command) => Promise<CommandResult>,
  directory: string,
): Promise<LockHolder | undefined> {
  const script =
    'if command -v flock >/dev/null; then [ -e "$1/lock" ] || exit 3; if flock -n "$1/lock" true; then exit 3; fi; ' +
    'else [ -d "$1/lock.d" ] || exit 3; fi; sed -n 3p "$1/holder"';
  const result = await query({ title: 'read the lock holder', argv: ['sh', '-c', script, 'sh', directory] });
  if (result.code !== 0) return undefined;
  try {
    return JSON.parse(result.stdout) as LockHolder;
  } catch {
    return undefined;
  }
}

/**
 * Makes the holder with this nonce give up: it stops its command, runs what is armed, and lets the lock go. Resolves to
 * false when no keeper with that nonce holds the lock, or it does not answer within 15 s.
 */
export async function unlock(
  query: (command: Command) => Promise<CommandResult>,
  directory: string,
  nonce: string,
): Promise<boolean> {
  const script =
    '[ "$(sed -n 1p "$1/holder")" = "$2" ] || exit 3; run=$(sed -n 2p "$1/holder"); [ -p "$run/in" ] || exit 3; ' +
    'printf "unlock %s\\n" "$2" 1<>"$run/in"; i=0; while [ -p "$run/in" ]; do i=$((i+1)); [ $i -lt 15 ] || exit 4; sleep 1; done';
  return (await query({ title: 'unlock', argv: ['sh', '-c', script, 'sh', directory, nonce] })).code === 0;
}
