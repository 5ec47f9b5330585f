/** A job: set-up, its steps in order, their posts in reverse order, and what becomes of it when it is cancelled or lost. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ActionFile, inputVariable, readAction } from './action-file.ts';
import { checkoutCleanup, checkoutScript } from './checkout.ts';
import {
  githubContext,
  type JobFacts,
  jobEnvironment,
  nodeBinary,
  payloadOf,
  type Places,
  serviceEnvironment,
} from './environment.ts';
import { execute, type Executed, type Execution } from './execution.ts';
import { condition, interpolate, type Scope, type Value } from './expressions.ts';
import type { JobInput, JobResult, StepInput, StepResult } from './index.ts';
import { JobLog } from './log.ts';
import { Masks } from './masks.ts';
import { endOrphans, type Running } from './process.ts';

const GRACE = { interrupt: 7500, terminate: 2500 };
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

interface Post {
  name: string;
  condition: string;
  execution: () => Execution;
}

export class Job {
  readonly log: JobLog;
  readonly workspace: string;
  readonly #input: JobInput;
  readonly #facts: JobFacts;
  readonly #variables: Record<string, string>;
  readonly #masks = new Masks();
  readonly #executions: StepResult[] = [];
  readonly #byId: Record<string, StepResult> = {};
  readonly #posts: Post[] = [];
  readonly #env: Record<string, string> = {};
  readonly #node: string;
  #paths: string[] = [];
  #running: Running | undefined;
  #failed = false;
  #cancelled = false;
  #lost = false;
  #posting = false;
  /** The step that ran when the job was cancelled counts as cancelled, even if it exits with 0. */
  #interrupted = false;

  private constructor(input: JobInput, facts: JobFacts, variables: Record<string, string>, node: string) {
    this.#input = input;
    this.#facts = facts;
    this.#variables = variables;
    this.#node = node;
    this.workspace = facts.places.workspace;
    this.log = new JobLog(input.onLine);
    for (const secret of [facts.token, ...Object.values(input.secrets ?? {})]) this.#masks.add(secret);
  }

  static async create(input: JobInput): Promise<Job> {
    const repository = input.github.repository(input.repository);
    const ref = input.ref ?? `refs/heads/${repository.defaultBranch}`;
    const sha = input.sha ?? (await repository.commitOf(ref))?.sha;
    if (!sha) throw new Error(`${input.repository} has no ${ref}.`);
    const name = input.repository.split('/')[1] ?? '';
    const root = input.root ?? (await mkdtemp(join(tmpdir(), 'lab-runner-')));
    const workspace = join(root, 'work', name, name);
    const places: Places = {
      root,
      workspace,
      temp: join(root, 'work', '_temp'),
      home: join(root, 'home'),
      toolCache: join(root, 'tools'),
    };
    await rm(places.temp, { recursive: true, force: true });
    for (const dir of [workspace, join(places.temp, '_github_workflow'), places.home, places.toolCache])
      await mkdir(dir, { recursive: true });
    await writeFile(
      join(places.home, '.gitconfig'),
      `[url "${input.github.serverUrl}/"]\n\tinsteadOf = https://github.com/\n`,
    );
    const token = input.github.token(input.permissions ?? { contents: 'read' }, {
      repositories: [input.repository],
    });
    const eventName = input.event?.name ?? 'push';
    const payload = await payloadOf(input, repository, ref, sha);
    const facts: JobFacts = {
      places,
      ref,
      sha,
      token,
      eventName,
      payload,
      trackingId: `github_${randomUUID()}`,
    };
    return new Job(input, facts, await jobEnvironment(input, facts), await nodeBinary(PROJECT));
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  cancel(): void {
    this.#cancelled = true;
    // A cancelled job's posts still run to their end.
    if (this.#posting || !this.#running) return;
    this.#interrupted = true;
    void this.#running.cancel(this.#input.grace ?? GRACE);
  }

  kill(): void {
    this.#lost = true;
    this.#running?.kill();
    void endOrphans(this.#facts.trackingId);
  }

  async run(): Promise<JobResult> {
    try {
      for (const step of this.#input.steps) {
        if (this.#lost) break;
        await this.#step(step);
      }
      this.#posting = true;
      for (const post of this.#posts.reverse()) {
        if (this.#lost) break;
        if (!condition(post.condition, this.#scope())) continue;
        const started = await this.#execute(post.execution());
        this.#record({ name: post.name, id: undefined, isPost: true }, started, false);
      }
      const orphans = await endOrphans(this.#facts.trackingId);
      return this.#result(orphans);
    } finally {
      this.#running = undefined;
      this.log.end();
    }
  }

  #result(orphans: number[]): JobResult {
    const scope = this.#scope();
    const outputs = Object.entries(this.#input.outputs ?? {}).map(
      ([name, text]) => [name, interpolate(text, scope)] as const,
    );
    return {
      conclusion: this.#lost ? 'lost' : this.#cancelled ? 'cancelled' : this.#failed ? 'failure' : 'success',
      outputs: Object.fromEntries(outputs.filter(([, value]) => value !== '' && !this.#masks.hides(value))),
      steps: this.#byId,
      executions: this.#executions,
      log: this.log.lines.join('\n'),
      workspace: this.workspace,
      orphans,
      cleanup: () => rm(this.#facts.places.root, { recursive: true, force: true, maxRetries: 3 }),
    };
  }

  #scope(env: Record<string, string> = {}): Scope {
    const { payload, places, token } = this.#facts;
    const steps = Object.entries(this.#byId).map(
      ([id, { outputs, outcome, conclusion }]) => [id, { outputs, outcome, conclusion }] as const,
    );
    const status = this.#cancelled ? 'cancelled' : this.#failed ? 'failure' : 'success';
    return {
      contexts: {
        github: githubContext(this.#variables, this.#facts),
        env: { ...this.#input.env, ...this.#env, ...env },
        inputs: (payload['inputs'] ?? {}) as Value,
        secrets: { ...this.#input.secrets, GITHUB_TOKEN: token },
        vars: this.#input.vars ?? {},
        steps: Object.fromEntries(steps),
        runner: {
          os: 'Linux',
          arch: this.#variables['RUNNER_ARCH'] ?? '',
          temp: places.temp,
          debug: this.#input.debug ? '1' : '',
        },
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
    const env: Record<string, string> = {
      ...base,
      ...this.#input.env,
      ...this.#env,
      ...own,
      ...this.#variables,
    };
    env['PATH'] = [...this.#paths, env['PATH'] ?? path].join(':');
    return env;
  }

  async #step(step: StepInput): Promise<void> {
    const name = step.name ?? step.uses ?? step.run?.split('\n')[0] ?? 'step';
    const heading = { name, id: step.id, isPost: false };
    let execution: Execution | undefined;
    const state = new Map<string, string>();
    try {
      if (!condition(step.if, this.#scope())) {
        this.#record(heading, undefined, false);
        return;
      }
      const scope = this.#scope();
      const own = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([key, text]) => [key, interpolate(text, scope)]),
      );
      const inner = this.#scope(own);
      const given = Object.fromEntries(
        Object.entries(step.with ?? {}).map(([key, text]) => [key, interpolate(text, inner)]),
      );
      if (step.uses === undefined)
        execution = await this.#script(interpolate(step.run ?? '', inner), step['working-directory'], own);
      else if (/^(actions\/)?checkout(@|$)/.test(step.uses)) execution = await this.#checkout(given, own);
      else {
        const action = await readAction(this.#actionDir(step.uses));
        const env = {
          ...this.#environment(own),
          ...serviceEnvironment(this.#input.cache, this.#facts),
          ...this.#inputs(action, given, inner),
          GITHUB_ACTION: step.id ?? '__run',
          GITHUB_ACTION_PATH: '',
        };
        const cwd = this.workspace;
        execution = { file: this.#node, args: [action.main], cwd, env };
        const { post } = action;
        if (post !== undefined) {
          const stateEnv = () =>
            Object.fromEntries([...state].map(([key, value]) => [`STATE_${key}`, value]));
          this.#posts.push({
            name: `Post ${name}`,
            condition: action.postIf,
            execution: () => ({ file: this.#node, args: [post], cwd, env: { ...env, ...stateEnv() } }),
          });
        }
      }
    } catch (error) {
      this.#refuse(heading, error);
      return;
    }
    const timer =
      step.timeout === undefined
        ? undefined
        : setTimeout(() => void this.#running?.cancel(this.#input.grace ?? GRACE), step.timeout);
    const started = await this.#execute(execution);
    clearTimeout(timer);
    for (const [key, value] of started?.state ?? []) state.set(key, value);
    this.#record(heading, started, step['continue-on-error'] === true);
  }

  /** A step that cannot be started (no such action, a bad expression) fails like one that did. */
  #refuse(heading: Pick<StepResult, 'name' | 'id' | 'isPost'>, error: unknown): void {
    const message = this.#masks.apply(error instanceof Error ? error.message : String(error));
    this.log.write(`##[error]${message}`);
    const nothing = { outputs: new Map(), state: new Map(), env: new Map(), paths: [], summary: '' };
    this.#record(
      heading,
      { exitCode: 1, failed: true, log: message, annotations: [{ level: 'error', message }], ...nothing },
      false,
    );
  }

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
      },
    });
    this.#running = undefined;
    if (this.#lost) return undefined;
    for (const [key, value] of done.env) this.#env[key] = value;
    this.#paths = [...done.paths, ...this.#paths];
    return done;
  }

  #record(
    heading: Pick<StepResult, 'name' | 'id' | 'isPost'>,
    done: Executed | undefined,
    continueOnError: boolean,
  ): void {
    const wasCancelled = done !== undefined && this.#interrupted;
    this.#interrupted = false;
    const outcome =
      done === undefined
        ? this.#lost
          ? 'cancelled'
          : 'skipped'
        : wasCancelled
          ? 'cancelled'
          : done.failed
            ? 'failure'
            : 'success';
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

  #actionDir(uses: string): string {
    const [name = ''] = uses.split('@');
    return this.#input.actions?.[name] ?? resolve(this.workspace, uses);
  }

  #inputs(action: ActionFile, given: Record<string, string>, scope: Scope): Record<string, string> {
    const known = new Map(Object.keys(action.inputs).map((name) => [name.toLowerCase(), name]));
    const env: Record<string, string> = {};
    for (const [name, input] of Object.entries(action.inputs))
      env[inputVariable(name)] = interpolate(input.default, scope);
    for (const [name, value] of Object.entries(given)) {
      if (!known.has(name.toLowerCase())) {
        this.log.write(
          `##[warning]Unexpected input(s) '${name}', valid inputs are [${Object.keys(action.inputs)
            .map((one) => `'${one}'`)
            .join(', ')}]`,
        );
      }
      env[inputVariable(name)] = value;
    }
    return env;
  }

  async #script(
    script: string,
    directory: string | undefined,
    own: Record<string, string>,
  ): Promise<Execution> {
    const file = join(this.#facts.places.temp, `${randomUUID()}.sh`);
    await writeFile(file, script);
    return {
      file: 'bash',
      args: ['-e', file],
      cwd: resolve(this.workspace, directory ?? '.'),
      env: this.#environment(own),
    };
  }

  async #checkout(given: Record<string, string>, own: Record<string, string>): Promise<Execution> {
    const { github, repository } = this.#input;
    const workspace = resolve(this.workspace, given['path'] ?? '.');
    await mkdir(workspace, { recursive: true });
    for (const name of await readdir(workspace))
      await rm(join(workspace, name), { recursive: true, force: true });
    const wanted = given['ref'] ?? '';
    const named = wanted === '' ? undefined : await github.repository(repository).commitOf(wanted);
    if (wanted !== '' && !named)
      throw new Error(`A branch or tag with the name '${wanted}' could not be found`);
    const isBranch =
      wanted !== '' &&
      (await github.repository(repository).ref(`refs/heads/${wanted.replace(/^refs\/heads\//, '')}`)) !==
        undefined;
    const ref =
      wanted === ''
        ? this.#facts.ref
        : isBranch
          ? `refs/heads/${wanted.replace(/^refs\/heads\//, '')}`
          : wanted;
    const script = checkoutScript({
      gitUrl: github.serverUrl,
      repository,
      ref,
      sha: named?.sha ?? this.#facts.sha,
      token: given['token'] ?? this.#facts.token,
      depth: Number(given['fetch-depth'] ?? '1'),
      workspace,
      persist: given['persist-credentials'] !== 'false',
    });
    const env = { ...this.#environment(own), GIT_TERMINAL_PROMPT: '0' };
    const cleanup = { file: 'bash', args: ['-c', checkoutCleanup(github.serverUrl)], cwd: workspace, env };
    this.#posts.push({ name: 'Post checkout', condition: 'always()', execution: () => cleanup });
    return { file: 'bash', args: ['-e', '-c', script], cwd: workspace, env };
  }
}
