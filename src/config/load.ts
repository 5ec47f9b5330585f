import { AutopilotError } from '../errors.ts';
import { printable } from '../printable.ts';
import { crossChecks } from './cross-checks.ts';
import { at, ConfigError, describeIssues, type Problem, type ShapeProblem } from './problems.ts';
import { type Config, ConfigSchema } from './schema.ts';
import { parseSource } from './source.ts';

export { ConfigError, type Problem } from './problems.ts';

/** Looked for in this order when the input keeps its default. */
export const CONFIG_FILES = [
  'gonsautopilot.yaml',
  'gonsautopilot.yml',
  '.github/gonsautopilot.yaml',
] as const;

export interface ConfigRequest {
  /** Absolute directory of the project. */
  workspace: string;
  /** As the `config` input says, relative to the workspace. */
  file: string;
  /** As fs.readFile with utf8: rejects with code ENOENT (or ENOTDIR) for what does not exist. */
  readFile: (path: string) => Promise<string>;
}

/**
 * Reads, parses and checks the configuration.
 * @throws AutopilotError CONFIG_MISSING when there is no file; ConfigError (CONFIG_INVALID) with all problems at once.
 */
export async function loadConfig(request: ConfigRequest): Promise<Config> {
  const { file, text } = await findFile(request);
  return parseConfig(text, file);
}

async function findFile({
  workspace,
  file,
  readFile,
}: ConfigRequest): Promise<{ file: string; text: string }> {
  const candidates: readonly string[] = file === '' || file === CONFIG_FILES[0] ? CONFIG_FILES : [file];
  for (const candidate of candidates) {
    try {
      return { file: candidate, text: await readFile(`${workspace.replace(/\/+$/, '')}/${candidate}`) };
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new AutopilotError('CONFIG_INVALID', {
        what: `${printable(candidate)} cannot be read`,
        why: error instanceof Error ? error.message : String(error),
        fix: 'Make it a readable YAML file.',
        cause: error,
      });
    }
  }
  throw new AutopilotError('CONFIG_MISSING', {
    what: `There is no ${candidates.map((path) => printable(path)).join(', ')} in ${workspace}`,
    why: 'The project was not checked out before this step, or the configuration stands somewhere else.',
    fix: 'Run actions/checkout first, and name the file in the `config` input when it has another name. The least it holds: project.name and deploy.target.',
  });
}

/** The configuration in `text`; `file` names it in the problems. Throws ConfigError. */
export function parseConfig(text: string, file: string): Config {
  const source = parseSource(text, file);
  if (source.problems.length > 0) throw new ConfigError(file, source.problems.map(clean));
  if (source.value === null || source.value === undefined)
    throw new ConfigError(file, [
      {
        file,
        line: 1,
        column: 1,
        path: '',
        message: 'the file is empty; project.name and deploy.target are needed',
      },
    ]);
  const parsed = ConfigSchema.safeParse(source.value);
  const shape = parsed.success ? [] : describeIssues(parsed.error.issues, source.value);
  // Rules across keys are checked on what is left without the wrong values, so that one run names everything.
  const checkable = parsed.success ? parsed.data : remainder(source.value, shape);
  const found = [...shape, ...(checkable ? crossProblems(checkable, shape) : [])];
  const problems = found.map(({ path, message, part }): Problem =>
    clean({ file, ...source.locate(path, part), path: path.map(String).join('.'), message }),
  );
  if (!parsed.success || problems.length > 0)
    throw new ConfigError(
      file,
      problems.sort((a, b) => a.line - b.line || a.column - b.column),
    );
  return withPath(parsed.data);
}

/** `deploy.path` has its default from the project's name, which the shape alone cannot say. */
function withPath(config: Config): Config {
  if (config.deploy.path !== undefined) return config;
  return { ...config, deploy: { ...config.deploy, path: `/srv/${config.project.name}` } };
}

function crossProblems(config: Config, shape: readonly ShapeProblem[]): ShapeProblem[] {
  const wrong = shape.map(({ path }) => path);
  const startsWith = (path: readonly PropertyKey[], start: readonly PropertyKey[]) =>
    start.every((part, index) => path[index] === part);
  return crossChecks(config)
    .filter(({ path }) => !wrong.some((other) => startsWith(path, other) || startsWith(other, path)))
    .map((problem) => ({ ...problem, part: 'value' as const }));
}

/** The configuration without its wrong values; undefined when that still has no shape. */
function remainder(value: unknown, shape: readonly ShapeProblem[]): Config | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const copy = structuredClone(value) as Record<string, unknown>;
  for (const { path } of shape) remove(copy, path);
  const project = copy['project'];
  copy['project'] = { name: 'unnamed', ...(typeof project === 'object' ? project : {}) };
  const parsed = ConfigSchema.safeParse(copy);
  return parsed.success ? parsed.data : undefined;
}

/** Deletes the value at `path`; of a list the whole list, which cannot have a hole. */
function remove(root: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const parent = at(root, path.slice(0, -1));
  if (last === undefined || parent === null || typeof parent !== 'object') return;
  if (Array.isArray(parent)) remove(root, path.slice(0, -1));
  else Reflect.deleteProperty(parent, last);
}

function clean(problem: Problem): Problem {
  return { ...problem, path: printable(problem.path), message: problem.message.replace(/[\r\n]+/g, ' ') };
}
