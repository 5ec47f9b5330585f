import type { Log, RunProgram } from '../effects.ts';
import type { BuildFailure } from './failure.ts';

/**
 * Pushes an image below `registry` (`ghcr.io/me`). Logging in is the workflow's, before this action.
 * @returns where it can be pulled, by digest; or the failing step, as a build does
 */
export async function push(
  reference: string,
  registry: string,
  { run, log, signal }: { run: RunProgram; log: Log; signal?: AbortSignal },
): Promise<{ digest: string } | BuildFailure> {
  const remote = `${registry.replace(/\/+$/, '')}/${reference}`;
  const repository = remote.slice(0, remote.lastIndexOf(':'));
  const options = signal === undefined ? {} : { signal };
  const tagged = await run(['docker', 'tag', reference, remote], options);
  if (tagged.code !== 0) return { step: `docker tag ${remote}`, tail: tagged.stderr };
  const pushed = await run(['docker', 'push', '--quiet', remote], options);
  if (pushed.code !== 0)
    return { step: `docker push ${remote}`, tail: (pushed.stderr || pushed.stdout).trim() };
  const inspected = await run(
    ['docker', 'image', 'inspect', '--format', '{{range .RepoDigests}}{{println .}}{{end}}', remote],
    options,
  );
  const digest = inspected.stdout.split('\n').find((line) => line.startsWith(`${repository}@sha256:`));
  if (digest === undefined)
    return { step: `digest of ${remote}`, tail: inspected.stderr || 'the engine does not know it' };
  log.info(`Pushed ${digest}`);
  return { digest };
}
