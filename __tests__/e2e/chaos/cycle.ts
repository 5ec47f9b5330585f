/** One turn of the proof: a release, something that goes wrong in it, at most one more run, and the judge. */
import type { JobHandle, JobResult } from '../../../lab/runner/index.ts';
import { startTraffic, type TrafficReport } from '../../../lab/traffic.ts';
import { recordOf } from '../quick-world.ts';
import { type ChaosWorld, cleanRun, jobOf, KEEP_RELEASES } from './chaos-world.ts';
import { judge, PATIENCE, untilServed } from './judge.ts';

export interface Fault {
  /** Resolves with true when it is time, with false when the job ended before that. */
  time(job: JobHandle): Promise<boolean>;
  strike(job: JobHandle): Promise<void> | void;
  /** Before anything is judged. */
  heal?(): Promise<void>;
  /** The one more run: the same workflow run again, or one for a newer commit. */
  next: 'again' | 'newer';
  /** When it starts: as soon as one version serves, or at once, while the server is still at it. */
  start: 'served' | 'at once';
  /** Every log line of the job that is struck. */
  onLine?(line: string): void;
  /** Files of the release besides its version. */
  changes?: Record<string, string>;
}

export interface Turn {
  /** False when the job ended before it could be struck: nothing is judged then. */
  struck: boolean;
  /** The job that was struck, and the last line it wrote before that. */
  job: JobResult;
  last: string;
  /** Who brought what was left to its end. */
  settledBy: 'nobody had to' | 'the server itself' | 'the next run' | 'its own post step';
  /** Milliseconds after the fault until one version served everywhere, and until all was well. */
  served: number;
  well: number;
  /** What the judge found; empty when all is well. */
  violations: string[];
  /** What users of both services met from the beginning of the release on. */
  users: TrafficReport;
  next: JobResult | undefined;
}

let runs = 0;

export async function turn(chaos: ChaosWorld, fault: Fault): Promise<Turn> {
  const traffic = startTraffic(`http://${chaos.world.server.address}:3000/api/products`);
  try {
    const done = await played(chaos, fault);
    const users = traffic.report();
    const dark = users.gap > PATIENCE ? [`users had no answer for ${String(users.gap)} ms`] : [];
    return { ...done, violations: [...done.violations, ...dark], users };
  } finally {
    await traffic.stop();
  }
}

async function played(chaos: ChaosWorld, fault: Fault): Promise<Omit<Turn, 'users'>> {
  const { world } = chaos;
  const old = chaos.current;
  const version = await chaos.next(fault.changes);
  runs += 1;
  const run = { runId: 7_000_000_000 + runs };
  let last = '';
  const handle = await world.start({
    ...jobOf(chaos),
    ...run,
    onLine: (line) => {
      last = line;
      fault.onLine?.(line);
    },
  });
  const struck = await fault.time(handle);
  const lastLine = last;
  if (!struck) return { ...(await unstruck(chaos, handle, version)), last: lastLine };
  const keepers = await keeperFolders(chaos);
  const struckAt = performance.now();
  await fault.strike(handle);
  const since = () => performance.now() - struckAt;
  const job = await handle.result;
  await fault.heal?.();
  const begun = (await recordOf(world)).pipelines.map((one) => one.pipeline_id);

  const versions = [old, version];
  let served = 0;
  const untilOne = async () => {
    await untilServed(world, versions);
    served = since();
  };
  const silent: string[] = [];
  const serving = untilOne().catch((error: unknown) => void silent.push(String(error)));
  if (fault.start === 'served') await serving;
  if (fault.next === 'newer') versions.push(await chaos.next());
  const expected = versions.at(-1) ?? version;
  const next = await cleanRun(chaos, fault.next === 'again' ? { ...run, runAttempt: 2 } : {});
  await serving;
  chaos.current = expected;
  const found = await judge(world, {
    versions: [expected],
    begun,
    suspects: { keepReleases: KEEP_RELEASES, keepers, workspaces: [job.workspace, next.job.workspace] },
  });
  const well = since();
  const late = well > PATIENCE ? [`all was well only after ${String(Math.round(well / 1000))} s`] : [];
  await Promise.all([job.cleanup(), next.job.cleanup()]);
  const violations = [...silent, ...next.found, ...found, ...late];
  const settledBy = settler(job, next.job);
  return { struck, job, last: lastLine, settledBy, served, well, violations, next: next.job };
}

/** The release came to its end, as any other. */
async function unstruck(chaos: ChaosWorld, handle: JobHandle, version: string): Promise<Omit<Turn, 'users'>> {
  const job = await handle.result;
  await job.cleanup();
  chaos.current = version;
  const violations =
    job.conclusion === 'success' ? [] : [`a release that nothing struck failed:\n${job.log}`];
  return {
    ...{ struck: false, job, last: '', settledBy: 'nobody had to', served: 0, well: 0, next: undefined },
    violations,
  };
}

/** The run directory of the keeper that works now: shared memory that has to be given back. */
async function keeperFolders({ world }: ChaosWorld): Promise<string[]> {
  const { stdout } = await world.server.exec('sed -n 2p /srv/shop/.gonsautopilot/holder 2>/dev/null');
  return stdout.split('\n').filter((line) => line.startsWith('/dev/shm/gonsautopilot.'));
}

function settler(job: JobResult, next: JobResult): Turn['settledBy'] {
  if (/was put back by the server itself/.test(next.log)) return 'the server itself';
  if (/was put back by this run|was verified but never recorded; it is recorded now/.test(next.log))
    return 'the next run';
  if (/did not come to its end; settling it/.test(job.log)) return 'its own post step';
  return 'nobody had to';
}
