/** A server, GitHub, a cache and runners in one virtual time; scenarios are played in it and the truth is watched. */
import type { RunContext } from '../../../src/action/event.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import { type Behaviour, NETWORK } from './engine.ts';
import { SimGitHub } from './github.ts';
import {
  type Commit,
  type Ended,
  type JobOptions,
  type Layout,
  type Place,
  postJob,
  pushJob,
  rollbackJob,
  SERVICES,
  type ServiceName,
  unlockJob,
  imageIdOf,
} from './jobs.ts';
import { SimServer } from './keeper.ts';
import { type Fault, SimRunner } from './runner.ts';
import { Hung, Scheduler, seeded } from './scheduler.ts';
import { Truth } from './truth.ts';

export interface Step {
  action: 'push' | 'dry-run' | 'rollback' | 'unlock';
  /** New versions in a push; the other services stay as they are in the commit before. */
  changes: Partial<Record<ServiceName, Behaviour>>;
  kind: JobOptions['kind'];
  testsFail: boolean;
  /** By the number of the effect, or by its name: the first one that is called so. */
  faults: readonly (readonly [number | string, Fault])[];
  /** Milliseconds after the start of the step before; without it everything is quiet first. */
  overlap?: number | undefined;
  /** Milliseconds after the start of the step, and how long. */
  outage?: readonly [number, number] | undefined;
  stale: boolean;
  evict: boolean;
  diskFull: boolean;
  /** Older images do not come up any more, e.g. on data that a newer version has changed. */
  spoiled: boolean;
}

export interface Scenario {
  seed: number;
  layout: Layout;
  autoRollback: boolean;
  steps: readonly Step[];
}

interface Job {
  step: Step;
  runner: SimRunner;
  saved: { run?: CarriedRun };
  started: number;
  ended: Ended | undefined;
}

/** Milliseconds of virtual time in which every run ends (invariant 9). */
const DEADLINE = 3_600_000;

export const good = (): Behaviour => ({ kind: 'good', stop: 300 });
export const quietStep: Step = {
  action: 'push',
  changes: {},
  kind: 'all',
  testsFail: false,
  faults: [],
  stale: false,
  evict: false,
  diskFull: false,
  spoiled: false,
};

export class World {
  readonly scheduler = new Scheduler();
  readonly server = new SimServer(this.scheduler);
  readonly github: SimGitHub;
  readonly truth: Truth;
  readonly jobs: Job[] = [];
  readonly place: Place;
  readonly #random: () => number;
  #head: { sha: string; commit: Commit } | undefined;
  #runs = 0;

