/** Worlds whose releases are short, and what is recorded in them; also for programs that are no tests. */
import type { World, WorldOptions } from '../../lab/world.ts';
import { startWorld } from '../../lab/world.ts';
import { PipelineFile, type PipelineRun, RollbackRegistry } from '../../src/state/schema.ts';

/** What tests of other things than these leave out, because it takes its time. */
export const QUICK = {
  'verify.watchdog.duration': 0,
  'test.e2e.enabled': false,
  'test.performance.enabled': false,
  'deploy.health_check.timeout': 8,
};
/** No suite of the shop at all: for tests about what comes after TEST. */
export const QUICKEST = { ...QUICK, 'test.unit': { enabled: false }, 'test.security.enabled': false };

export function quickWorld(options: WorldOptions & { suites?: 'none' } = {}): Promise<World> {
  const { suites, config, ...rest } = options;
  return startWorld({ ...rest, config: { ...(suites === 'none' ? QUICKEST : QUICK), ...config } });
}

/** Rule S1: the record, which every reader of it must be able to parse. */
export async function recordOf(world: World): Promise<PipelineFile> {
  return PipelineFile.parse((await world.state('state/pipeline.json')) ?? emptyRecord());
}

export async function registryOf(world: World): Promise<RollbackRegistry> {
  return RollbackRegistry.parse(await world.state('state/rollback-registry.json'));
}

export async function lastRun(world: World): Promise<PipelineRun> {
  const run = (await recordOf(world)).pipelines.at(-1);
  if (run === undefined) throw new Error('no run is recorded');
  return run;
}

function emptyRecord() {
  return {
    pipelines: [],
    current: null,
    stats: { total_runs: 0, success_count: 0, failure_count: 0, consecutive_failures: 0 },
  };
}
