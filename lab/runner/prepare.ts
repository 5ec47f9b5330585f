/** From a step of the workflow to the process that carries it out, and the one for its post. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ActionFile, inputVariable, readAction } from './action-file.ts';
import { checkoutCleanup, checkoutScript } from './checkout.ts';
import { type JobFacts, serviceEnvironment } from './environment.ts';
import type { Execution } from './execution.ts';
import { interpolate, type Scope } from './expressions.ts';
import type { JobInput, StepInput } from './index.ts';

export interface Prepared {
  execution: Execution;
  post?: {
    condition: string;
    /** `state` is what the main part saved. */
    execution: (state: ReadonlyMap<string, string>) => Execution;
  };
}

export interface Preparation {
  input: JobInput;
  facts: JobFacts;
  node: string;
  /** Contexts, with the step's own environment in `env`. */
  scope: (own: Record<string, string>) => Scope;
  /** The whole environment of a step's process. */
  environment: (own: Record<string, string>) => Record<string, string>;
  warn: (message: string) => void;
}

type Own = Record<string, string>;

const interpolated = (texts: Record<string, string> | undefined, scope: Scope): Record<string, string> =>
  Object.fromEntries(Object.entries(texts ?? {}).map(([key, text]) => [key, interpolate(text, scope)]));

/** Throws for an action that is not there or a broken expression; the step then fails. */
export async function prepare(step: StepInput, at: Preparation): Promise<Prepared> {
  const own = interpolated(step.env, at.scope({}));
  const scope = at.scope(own);
  const given = interpolated(step.with, scope);
  if (step.uses === undefined) {
    return script(interpolate(step.run ?? '', scope), step['working-directory'], own, at);
  }
  if (/^(actions\/)?checkout(@|$)/.test(step.uses)) return checkout(given, own, at);
  return action(step.uses, step.id, given, own, at);
}

async function script(
  text: string,
  directory: string | undefined,
  own: Own,
  at: Preparation,
): Promise<Prepared> {
  const { temp, workspace } = at.facts.places;
  const file = join(temp, `${randomUUID()}.sh`);
  await writeFile(file, text);
  const cwd = resolve(workspace, directory ?? '.');
  return { execution: { kind: 'script', file: 'bash', args: ['-e', file], cwd, env: at.environment(own) } };
}

async function action(
  uses: string,
  id: string | undefined,
  given: Record<string, string>,
  own: Own,
  at: Preparation,
): Promise<Prepared> {
  const cwd = at.facts.places.workspace;
  const [name = '', ref = ''] = uses.split('@');
  const found = await readAction(at.input.actions?.[name] ?? resolve(cwd, uses));
  const env = {
    ...at.environment(own),
    ...serviceEnvironment(at.input.cache, at.facts),
    ...inputs(found, given, own, at),
    GITHUB_ACTION: id ?? '__run',
    GITHUB_ACTION_REPOSITORY: ref === '' ? '' : name,
    GITHUB_ACTION_REF: ref,
  };
  const execution: Execution = { kind: 'action', file: at.node, args: [found.main], cwd, env };
  const { post } = found;
  if (post === undefined) return { execution };
  const withState = (state: ReadonlyMap<string, string>): Execution => {
    const saved = Object.fromEntries([...state].map(([key, value]) => [`STATE_${key}`, value]));
    return { ...execution, args: [post], env: { ...env, ...saved } };
  };
  return { execution, post: { condition: found.postIf, execution: withState } };
}

function inputs(
  found: ActionFile,
  given: Record<string, string>,
  own: Own,
  at: Preparation,
): Record<string, string> {
  const names = Object.keys(found.inputs);
  const known = new Set(names.map((name) => name.toLowerCase()));
  const scope = at.scope(own);
  const env: Record<string, string> = {};
  for (const [name, input] of Object.entries(found.inputs)) {
    env[inputVariable(name)] = interpolate(input.default, scope);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!known.has(name.toLowerCase())) {
      const valid = names.map((one) => `'${one}'`).join(', ');
      at.warn(`Unexpected input(s) '${name}', valid inputs are [${valid}]`);
    }
    env[inputVariable(name)] = value;
  }
  return env;
}

async function checkout(given: Record<string, string>, own: Own, at: Preparation): Promise<Prepared> {
  const { github, repository: name } = at.input;
  const cwd = resolve(at.facts.places.workspace, given['path'] ?? '.');
  await mkdir(cwd, { recursive: true });
  for (const entry of await readdir(cwd)) await rm(join(cwd, entry), { recursive: true, force: true });
  const { ref, sha } = await checkoutTarget(given['ref'] ?? '', at);
  const text = checkoutScript({
    gitUrl: github.serverUrl,
    repository: name,
    ref,
    sha,
    token: given['token'] ?? at.facts.token,
    depth: Number(given['fetch-depth'] ?? '1'),
    workspace: cwd,
    persist: given['persist-credentials'] !== 'false',
  });
  const env = { ...at.environment(own), GIT_TERMINAL_PROMPT: '0' };
  const bash = { kind: 'script' as const, file: 'bash', cwd, env };
  const cleanup: Execution = { ...bash, args: ['-c', checkoutCleanup(github.serverUrl)] };
  return {
    execution: { ...bash, args: ['-e', '-c', text] },
    post: { condition: 'always()', execution: () => cleanup },
  };
}

/** Without `ref:` the event's commit, else where the branch, tag or sha is now. */
async function checkoutTarget(
  wanted: string,
  { input, facts }: Preparation,
): Promise<{ ref: string; sha: string }> {
  if (wanted === '') return { ref: facts.ref, sha: facts.sha };
  const repository = input.github.repository(input.repository);
  const found = await repository.commitOf(wanted);
  if (!found) throw new Error(`A branch or tag with the name '${wanted}' could not be found`);
  const branch = `refs/heads/${wanted.replace(/^refs\/heads\//, '')}`;
  return { ref: (await repository.ref(branch)) ? branch : wanted, sha: found.sha };
}