  constructor({ seed, layout, autoRollback }: Omit<Scenario, 'steps'>) {
    this.#random = seeded(seed);
    this.github = new SimGitHub(this.scheduler, this.#random);
    this.truth = new Truth(this.server, this.github);
    this.place = {
      scheduler: this.scheduler,
      server: this.server,
      commits: new Map(),
      cache: new Map(),
      layout,
      autoRollback,
    };
  }

  start(step: Step): Job {
    this.#runs += 1;
    if (step.action === 'push' || step.action === 'dry-run' || !this.#head) this.#commit(step);
    const runner = new SimRunner(
      { scheduler: this.scheduler, server: this.server, github: this.github, random: this.#random },
      this.#event(step),
      new Map(step.faults),
    );
    if (step.evict) this.place.cache.clear();
    // An image that a release under way has just proven is no older one.
    if (step.spoiled && step.overlap === undefined) this.server.engine.spoil();
    this.github.staleness = step.stale ? 0.2 : 0;
    this.server.engine.diskSize = step.diskFull ? 1e9 : 100e9;
    if (step.outage) {
      const [after, length] = step.outage;
      this.scheduler.after(after, () => {
        this.github.outageUntil = this.scheduler.now + length;
      });
    }
    if (step.faults.some(([, fault]) => fault === 'reboot')) this.#watchReboot(runner);
    const job: Job = { step, runner, saved: {}, started: this.scheduler.now, ended: undefined };
    this.jobs.push(job);
    this.scheduler.processes.add(runner);
    void this.#run(job);
    return job;
  }

  /** Lets everything come to its end, and checks what must be true then. */
  async quiet(): Promise<void> {
    try {
      await this.scheduler.run(() => false);
      // The slowest version needs six seconds from its start until it serves.
      this.scheduler.after(10_000, () => undefined);
      await this.scheduler.run(() => false);
    } catch (error) {
      if (!(error instanceof Hung)) throw error;
      this.truth.violated(`9: ${error.message}`);
    }
    for (const job of this.jobs) this.#ended(job);
    this.scheduler.processes.clear();
    this.truth.whenQuiet();
  }

  /** A push of good versions that nothing disturbs, after a person has unlocked: everything must be right then. */
  async mend(): Promise<Job> {
    this.scheduler.after(this.github.outageUntil - this.scheduler.now, () => undefined);
    await this.quiet();
    if (this.truth.state()?.lock) {
      this.start({ ...quietStep, action: 'unlock' });
      await this.quiet();
    }
    const job = this.start({ ...quietStep, changes: { api: good(), web: good() } });
    await this.quiet();
    const { truth } = this;
    if (job.ended?.status !== 'success')
      truth.violated(
        `9: a good push that nothing disturbs ends as ${job.ended?.status ?? 'nothing'}: ${job.ended?.reason ?? ''}`,
      );
    truth.nothingLeftOver();
    for (const name of SERVICES) {
      if (this.#head && truth.expected[name] !== imageIdOf(name, this.#head.commit[name]))
        truth.violated(`2: ${name} is not what was pushed last`);
    }
    this.#recorded();
    return job;
  }

  /** Invariant 5, after the mending run: what is on the record of every run. */
  #recorded(): void {
    const { truth } = this;
    const runs = truth.state()?.pipelines ?? [];
    for (const id of truth.good) {
      const run = runs.find((one) => one.pipeline_id === id);
      if (run?.status !== 'success')
        truth.violated(`5: ${id} was verified, and its record says ${run?.status ?? 'nothing'}`);
    }
    for (const { pipeline_id: id, status } of runs)
      if (status === 'running') truth.violated(`5: ${id} is still running on the record`);
    // What ends while GitHub is down, with nothing in the server's journal, is only known to be over.
    if (this.jobs.some(({ step }) => step.outage)) return;
    for (const { saved, ended, step, runner } of this.jobs) {
      const id = saved.run?.pipeline_id;
      if (id === undefined || step.action !== 'push' || step.faults.length > 0) continue;
      const run = runs.find((one) => one.pipeline_id === id);
      const said = ended?.status;
      if (said !== 'skipped' && run?.status !== said)
        truth.violated(
          `5: ${id} (run ${runner.event.runId}) ended as ${said ?? ''}, its record says ${run?.status ?? 'nothing'}`,
        );
    }
  }

  async #run(job: Job): Promise<void> {
    const { step, runner, saved } = job;
    const options: JobOptions = {
      kind: step.kind,
      testsFail: step.testsFail,
      dryRun: step.action === 'dry-run',
    };
    const locked = this.truth.state()?.lock !== undefined && this.truth.state()?.lock !== null;
    const before = options.dryRun ? this.#snapshot() : '';
    const { place } = this;
    if (runner.cancelled) return;
    switch (step.action) {
      case 'push':
      case 'dry-run': {
        const done = pushJob(place, runner, options, saved);
        if (locked && !step.stale && step.overlap === undefined) void this.#lockedOut(job);
        job.ended = await done;
        break;
      }
      case 'rollback':
        job.ended = await rollbackJob(place, runner, options);
        break;
      case 'unlock':
        job.ended = await unlockJob(place, runner, options);
        break;
    }
    runner.finished = true;
    if (
      options.dryRun &&
      !step.faults.some(([, fault]) => fault === 'reboot') &&
      step.overlap === undefined &&
      // Nobody came while it ran, not even one that is gone again.
      this.jobs.at(-1) === job &&
      this.#snapshot() !== before
    )
      this.truth.violated('7: a dry run changed something');
    await this.#post(job, options);
  }

  /** Its pipeline id is known a moment later. */
  async #lockedOut(job: Job): Promise<void> {
    await this.scheduler.sleep(2000);
    if (job.saved.run) this.truth.lockedOut.add(job.saved.run.pipeline_id);
  }

  async #post(job: Job, options: JobOptions): Promise<void> {
    if (!job.saved.run || job.step.action !== 'push') return;
    const runner = new SimRunner(
      { scheduler: this.scheduler, server: this.server, github: this.github, random: this.#random },
      job.runner.event,
      new Map(),
    );
    this.scheduler.processes.add(runner);
    await postJob(this.place, runner, options, job.saved.run);
    runner.finished = true;
  }

  #ended({ runner, ended, started, step }: Job): void {
    if (runner.dead) return;
    const name = `run ${runner.event.runId} (${step.action})`;
    if (!runner.finished)
      this.truth.violated(`9: ${name} never ends; its last effect was ${runner.effects.at(-1) ?? ''}`);
    else if (!ended?.status || ended.reason === '')
      this.truth.violated(`9: ${name} ends without status or reason`);
    if (this.scheduler.now - started > 24 * DEADLINE) return;
  }

