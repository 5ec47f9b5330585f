import { AutopilotError } from '../errors.ts';
import type { Command, Target } from '../server/target.ts';
import { type ComposeModel, parseComposeModel } from './compose-model.ts';

export interface Resolved {
  model: ComposeModel;
  /** compose service -> hash of its configuration, the one that Compose writes into the label of a container. */
  hashes: Record<string, string>;
}

type Ask = (title: string, question: readonly string[], profiles?: readonly string[]) => Command;

/** Asks Compose about a text that is not on the server yet; changes nothing there. */
const asking =
  (directory: string, source: string): Ask =>
  (title, question, profiles = []) => ({
    title,
    argv: [
      ...(['docker', 'compose', '--project-directory', directory] as const),
      ...profiles.flatMap((profile) => ['--profile', profile]),
      ...['-f', '-', 'config', ...question],
    ],
    input: source,
    timeout: 60_000,
  });

/**
 * The compose file as Compose on the server understands it. Services of profiles that nobody has enabled are left out, as
 * nothing runs them. A wanted service enables its own: Compose does so for each service that a command names, and a release
 * names it. Throws SERVER_COMPOSE.
 */
export async function resolve(
  target: Pick<Target, 'name' | 'query'>,
  directory: string,
  source: string,
  wanted: readonly string[],
): Promise<Resolved> {
  const ask = asking(directory, source);
  const resolved = (profiles: readonly string[], services: readonly string[] = []) =>
    modelOf(target, ask('read the compose file', ['--format', 'json', ...services], profiles));
  const hashed = (profiles: readonly string[]) =>
    hashesOf(target, ask('hash the services of the compose file', ['--hash', '*'], profiles));
  const [model, hashes] = await Promise.all([resolved([]), hashed([])]);
  const disabled = wanted.filter((name) => !(name in model.services));
  if (disabled.length === 0) return { model, hashes };
  const named = await resolved([], disabled);
  const profiles = [...new Set(disabled.flatMap((name) => named.services[name]?.profiles ?? []))];
  const [wider, more] = await Promise.all([resolved(profiles), hashed(profiles)]);
  // `--profile` takes the place of COMPOSE_PROFILES: what that one enables is in the first answer only.
  return {
    model: { ...model, services: { ...wider.services, ...model.services } },
    hashes: { ...more, ...hashes },
  };
}

async function modelOf(target: Pick<Target, 'name' | 'query'>, command: Command): Promise<ComposeModel> {
  const resolved = await target.query(command);
  if (resolved.code === 0) return parseComposeModel(resolved.stdout);
  throw new AutopilotError('SERVER_COMPOSE', {
    what: `Docker Compose on ${target.name} refuses the compose file with the new images.`,
    why: resolved.stderr.trim() || resolved.stdout.trim(),
    fix: 'Repair the compose file, or the files it refers to (`env_file`, `.env`, `include`), on the server.',
  });
}

/** From lines of `service hash`. Without them nothing passes for current. */
async function hashesOf({ query }: Pick<Target, 'query'>, command: Command): Promise<Record<string, string>> {
  const hashed = await query(command);
  if (hashed.code !== 0) return {};
  return Object.fromEntries(
    hashed.stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([name, hash]) => (name && hash ? [[name, hash] as const] : [])),
  );
}
