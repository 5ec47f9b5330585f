import { closest, distance } from 'fastest-levenshtein';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { AutopilotError } from '../errors.ts';
import { printable } from '../printable.ts';

export const STAGE_INPUTS = [
  'all',
  'analyze',
  'test',
  'build',
  'deploy',
  'verify',
  'rollback',
  'status',
  'unlock',
  'validate',
] as const;
export type StageInput = (typeof STAGE_INPUTS)[number];

/** The inputs of action.yml, with their defaults; a contract test holds the two against each other. */
export const INPUT_DEFAULTS = {
  stage: 'all',
  config: 'gonsautopilot.yaml',
  'github-token': '',
  'ssh-private-key': '',
  'ssh-passphrase': '',
  'ssh-known-hosts': '',
  'dry-run': 'false',
  services: '',
  to: '',
  reason: '',
  'state-branch': 'autopilot-state',
  'working-directory': '.',
} as const;
export type InputName = keyof typeof INPUT_DEFAULTS;

/** What the workflow asked for, checked. Whether the key is needed depends on the target and is checked with it. */
export interface Inputs {
  stage: StageInput;
  /** Relative to the project. */
  config: string;
  githubToken: string;
  ssh: { privateKey: string; passphrase: string; knownHosts: string };
  dryRun: boolean;
  /** For a rollback: which services; all when empty. */
  services: string[];
  /** For a rollback: an image tag or a pipeline id; the previous good release when empty. */
  to: string;
  reason: string;
  stateBranch: string;
  /** Absolute directory of the project, inside the workspace. */
  directory: string;
}

type Environment = Record<string, string | undefined>;

const MAX_REASON = 1_000;

/**
 * Reads and checks the inputs; an empty one counts as not given.
 * @throws AutopilotError STAGE_UNKNOWN with the nearest stage; INPUT_INVALID naming the input.
 */
export function readInputs(env: Environment, workspace: string): Inputs {
  const get = (name: InputName): string => {
    const value = env[`INPUT_${name.toUpperCase()}`] ?? '';
    return value.trim() === '' ? INPUT_DEFAULTS[name] : value;
  };
  const line = (name: InputName) => oneLine(name, get(name).trim());
  const stage = stageOf(line('stage'));
  const githubToken = line('github-token');
  if (githubToken === '' && stage !== 'validate')
    throw invalid(
      'github-token',
      'is empty',
      'Leave it out, so that it is the token of the job, or pass another token.',
    );
  return {
    stage,
    config: projectPath('config', line('config')),
    githubToken,
    ssh: {
      privateKey: get('ssh-private-key'),
      passphrase: env['INPUT_SSH-PASSPHRASE'] ?? '',
      knownHosts: get('ssh-known-hosts'),
    },
    dryRun: booleanOf('dry-run', line('dry-run')),
    services: servicesOf(get('services')),
    to: releaseOf(line('to')),
    reason: reasonOf(get('reason')),
    stateBranch: branchOf(line('state-branch')),
    directory: directoryOf(workspace, line('working-directory')),
  };
}

function invalid(name: InputName, what: string, fix: string): AutopilotError {
  return new AutopilotError('INPUT_INVALID', { what: `The input \`${name}\` ${what}`, fix });
}

const shown = (value: string) => `"${printable(value, 80)}"`;

function oneLine(name: InputName, value: string): string {
  if (/\p{Cc}/u.test(value)) throw invalid(name, 'has more than one line', 'Write it on one line.');
  return value;
}

function stageOf(value: string): StageInput {
  const stage = value.toLowerCase();
  const found = STAGE_INPUTS.find((name) => name === stage);
  if (found) return found;
  const near = closest(stage.slice(0, 100), STAGE_INPUTS);
  throw new AutopilotError('STAGE_UNKNOWN', {
    what: `There is no stage ${shown(value)}`,
    ...(distance(stage.slice(0, 100), near) <= 3 ? { why: `Did you mean \`${near}\`?` } : {}),
    fix: `Set the input \`stage\` to one of ${STAGE_INPUTS.join(', ')}.`,
  });
}

function booleanOf(name: InputName, value: string): boolean {
  if (/^true$/i.test(value)) return true;
  if (/^false$/i.test(value)) return false;
  throw invalid(name, `is ${shown(value)}`, 'Write true or false.');
}

function servicesOf(value: string): string[] {
  const names = value.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names)
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name))
      throw invalid('services', `names ${shown(name)}`, 'Write the names of services, separated by commas.');
  return [...new Set(names)];
}

function releaseOf(value: string): string {
  if (value === '' || /^[A-Za-z0-9_][A-Za-z0-9_./:-]{0,254}$/.test(value)) return value;
  throw invalid('to', `is ${shown(value)}`, 'Write an image tag such as a1b2c3d, or a pipeline id.');
}

function reasonOf(value: string): string {
  return value.trim().replace(/\s+/g, ' ').slice(0, MAX_REASON);
}

/** The rules of `git check-ref-format --branch`. */
export function isBranchName(name: string): boolean {
  if (name === '' || name.length > 200 || /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\//u.test(name)) return false;
  if (name === '@' || name === 'HEAD' || /^[-/]|[/.]$|^refs\//.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

function branchOf(value: string): string {
  if (isBranchName(value)) return value;
  throw invalid(
    'state-branch',
    `is ${shown(value)}, which git does not allow as a branch`,
    'Choose another name.',
  );
}

const leaves = (path: string) => path === '..' || path.startsWith('../') || isAbsolute(path);

function projectPath(name: InputName, value: string): string {
  const path = relative('.', join('.', value));
  if (isAbsolute(value) || leaves(path))
    throw invalid(name, `is ${shown(value)}, outside of the project`, 'Write a path inside the project.');
  return path;
}

function directoryOf(workspace: string, value: string): string {
  const directory = resolve(workspace, value);
  if (leaves(relative(workspace, directory)))
    throw invalid(
      'working-directory',
      `is ${shown(value)}, outside of the workspace`,
      'Write a path inside the workspace.',
    );
  return directory;
}
