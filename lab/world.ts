/**
 * A whole world for the bundled action: the lab's server and runner engine, a GitHub with the example shop in it, a cache
 * service, an npm audit, and jobs that run `dist` as a workflow would.
 *
 *     const world = await startWorld();
 *     await world.push({ 'backend/release.js': world.release('backend', '1.1.0', 'unhealthy') });
 *     const job = await world.deploy();          // the job of examples/workflows/deploy.yml
 *     job.pilot.outputs.status; job.pilot.summary; await world.version('backend');
 *     await world.close();
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { type LabAudit, startAudit } from './audit.ts';
import { type LabCache, startCache } from './cache/index.ts';
import { type LabGitHub, type LabRepository, startGitHub } from './github/index.ts';
import { type Lab, type LabOptions, type LabServer, startLab } from './index.ts';
import { NODE_IMAGE } from './images.ts';
import {
  type JobHandle,
  type JobInput,
  type JobResult,
  startJob,
  type StepInput,
  type StepResult,
} from './runner/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const APP = `${ROOT}examples/app/`;
const REPOSITORY = 'gons/shop';

export interface WorldOptions extends LabOptions {
  /** Changes of the shop's gonsautopilot.yaml, by path, e.g. `{ 'verify.watchdog.duration': 0 }`. */
  config?: Record<string, unknown>;
  /** Files of the repository besides the shop's own; null leaves one out. */
  files?: Record<string, string | null>;
}

export interface PilotJob extends JobResult {
  /** The step with the id `pilot`. */
  pilot: StepResult;
}

export interface RunOptions extends Partial<
  Pick<
    JobInput,
    | 'event'
    | 'ref'
    | 'sha'
    | 'permissions'
    | 'secrets'
    | 'actor'
    | 'runId'
    | 'runAttempt'
    | 'env'
    | 'grace'
    | 'onLine'
  >
> {
  /** Inputs of the step besides the key and the known hosts. */
  with?: Record<string, string>;
  /** Instead of one step with id `pilot`. */
  steps?: StepInput[];
}

export interface World {
  readonly lab: Lab;
  readonly server: LabServer;
  readonly github: LabGitHub;
  readonly repository: LabRepository;
  readonly cache: LabCache;
  /** What every step of the action gets: key and known hosts. */
  readonly credentials: Record<string, string>;
  /** Commits to main and returns the sha. */
  push(changes: Record<string, string | null>, message?: string): Promise<string>;
  /** Text of a `release.js`. */
  release(service: 'frontend' | 'backend', version: string, behaviour?: string): string;
  start(options?: RunOptions): Promise<JobHandle>;
  /** A job for the head of main, by default with `stage: all`. */
  deploy(options?: RunOptions): Promise<PilotJob>;
  /** A `workflow_dispatch` job with one stage. */
  dispatch(stage: string, inputs?: Record<string, string>, options?: RunOptions): Promise<PilotJob>;
  /** What the shop answers to users; throws when nothing answers. */
  fetch(path: string): Promise<{ status: number; body: string }>;
  version(service: 'frontend' | 'backend'): Promise<string>;
  /** Container ids that run on the server, by compose service. */
  running(): Promise<Record<string, string[]>>;
  /** A file of the state branch. */
  state<T>(path: string): Promise<T | undefined>;
  close(): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { config, files, ...labOptions } = options;
  const lab = await startLab(labOptions);
  const cache = await startCache();
  const github = await startGitHub({ cache, directory: lab.site.directory });
  const audit = await startAudit();
  try {
    const repository = await github.createRepository(REPOSITORY);
    const server = lab.servers[0];
    if (server === undefined) throw new Error('the world needs a server');
    // As quick start says: the deploy user's own folder.
    await server.exec(['install', '-d', '-o', 'deploy', '-g', 'deploy', '/srv/shop']);
    await repository.commit('main', { ...appFiles(server, config ?? {}), ...files }, { message: 'The shop' });
    return worldOf({ lab, server, github, repository, cache, audit });
  } catch (error) {
    await Promise.all([lab.close(), cache.stop(), github.stop(), audit.stop()]);
    throw error;
  }
}

/** The shop as it is committed, with this lab's server and base image in its configuration. */
function appFiles(server: LabServer, config: Record<string, unknown>): Record<string, string> {
  const names = execFileSync('git', ['ls-files', '-z'], { cwd: APP, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(APP + name, 'utf8')]));
  const document = parseDocument(files['gonsautopilot.yaml'] ?? '');
  const changes = { 'deploy.target': server.address, 'build.args.BASE_IMAGE': NODE_IMAGE, ...config };
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.'), value);
  return { ...files, 'gonsautopilot.yaml': document.toString() };
}

