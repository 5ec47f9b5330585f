/**
 * What must always be true (DESIGN.md), watched from outside: nothing here asks the code under test what it thinks. Of the
 * server's journal only the moments are taken at which a release begins, is verified or is put back.
 */
import { imagesIn } from '../../../src/deploy/compose-edit.ts';
import { ReleasePlan } from '../../../src/deploy/release.ts';
import { PipelineFile, RollbackRegistry } from '../../../src/state/schema.ts';
import type { JournalEntry } from '../../../src/server/target.ts';
import type { SimGitHub } from './github.ts';
import { PATH, SERVICES, type ServiceName } from './jobs.ts';
import type { SimServer } from './keeper.ts';

const BRANCH = 'gonsautopilot-state';
export const STATE_FILE = 'state/pipeline.json';

type Expected = Partial<Record<ServiceName, string>>;

export class Truth {
  readonly violations: string[] = [];
  /** service -> image id that must serve when everything is quiet. */
  expected: Expected = {};
  /** References that passed VERIFY. */
  readonly verified = new Set<string>();
  /** pipeline ids of releases that were verified and not put back. */
  readonly good = new Set<string>();
  /** pipeline ids of runs that found the pipeline locked when they began. */
  readonly lockedOut = new Set<string>();
  /** The server went down in a release: only the next run can settle it. */
  needsRun = false;
  /** `safety.auto_rollback: false` left something that a person has to judge. */
  leftToPerson = false;
  deployments = 0;
  readonly #server: SimServer;
  readonly #github: SimGitHub;
  #open: { plan: ReleasePlan; before: Expected } | undefined;
  #up = new Map<ServiceName, boolean>();
  #before: PipelineFile | undefined;

  constructor(server: SimServer, github: SimGitHub) {
    this.#server = server;
    this.#github = github;
    server.violation = (what) => this.violated(what);
    server.onJournal = (entry) => this.#onJournal(entry);
    server.engine.changed = () => this.#onTraffic();
    github.moved = () => this.#onState();
  }

  violated(what: string): void {
    this.violations.push(what);
  }

  state(): PipelineFile | undefined {
    const text = this.#github.git.text(BRANCH, STATE_FILE);
    return text === undefined ? undefined : PipelineFile.parse(JSON.parse(text));
  }

