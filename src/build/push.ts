import type { Log, RunProgram } from '../effects.ts';
import type { BuildFailure } from './failure.ts';
import { hostOf, remoteName } from './registry-tag.ts';

/** The engines' and the registries' words for an account that is missing or may not do this. */
const REFUSED = /no basic auth credentials|unauthorized|authentication required|denied|forbidden|401|403/i;

/**
 * Pushes an image below `registry` (`ghcr.io/me`). Logging in is the workflow's, before this action. The engine keeps the
 * image under its own name only: under the registry's as well, nobody would ever remove it.
 * @returns where it can be pulled, by digest; or the failing step, as a build does
 */
export async function push(
  reference: string,
  registry: string,
  { run, log, timeout, signal }: { run: RunProgram; log: Log; timeout: number; signal?: AbortSignal },
): Promise<{ digest: string } | BuildFailure> {
  const remote = remoteName(registry, reference);
  const repository = remote.slice(0, remote.lastIndexOf(':'));
  const options = { timeout, ...(signal === undefined ? {} : { signal }) };
  const tagged = await run(['docker', 'tag', reference, remote], options);
  if (tagged.code !== 0) return { step: `docker tag ${remote}`, tail: tagged.stderr };
  const pushed = await run(['docker', 'push', remote], options);
  // Its last line; what the engine says of an image may be the digest of an earlier push, or under a shorter name.
  const digest = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(pushed.stdout)?.[1];
  const there = digest === undefined ? [] : [`${repository}@${digest}`];
  await run(['docker', 'image', 'rm', '--no-prune', remote, ...there], options);
  if (pushed.code !== 0 || pushed.timedOut || digest === undefined) {
    const tail = (pushed.stderr || pushed.stdout).trim();
    const limit = `time limit of ${Math.round(timeout / 1000)} s reached at `;
    return {
      step: `${pushed.timedOut ? limit : ''}docker push ${remote}`,
      tail,
      fix: advice(registry, repository, tail),
    };
  }
  log.info(`Pushed ${repository}@${digest}`);
  return { digest: `${repository}@${digest}` };
}

function advice(registry: string, repository: string, words: string): string {
  const host = hostOf(registry);
  if (!REFUSED.test(words)) return `Check that ${host ?? 'Docker Hub'} answers from this runner.`;
  const command = host === undefined ? 'docker login' : `docker login ${host}`;
  return `Log the runner in before this step (docker/login-action, or \`${command}\`), with an account that may push to ${repository}.`;
}