  #commit(step: Step): void {
    const before = this.#head?.commit;
    const version = (name: ServiceName) => {
      const changed = step.changes[name];
      if (changed) return { id: `v${String(this.#runs)}-${changed.kind}`, behaviour: changed };
      return before?.[name] ?? { id: 'v0-good', behaviour: good() };
    };
    const commit: Commit = { api: version('api'), web: version('web') };
    const sha = this.#runs.toString(16).padStart(7, '0').padEnd(40, 'a');
    this.place.commits.set(sha, commit);
    this.#head = { sha, commit };
  }

  #watchReboot(runner: SimRunner): void {
    const { server, truth } = this;
    const reboot = server.reboot.bind(server);
    server.reboot = () => {
      truth.needsRun = true;
      reboot();
    };
    void runner;
  }

  /** What the next run finds, without names and times: two worlds with the same one go on in the same way. */
  fingerprint(): string {
    const { files, journal, armed, engine } = this.server;
    const since = journal.findLastIndex(({ event }) => event === 'plan');
    const state = this.truth.state();
    const text = JSON.stringify([
      [...files].sort(),
      armed !== undefined,
      journal
        .slice(Math.max(0, since))
        .map(({ event }) => event)
        .filter((event) => !event.startsWith('command')),
      [...engine.containers.values()].map(({ name, image, state: now, networks }) => [
        name,
        image,
        now,
        networks[NETWORK]?.aliases,
      ]),
      [...engine.references.keys()],
      state?.pipelines.map(({ status }) => status),
      state?.lock,
    ]);
    return text.replaceAll(/\d{8}-\d{6}-[0-9a-f]{7}|\d{4}-\d\d-\d\dT[^"]*/g, '');
  }

  #snapshot(): string {
    const { files, journal, armed, engine } = this.server;
    return JSON.stringify([
      [...files],
      journal,
      armed,
      [...engine.containers.values()],
      [...engine.references],
      [...this.github.git.refs],
      this.github.issues,
      [...this.place.cache],
    ]);
  }

  #event(step: Step): RunContext {
    const runId = String(1000 + this.#runs);
    return {
      eventName: step.action === 'rollback' || step.action === 'unlock' ? 'workflow_dispatch' : 'push',
      ref: 'refs/heads/main',
      branch: 'main',
      sha: this.#head?.sha ?? ''.padEnd(40, '0'),
      deleted: false,
      forced: false,
      defaultBranch: 'main',
      actor: 'somebody',
      runId,
      runAttempt: 1,
      runUrl: `https://github.invalid/runs/${runId}`,
      owner: 'gons',
      repo: 'shop',
      apiUrl: '',
      serverUrl: '',
      workspace: '/workspace/repository',
      temp: '/workspace/temporary',
      job: 'deploy',
      workflow: 'deploy',
    };
  }
}

export interface Outcome {
  violations: string[];
  deployments: number;
  world: World;
}

/** Plays a scenario, then has everything mended; what was violated on the way, with the first one first. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  const world = new World(scenario);
  let previous = 0;
  for (const step of scenario.steps) {
    if (step.overlap === undefined) await world.quiet();
    else {
      const from = previous + step.overlap;
      await world.scheduler.run(() => world.scheduler.now >= from);
    }
    previous = world.scheduler.now;
    world.start(step);
  }
  await world.quiet();
  await world.mend();
  return { violations: world.truth.violations, deployments: world.truth.deployments, world };
}