function worldOf(parts: {
  lab: Lab;
  server: LabServer;
  github: LabGitHub;
  repository: LabRepository;
  cache: LabCache;
  audit: LabAudit;
}): World {
  const { lab, server, github, repository, cache, audit } = parts;
  const credentials = {
    'ssh-private-key': '${{ secrets.SSH_PRIVATE_KEY }}',
    'ssh-known-hosts': '${{ secrets.SSH_KNOWN_HOSTS }}',
  };
  // The head of the newest push, and of the one before: a re-run has the payload of its first run.
  let pushed = '';
  let previous = '';
  let runs = 0;
  const start = async (given: RunOptions = {}): Promise<JobHandle> => {
    const { with: inputs, steps, secrets, env, ...rest } = given;
    runs += 1;
    const sha = rest.sha ?? (await repository.ref('refs/heads/main')) ?? '';
    if (rest.event === undefined && sha !== pushed) [previous, pushed] = [pushed, sha];
    const event = rest.event ?? {
      name: 'push',
      payload: { before: previous || '0'.repeat(40), after: sha, ref: 'refs/heads/main' },
    };
    const handle = await startJob({
      github,
      cache,
      repository: REPOSITORY,
      permissions: { contents: 'write', issues: 'write', actions: 'read' },
      runId: 9_000_000_000 + runs,
      ...rest,
      event,
      secrets: { SSH_PRIVATE_KEY: server.privateKey, SSH_KNOWN_HOSTS: server.knownHosts, ...secrets },
      env: { ...lab.engine.env, npm_config_registry: audit.url, CHROME_PATH: '/usr/bin/chromium', ...env },
      actions: { 'gons/autopilot': ROOT },
      steps: [
        { uses: 'checkout' },
        { run: `ln -s ${ROOT}node_modules node_modules`, name: 'npm ci' },
        ...(steps ?? [{ uses: 'gons/autopilot@v1', id: 'pilot', with: { ...credentials, ...inputs } }]),
      ],
    });
    return handle;
  };
  const finished = async (handle: JobHandle): Promise<PilotJob> => {
    const result = await handle.result;
    const pilot = result.steps['pilot'] ?? result.executions.at(-1);
    if (pilot === undefined) throw new Error(`the job ran no step:\n${result.log}`);
    await result.cleanup();
    return { ...result, pilot };
  };
  const shop = async (path: string) => {
    const answer = await fetch(`http://${server.address}:3000${path}`, {
      signal: AbortSignal.timeout(5_000),
    });
    return { status: answer.status, body: await answer.text() };
  };
  return {
    lab,
    server,
    github,
    repository,
    cache,
    credentials,
    push: (changes, message = 'Change') => repository.commit('main', changes, { message }),
    release: (_service, version, behaviour = 'healthy') =>
      `/** What this release is called, and how it behaves in production (see shared/behaviour.js). */\nexport const release = {\n  version: '${version}',\n  behaviour: '${behaviour}',\n};\n`,
    start,
    deploy: async (given) => finished(await start(given)),
    dispatch: async (stage, inputs = {}, given = {}) => {
      const event = { name: 'workflow_dispatch', payload: { inputs, ref: 'refs/heads/main' } };
      return finished(await start({ ...given, event, with: { stage, ...inputs, ...given.with } }));
    },
    fetch: shop,
    version: async (service) => {
      const { body } = await shop(service === 'frontend' ? '/version' : '/api/version');
      return (JSON.parse(body) as { version: string }).version;
    },
    running: async () => {
      const format = '{{.Label "com.docker.compose.service"}} {{.ID}}';
      const { stdout } = await server.exec([
        'docker',
        'ps',
        '--no-trunc',
        '--filter',
        'label=com.docker.compose.project',
        '--format',
        format,
      ]);
      const found: Record<string, string[]> = {};
      for (const line of stdout.split('\n').filter(Boolean)) {
        const [service = '', id = ''] = line.split(' ');
        (found[service] ??= []).push(id);
      }
      return found;
    },
    state: async <T>(path: string) => {
      const text = await repository.read('autopilot-state', path);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    close: async () => {
      await Promise.all([lab.close(), cache.stop(), github.stop(), audit.stop()]);
    },
  };
}
