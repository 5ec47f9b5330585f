/**
 * The judge of issue 3's proof: after a fault, and at most one more run, one version serves everywhere, every run is
 * recorded once with its end, and nothing is left over. It asks the engine, the users' side and the state branch, never
 * the code under test. Its findings are sentences; none means that all is well.
 */
import { until } from '../../../lab/process.ts';
import type { World } from '../../../lab/world.ts';
import { recordOf, registryOf } from '../quick-world.ts';
import { leftovers, type Suspects } from './leftovers.ts';

/** Milliseconds after a fault within which everything has to be well again. */
export const PATIENCE = 120_000;
/** Milliseconds until the last processes of a run that has just ended are gone. */
const GOING = 15_000;

/** What users of both services are given, when it is one version; else undefined, and `said` gets what it is instead. */
export async function servedVersion(world: World, said: (what: string) => void = () => undefined) {
  try {
    const [frontend, backend] = await Promise.all([world.version('frontend'), world.version('backend')]);
    if (frontend === backend) return frontend;
    said(`frontend ${frontend} with backend ${backend}`);
  } catch (error) {
    said(String(error));
  }
  return undefined;
}

/** Resolves with milliseconds as soon as one of these versions serves everywhere; an Error after two minutes. */
export async function untilServed(world: World, versions: readonly string[]): Promise<number> {
  const started = performance.now();
  let last = '';
  await until(
    () => `none of ${versions.join(', ')} serves, but ${last}`,
    async () => {
      const version = await servedVersion(world, (what) => (last = what));
      if (version !== undefined) last = version;
      return versions.includes(version ?? '');
    },
    { timeout: PATIENCE, every: 100 },
  );
  return performance.now() - started;
}

export interface Expected {
  /** Versions of which one has to serve. */
  versions: readonly string[];
  /** Ids of runs that were seen in the record while they were under way. */
  begun: readonly string[];
  suspects: Suspects;
}

/** Everything that is not as it should be; processes of a run that has just ended get a moment to go. */
export async function judge(world: World, expected: Expected): Promise<string[]> {
  let found: string[] = [];
  const clean = async () => {
    const parts = [
      services(world, expected.versions),
      recorded(world, expected.begun),
      leftovers(world, expected.suspects),
    ];
    found = (await Promise.all(parts)).flat();
    return found.length === 0;
  };
  await until('', clean, { timeout: GOING, every: 1_000 }).catch(() => undefined);
  return found;
}

/** DESIGN, invariant 2: one container for each service, all of one release, as the compose file says, and it answers. */
export async function services(world: World, versions: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const version = await servedVersion(world, (what) => found.push(`not one version serves: ${what}`));
  if (version !== undefined && !versions.includes(version))
    found.push(`${version} serves, not ${versions.join(' or ')}`);
  const running = await world.running();
  const tags = new Set<string>();
  const file = (await world.server.exec('cat /srv/shop/docker-compose.prod.yml')).stdout;
  for (const service of ['frontend', 'backend']) {
    const ids = running[service] ?? [];
    if (ids.length !== 1) found.push(`${service} has ${String(ids.length)} running containers`);
    for (const id of ids) {
      const { reference, current } = await imageOf(world, id);
      if (!new RegExp(`image: ${reference}\\s`).test(file))
        found.push(`the compose file does not name ${reference}`);
      if (!current) found.push(`${reference} is not the image that ${service} runs`);
      tags.add(reference.replace(/^.*:/, ''));
    }
  }
  if (tags.size > 1) found.push(`mixed releases run: ${[...tags].join(', ')}`);
  return found;
}

async function imageOf(world: World, id: string): Promise<{ reference: string; current: boolean }> {
  const { stdout } = await world.server.exec(
    `set -- $(docker inspect --format '{{.Config.Image}} {{.Image}}' ${id}); echo "$1 $2 $(docker image inspect --format '{{.Id}}' "$1")"`,
  );
  const [reference = '', runs, named] = stdout.trim().split(' ');
  return { reference, current: runs !== undefined && runs === named };
}

/** DESIGN, invariant 5, and 4's register: what the state branch says about runs is final and fits what runs. */
async function recorded(world: World, begun: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const { pipelines, stats, lock } = await recordOf(world);
  const ids = pipelines.map((one) => one.pipeline_id);
  for (const id of begun) {
    const times = ids.filter((one) => one === id).length;
    if (times !== 1) found.push(`run ${id} is recorded ${String(times)} times`);
  }
  if (new Set(ids).size !== ids.length) found.push('a run is recorded twice');
  for (const { pipeline_id: id, status, finished_at: end } of pipelines)
    if (status === 'running' || end === null) found.push(`run ${id} has no end in the record (${status})`);
  // Rollbacks by a person are never counted (rule V4).
  const counted = pipelines.filter((one) => one.kind === undefined);
  const count = (status: string) => counted.filter((one) => one.status === status).length;
  if (stats.success_count !== count('success') || stats.failure_count !== count('failed'))
    found.push('the statistics do not fit the runs');
  if (lock !== null) found.push(`the pipeline is locked: ${lock.reason}`);
  const registry = await registryOf(world);
  const running = await world.running();
  for (const [service, { current }] of Object.entries(registry.services)) {
    const [id] = running[service] ?? [];
    const reference = id === undefined ? 'nothing' : (await imageOf(world, id)).reference;
    // The register names images by their tags.
    if (current === null || !reference.endsWith(current))
      found.push(`the rollback registry says ${String(current)} for ${service}, which runs ${reference}`);
  }
  return found;
}
