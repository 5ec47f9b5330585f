/** A job: its steps in order, their posts in reverse order, and what becomes of it when it is cancelled or lost. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { githubContext, type JobFacts, jobEnvironment, nodeBinary } from './environment.ts';
import { execute, type Executed, type Execution } from './execution.ts';
import { condition, interpolate, type Scope, type Value } from './expressions.ts';
import type { JobInput, JobResult, StepInput, StepResult } from './index.ts';
import { JobLog } from './log.ts';
import { Masks } from './masks.ts';
import { type Preparation, prepare, type Prepared } from './prepare.ts';
import { endOrphans, type Running } from './process.ts';
import { setUp } from './setup.ts';

const GRACE = { interrupt: 7500, terminate: 2500 };
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

type Heading = Pick<StepResult, 'name' | 'id' | 'isPost'>;

export class Job {
  readonly log: JobLog;
  readonly workspace: string;
  readonly #input: JobInput;
  readonly #facts: JobFacts;
  readonly #variables: Record<string, string>;
  readonly #masks = new Masks();
  readonly #executions: StepResult[] = [];
  readonly #byId: Record<string, StepResult> = {};
  readonly #posts: { name: string; condition: string; execution: () => Execution }[] = [];
  readonly #env: Record<string, string> = {};
  readonly #preparation: Preparation;
  #paths: string[] = [];
  #running: Running | undefined;
  #phase: 'between' | 'step' | 'posts' = 'between';
  /** How the step that runs now was stopped: it counts as that, even if it exits with 0. */
  #stopped: 'cancelled' | 'timed out' | undefined;
  #failed = false;
  #cancelled = false;
  #lost = false;
  #unplugged: Promise<unknown> = Promise.resolve();

  private constructor(input: JobInput, facts: JobFacts, variables: Record<string, string>, node: string) {
    this.#input = input;
    this.#facts = facts;
    this.#variables = variables;
    this.workspace = facts.places.workspace;
    this.log = new JobLog(input.onLine);
    for (const secret of [facts.token, ...Object.values(input.secrets ?? {})]) this.#masks.add(secret);
    this.#preparation = {
      input,
      facts,
      node,
      scope: (own) => this.#scope(own),
      environment: (own) => this.#environment(own),
      warn: (message) => {
        this.log.write(this.#masks.apply(`##[warning]${message}`));
      },
    };
  }

  static async create(input: JobInput): Promise<Job> {
    const facts = await setUp(input);
    return new Job(input, facts, await jobEnvironment(input, facts), await nodeBinary(PROJECT));
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  cancel(): void {
    this.#cancelled = true;
    // A cancelled job's posts still run to their end.
    if (this.#phase === 'step') this.#stop('cancelled');
  }

  kill(): void {
    this.#lost = true;
    this.#unplugged = endOrphans(this.#facts.trackingId);
    this.#running?.kill();
  }

  async run(): Promise<JobResult> {
    const { workflowRuns } = this.#input.github.repository(this.#input.repository);
    const id = Number(this.#variables['GITHUB_RUN_ID']);
    workflowRuns.set(id, 'in_progress');
    try {
      for (const step of this.#input.steps) {
        if (this.#lost) break;
        await this.#step(step);
      }
      this.#phase = 'posts';
      for (const post of this.#posts.reverse()) {
        if (this.#lost) break;
        if (!condition(post.condition, this.#scope())) continue;
        const done = await this.#execute(post.execution());
        this.#record({ name: post.name, id: undefined, isPost: true }, done, false);
      }
      await this.#unplugged;
      return this.#result(await endOrphans(this.#facts.trackingId));
    } finally {
      workflowRuns.set(id, 'completed');
      this.log.end();
    }
  }

  #stop(how: 'cancelled' | 'timed out'): void {
    if (this.#stopped) return;
    this.#stopped = how;
    void this.#running?.cancel(this.#input.grace ?? GRACE);
  }

  async #step(step: StepInput): Promise<void> {
    const name = step.name ?? step.uses ?? step.run?.split('\n')[0] ?? 'step';
    const heading = { name, id: step.id, isPost: false };
    const state = new Map<string, string>();
    let prepared: Prepared;
    try {
      if (!condition(step.if, this.#scope())) {
        this.#record(heading, undefined, false);
        return;
      }
      this.#phase = 'step';
      this.#stopped = undefined;
      prepared = await prepare(step, this.#preparation);
    } catch (error) {
      this.#phase = 'between';
      this.#refuse(heading, error);
      return;
    }
    const { post } = prepared;
    if (post) {
      const execution = () => post.execution(state);
      this.#posts.push({ name: `Post ${name}`, condition: post.condition, execution });
    }
    const limit = step.timeout;
    const timer = limit === undefined ? undefined : setTimeout(() => this.#stop('timed out'), limit);
    const done = await this.#execute(prepared.execution);
    clearTimeout(timer);
    this.#phase = 'between';
    if (done && this.#stopped === 'timed out') {
      this.log.write('##[error]The action has timed out.');
      done.failed = true;
    }
    for (const [key, value] of done?.state ?? []) state.set(key, value);
    this.#record(heading, done, step['continue-on-error'] === true);
  }

  /** A step that cannot be started (no such action, a bad expression) fails like one that did. */
  #refuse(heading: Heading, error: unknown): void {
    const message = this.#masks.apply(error instanceof Error ? error.message : String(error));
    this.log.write(`##[error]${message}`);
    const nothing = { outputs: new Map(), state: new Map(), env: new Map(), paths: [], summary: '' };
    const annotations = [{ level: 'error' as const, message }];
    this.#record(heading, { exitCode: 1, failed: true, log: message, annotations, ...nothing }, false);
  }

  /** undefined when the machine was lost meanwhile. */
  async #execute(execution: Execution): Promise<Executed | undefined> {
    const done = await execute(execution, {
      temp: this.#facts.places.temp,
      masks: this.#masks,
      debug: this.#input.debug === true,
      write: (line) => {
        this.log.write(line);
      },
      started: (running) => {
        this.#running = running;
        if (this.#lost) running.kill();
        // It was told to stop while it was being prepared.
        else if (this.#phase === 'step' && this.#stopped) void running.cancel(this.#input.grace ?? GRACE);
      },
    });
    this.#running = undefined;
    if (this.#lost) return undefined;
    for (const [key, value] of done.env) this.#env[key] = value;
    this.#paths = [...done.paths, ...this.#paths];
    return done;
  }

  #record(heading: Heading, done: Executed | undefined, continueOnError: boolean): void {
    const outcome = this.#outcome(heading, done);
    const conclusion = outcome === 'failure' && continueOnError ? 'success' : outcome;
    if (conclusion === 'failure') this.#failed = true;
    const result: StepResult = {
      ...heading,
      outcome,
      conclusion,
      exitCode: done?.exitCode,
      log: done?.log ?? '',
      outputs: Object.fromEntries(done?.outputs ?? []),
      annotations: done?.annotations ?? [],
      summary: done?.summary ?? '',
    };
    this.#executions.push(result);
    if (heading.id !== undefined && !heading.isPost) this.#byId[heading.id] = result;
  }

  #outcome({ isPost }: Heading, done: Executed | undefined): StepResult['outcome'] {
    if (done === undefined) return this.#lost ? 'cancelled' : 'skipped';
    if (!isPost && this.#stopped === 'cancelled') return 'cancelled';
    return done.failed ? 'failure' : 'success';
  }

  #result(orphans: number[]): JobResult {
    const scope = this.#scope();
    const outputs = Object.entries(this.#input.outputs ?? {}).map(
      ([name, text]) => [name, interpolate(text, scope)] as const,
    );
    return {
      conclusion: this.#lost ? 'lost' : this.#status(),
      outputs: Object.fromEntries(outputs.filter(([, value]) => value !== '' && !this.#masks.hides(value))),
      steps: this.#byId,
      executions: this.#executions,
      log: this.log.lines.join('\n'),
      workspace: this.workspace,
      orphans,
      cleanup: () => rm(this.#facts.places.root, { recursive: true, force: true, maxRetries: 3 }),
    };
  }

  #status(): 'cancelled' | 'failure' | 'success' {
    if (this.#cancelled) return 'cancelled';
    return this.#failed ? 'failure' : 'success';
  }

  #scope(own: Record<string, string> = {}): Scope {
    const { payload, places, token } = this.#facts;
    const steps = Object.entries(this.#byId).map(
      ([id, { outputs, outcome, conclusion }]) => [id, { outputs, outcome, conclusion }] as const,
    );
    const status = this.#status();
    const arch = this.#variables['RUNNER_ARCH'] ?? '';
    return {
      contexts: {
        github: githubContext(this.#variables, this.#facts),
        env: { ...this.#input.env, ...this.#env, ...own },
        inputs: (payload['inputs'] ?? {}) as Value,
        secrets: { ...this.#input.secrets, GITHUB_TOKEN: token },
        vars: this.#input.vars ?? {},
        steps: Object.fromEntries(steps),
        runner: { os: 'Linux', arch, temp: places.temp, debug: this.#input.debug ? '1' : '' },
        job: { status },
        needs: {},
        matrix: {},
      },
      functions: {
        success: () => status === 'success',
        failure: () => status === 'failure',
        cancelled: () => status === 'cancelled',
        always: () => true,
      },
    };
  }

  /** The environment of every step; `own` is the step's `env:`. */
  #environment(own: Record<string, string>): Record<string, string> {
    const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
    const base = { PATH: path, HOME: this.#facts.places.home, LANG: 'C.UTF-8' };
    const env: Record<string, string> = { ...base, ...this.#input.env, ...this.#env, ...own };
    const full = [...this.#paths, env['PATH'] ?? path].join(':');
    return { ...env, ...this.#variables, PATH: full };
  }
}
