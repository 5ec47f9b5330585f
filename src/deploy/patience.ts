import { AutopilotError } from '../errors.ts';
import type { ReleaseEffects } from './effects.ts';

/** Milliseconds that an engine gets to answer again while something is put back. */
const ENGINE_PATIENCE = 60_000;
/** What a command and a question to the engine (SERVER_COMMAND, SERVER_DOCKER) say of one that is not there. */
const ENGINE_AWAY =
  /Cannot connect to the Docker daemon|error during connect|raw stream connection|ECONNREFUSED|ECONNRESET|connection reset|socket hang up/i;

/**
 * An engine that is being restarted, by an update in the night, is the reason of many a failure and answers again soon: a
 * step that met it is taken again, until a minute after the undoing began. Each step can be taken twice.
 */
export function patientWith({ clock, log, target }: ReleaseEffects) {
  const until = clock.now().getTime() + ENGINE_PATIENCE;
  let said = false;
  return async <Result>(body: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await body();
      } catch (error) {
        if (!isEngineAway(error) || clock.now().getTime() >= until) throw error;
        if (!said) log.info(`The engine on ${target.name} does not answer; waiting for it: ${String(error)}`);
        said = true;
        await clock.sleep(1_000);
      }
    }
  };
}

/** Not the app that is not healthy: its probe may have been refused as well, and waiting for the engine would not help. */
const isEngineAway = (error: unknown): boolean =>
  error instanceof AutopilotError &&
  (error.code === 'SERVER_COMMAND' || error.code === 'SERVER_DOCKER') &&
  ENGINE_AWAY.test(String(error));
