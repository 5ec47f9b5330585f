import { createRunProgram } from '../../../../src/action/run-program.ts';
import { ConfigSchema, type Config } from '../../../../src/config/schema.ts';
import { servicesOf } from '../../../../src/config/services.ts';
import type { Log, RunProgram } from '../../../../src/effects.ts';
import { analyze, type AnalyzeInput } from '../../../../src/analyze/analyze.ts';
import type { AnalyzeEvent } from '../../../../src/analyze/event.ts';
import { workspaceReader } from '../../../../src/analyze/files.ts';
import type { Plan } from '../../../../src/analyze/plan.ts';
import type { GitHubApi } from '../../../../src/github/api.ts';

export const ZEROS = '0'.repeat(40);

export const silent: Log = {
  info: () => undefined,
  debug: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  foreign: () => undefined,
  group: (_title, body) => body(),
};

/** Real programs, as the action runs them. */
export const run: RunProgram = createRunProgram();

/** A configuration as the schema completes it. */
export function configOf(more: Record<string, unknown> = {}): Config {
  return ConfigSchema.parse({ project: { name: 'app' }, deploy: { target: 'local' }, ...more });
}

export function push(sha: string, more: Partial<AnalyzeEvent> = {}): AnalyzeEvent {
  return { name: 'push', sha, after: sha, ref: 'refs/heads/main', defaultBranch: 'main', ...more };
}

export interface Scene {
  github: GitHubApi;
  event: AnalyzeEvent;
  deployed?: Record<string, string> | string;
  /** Directory of a checkout; without it there is none. */
  workspace?: string;
  config?: Config;
  /** The project's directory in the workspace. */
  directory?: string;
  now?: () => number;
  triedBefore?: boolean;
}

/** `analyze` as main.ts calls it, without a checkout unless one is named. */
export async function analyzed(scene: Scene): Promise<Plan> {
  const config = scene.config ?? configOf();
  const services = servicesOf(config);
  const workspace = scene.workspace ?? '/nonexistent';
  const deployedCommits =
    typeof scene.deployed === 'string'
      ? Object.fromEntries(services.map(({ name }) => [name, scene.deployed as string]))
      : (scene.deployed ?? {});
  const input: AnalyzeInput = {
    config,
    services,
    event: scene.event,
    deployedCommits,
    workspace,
    ...(scene.directory !== undefined && { directory: scene.directory }),
    ...(scene.triedBefore !== undefined && { triedBefore: scene.triedBefore }),
  };
  const { github, now } = scene;
  const effects = { github, run, log: silent, readFile: workspaceReader(workspace) };
  return analyze(input, { ...effects, ...(now && { now }) });
}

/** path -> status, with a rename as the two changes that it is. */
export function statuses(plan: Plan): Record<string, string> {
  return Object.fromEntries(
    plan.files.flatMap((file) =>
      file.status === 'renamed'
        ? [
            [file.path, 'added'],
            [file.previous_path ?? '', 'removed'],
          ]
        : [[file.path, file.status]],
    ),
  );
}
