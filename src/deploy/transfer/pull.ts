import { Readable } from 'node:stream';
import { AutopilotError } from '../../errors.ts';
import { duration } from '../../report/format.ts';
import type { Command, CommandResult, Image, Target } from '../../server/target.ts';
import { proveImage } from '../commands.ts';
import { mayPass } from './attempt.ts';
import type { Route } from './route.ts';
import { otherImage, PAUSES, stillConnected } from './send.ts';

/** Milliseconds for one image, as `build.timeout` has it by default. */
const PULL_LIMIT = 30 * 60_000;
/** Milliseconds for what only moves names. */
const LIMIT = 60_000;

/**
 * From a registry, by digest, so that it is the very image that was built whatever its tag says by now. Tried again, with
 * the pauses of a transfer over SSH, when that may help. `held` is what the server has under `reference`: anything else
 * than this image refuses it (rule B2).
 */
export async function pullThere(
  reference: string,
  digest: string,
  held: Image | undefined,
  route: Route,
): Promise<void> {
  const { target } = route;
  const docker = (title: string, args: readonly string[], timeout = LIMIT): Command => ({
    title,
    argv: ['docker', ...args],
    timeout,
  });
  await pull(docker(`pull ${digest}`, ['pull', '--quiet', digest], PULL_LIMIT), reference, route);
  try {
    // One store, so that one id means one image.
    if (held !== undefined && held.id !== (await target.engine.image(digest))?.id)
      throw otherImage(reference, target);
    await must(docker(`tag ${reference}`, ['tag', digest, reference]), target);
    await must(proveImage(reference), target);
  } finally {
    // Under this name as well, it would stay when the release is retired.
    await target.query(docker(`untag ${digest}`, ['image', 'rm', '--no-prune', digest]));
  }
}

async function pull(command: Command, reference: string, { target, effects }: Route): Promise<void> {
  const { clock, log, signal } = effects;
  for (let tries = 0; ; tries += 1) {
    // As a stream without content, because only that can be cancelled.
    const [outcome] = await Promise.allSettled([target.pipe(command, Readable.from([]), signal)]);
    signal?.throwIfAborted();
    if (outcome.status === 'fulfilled' && outcome.value.code === 0) return;
    const detail = outcome.status === 'fulfilled' ? wordsOf(outcome.value) : String(outcome.reason);
    const pause = PAUSES[tries];
    if (pause === undefined || !mayPass(outcome, detail)) throw pullFailed(command, target, detail);
    await stillConnected(reference, target, detail);
    log.warning(`${reference}: the pull broke off (${detail}); again in ${duration(pause)}`);
    await clock.sleep(pause, signal);
  }
}

async function must(command: Command, target: Target): Promise<void> {
  const done = await target.query(command);
  if (done.code !== 0) throw pullFailed(command, target, wordsOf(done));
}

const wordsOf = ({ stdout, stderr, code }: CommandResult): string =>
  (stderr || stdout).trim() || `it ended with exit code ${code}`;

const pullFailed = (command: Command, target: Target, why: string) =>
  new AutopilotError('TRANSFER_FAILED', {
    what: `${target.name} could not ${command.title}`,
    why,
    fix: 'Check that the server reaches the registry and is logged in to it (once, `docker login` as the user of the deployment), or leave `build.registry` out.',
  });