  #onJournal({ event, data, pipelineId }: JournalEntry): void {
    switch (event) {
      case 'plan': {
        this.deployments += 1;
        this.#open = { plan: ReleasePlan.parse(data), before: { ...this.expected } };
        if (this.lockedOut.has(pipelineId))
          this.violated(`6: ${pipelineId} deploys although the pipeline was locked`);
        return;
      }
      case 'verified': {
        if (!this.#open) return;
        const { plan } = this.#open;
        this.good.add(plan.pipeline_id);
        this.leftToPerson = false;
        for (const service of plan.services) {
          const id = this.#server.engine.imageId(service.image) ?? '';
          this.expected[service.service as ServiceName] = id;
          this.verified.add(service.image);
          const kind = this.#server.engine.images.get(id)?.behaviour.kind ?? 'gone';
          if (!['good', 'slow'].includes(kind))
            this.violated(`2: ${service.image} is ${kind} and was verified`);
        }
        return;
      }
      case 'auto_reverted':
      case 'rolled_back':
        if (!this.#open) return;
        this.expected = { ...this.#open.before };
        this.good.delete(this.#open.plan.pipeline_id);
        return;
      case 'left_running':
        this.leftToPerson = true;
        for (const service of this.#open?.plan.services ?? [])
          this.expected[service.service as ServiceName] = this.#server.engine.imageId(service.image) ?? '';
    }
  }

  /** Invariant 3: a service that can have two containers side by side loses no request to a broken release. */
  #onTraffic(): void {
    const { engine } = this.#server;
    for (const name of SERVICES) {
      const asked = engine.onTraffic(name);
      const up = asked.length > 0 && asked.every((container) => engine.answer(container) === 200);
      const before = this.#up.get(name) ?? false;
      this.#up.set(name, up);
      // Only a version that was healthy has requests to lose.
      if (up || !before || !this.#open || this.needsRun || this.leftToPerson) continue;
      const { plan } = this.#open;
      const own = plan.services.find((service) => service.service === name);
      // A rollback proves each image only when its turn comes (rule R1): the services before it change places for nothing.
      const judged = plan.kind === 'rollback' ? plan.services.filter((one) => one === own) : plan.services;
      const broken = judged.some((service) => {
        const id = engine.imageId(service.image) ?? '';
        return ['sick', 'crash'].includes(engine.images.get(id)?.behaviour.kind ?? 'good');
      });
      if (broken && own?.strategy === 'start-first')
        this.violated(`3: ${name} lost requests to a broken release`);
    }
  }

  /** Invariants 4, 5 and 6, at each commit of the state branch. */
  #onState(): void {
    const file = this.state();
    if (!file) return;
    const before = this.#before;
    this.#before = file;
    const ids = file.pipelines.map((run) => run.pipeline_id);
    if (new Set(ids).size !== ids.length) this.violated('5: a run is recorded twice');
    const counted = (status: string) =>
      file.pipelines.filter((run) => run.kind === undefined && run.status === status).length;
    const { stats } = file;
    if (counted('success') !== stats.success_count || counted('failed') !== stats.failure_count)
      this.violated('5: the statistics do not fit the runs');
    if (stats.consecutive_failures >= 3 && file.lock === null) this.violated('6: three failures and no lock');
    const unlocks = (one: PipelineFile | undefined) =>
      one?.pipelines.filter((run) => run.kind === 'unlock').length ?? 0;
    if (before?.lock && file.lock === null && unlocks(file) === unlocks(before))
      this.violated('6: the lock is gone and nobody unlocked');
    const registry = RollbackRegistry.parse(
      JSON.parse(this.#github.git.text(BRANCH, 'state/rollback-registry.json') ?? '{}'),
    );
    for (const { history } of Object.values(registry.services)) {
      for (const entry of history) {
        if (entry.status === 'success' && !this.verified.has(entry.image ?? ''))
          this.violated(`4: ${entry.image ?? entry.tag} is a rollback target and was never verified`);
      }
    }
  }

  /** Invariant 2, and what belongs to it: when nothing moves any more. */
  whenQuiet(): void {
    const server = this.#server;
    if (server.holder) this.violated('1: the lock of the server is held by nobody alive');
    if (this.needsRun) return;
    if (server.armed !== undefined) this.violated('2: everything is quiet and the server is still armed');
    for (const { name, labels, state } of server.engine.containers.values())
      if (labels['com.docker.compose.oneoff'] === 'True' && state === 'running')
        this.violated(`2: everything is quiet and ${name}, which nobody has proven, works on`);
    const text = server.files.get(PATH);
    const written = text === undefined ? {} : imagesIn(text);
    for (const name of SERVICES) {
      const running = [...server.engine.containers.values()].filter(
        ({ labels, state }) =>
          labels['com.docker.compose.service'] === name &&
          labels['com.docker.compose.oneoff'] !== 'True' &&
          state === 'running',
      );
      const want = this.expected[name];
      const have = running.map(({ imageId }) => imageId);
      if (want === undefined ? have.length > 0 : have.length !== 1 || have[0] !== want)
        this.violated(`2: ${name} runs ${JSON.stringify(have.map(readable))}, not ${readable(want ?? '')}`);
      const served = server.engine.onTraffic(name);
      if (
        want !== undefined &&
        !this.leftToPerson &&
        !served.some((container) => server.engine.answer(container) === 200)
      )
        this.violated(`2: ${name} does not serve`);
      if (want !== undefined && server.engine.imageId(written[name] ?? '') !== want)
        this.violated(`2: the compose file names ${written[name] ?? 'nothing'} for ${name}`);
    }
  }

  /** After a run that nothing disturbed. */
  nothingLeftOver(): void {
    const { files, engine } = this.#server;
    const left = [...files.keys()].filter((path) => path.includes('/.docker-compose.prod.yml.'));
    if (left.length > 0) this.violated(`2: left over on the server: ${left.join(', ')}`);
    for (const container of engine.containers.values()) {
      if (container.state !== 'running' || container.labels['com.docker.compose.oneoff'] === 'True')
        this.violated(`2: the container ${container.name} is left over (${container.state})`);
    }
  }
}

const readable = (id: string) =>
  Buffer.from(id.replace(/^sha256:/, ''), 'hex')
    .toString()
    .replaceAll('\0', '');
