import { NO_OUTPUTS, type Outputs } from '../action/outputs.ts';
import type { Step } from '../step.ts';
import { type PipelineContext, tagOf } from '../pipeline/context.ts';
import { ownReleases } from '../pipeline/own-releases.ts';
import { statusPage } from '../report/status-page.ts';
import { statusText } from '../report/status-text.ts';
import { appendSummary } from '../report/write-summary.ts';

/** `stage: status`: what runs, the last runs and the lock, in log and summary. Reads only. */
export async function statusCommand(
  { secrets, log }: Step,
  { store, config, targetName: target }: PipelineContext,
): Promise<Outputs> {
  const { file, registry } = await store.read();
  log.info(statusText(file, registry));
  await appendSummary(secrets.redact(statusPage(file, registry)));
  // A service that left the configuration keeps running.
  const whose = { project: config.project.name, target, services: Object.keys(registry.services) };
  const own = ownReleases(registry, whose);
  const deployed = Object.entries(own.services).flatMap(([name, { current }]) =>
    current ? [[name, tagOf(current)] as const] : [],
  );
  return {
    ...NO_OUTPUTS,
    'pipeline-id': file.current ?? '',
    status: 'success',
    deployed: Object.fromEntries(deployed),
    locked: file.lock?.locked === true,
  };
}
