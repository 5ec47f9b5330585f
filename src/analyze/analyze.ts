import type { Config } from '../config/schema.ts';
import type { Service } from '../config/services.ts';
import type { Log, RunProgram } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import { statusOf, type GitHubApi } from '../github/api.ts';
import { basesOf } from './base.ts';
import { createClassifier, type Classifier } from './categories.ts';
import { apiReader } from './contents.ts';
import { isSha, isZeroSha, type AnalyzeEvent } from './event.ts';
import { checkoutReader, type ReadFile } from './files.ts';
import { withPatience } from './patience.ts';
import type { Plan } from './plan.ts';
import { emptyPlan, planOf, type ServiceChanges } from './planning.ts';
import { changesWithin, membership, type Project } from './project.ts';
import type { Checkout } from './sources/git.ts';
import type { ScannedFile } from './safety-scan.ts';
import type { Changes } from './sources/changes.ts';
import { resolveChanges, type Sources } from './sources/resolve.ts';
import { walkTrees, treeOf } from './sources/tree-walk.ts';
import { unmatchedPatterns } from './unmatched.ts';
import { findCheckout } from './workspace.ts';

export interface AnalyzeInput {
  config: Config;
  services: readonly Service[];
  event: AnalyzeEvent;
  /** Service -> commit last deployed with success on this target, as the state says; may be empty. */
  deployedCommits: Readonly<Record<string, string>>;
  /** The state records a run for this target, whatever became of it. */
  triedBefore?: boolean;
  /** Directory of the checkout, if there is one. */
  workspace: string;
  /**
   * The project's directory, from the workspace (input `working-directory`, see `directoryWithin`); the workspace itself
   * when missing. Patterns, contexts and paths of the configuration are meant from there, and changes elsewhere in the
   * repository concern the project only where these reach out of it.
   */
  directory?: string;
}

export interface AnalyzeEffects {
  github: GitHubApi;
  /** Runs git; any checkout is used as far as it goes, none is needed. */
  run: RunProgram;
  log: Log;
  /** Reads the workspace, see `workspaceReader`; used only when its checkout is the head commit. */
  readFile: ReadFile;
  /** Milliseconds, for the bound of all waiting together; the time of the machine when missing. */
  now?: () => number;
}

/**
 * ANALYZE: from the event to a plan (rules A1 to A9, B1, and layer 1 of the safety). Whatever goes wrong on the way to
 * the changed files makes more files changed, never fewer, and a warning says why.
 * Errors: EVENT_REFUSED for pull_request_target and for an event without a commit, CONFIG_INVALID for patterns that
 * cannot be meant, GITHUB_PERMISSION naming the permission.
 */
export async function analyze(input: AnalyzeInput, effects: AnalyzeEffects): Promise<Plan> {
  const { event, services, config } = input;
  refuse(event);
  if (event.deleted === true || isZeroSha(event.after)) {
    return emptyPlan(event.sha, 'the branch was deleted');
  }
  const warnings: string[] = [];
  const { checkout, project, root } = await findCheckout(effects.run, input.workspace, input.directory ?? '');
  const sources: Sources = {
    github: withPatience(effects.github, effects.now ?? Date.now),
    checkout,
    log: effects.log,
    warn: (message) => void (warnings.includes(message) || warnings.push(message)),
  };
  const classifier = createClassifier(config.analyze.patterns);
  const head = await headOf(event, sources);
  const concerns = membership(project, services, classifier);
  const changes = (await changesOfServices(input, sources, head)).map((group) => ({
    ...group,
    changes: within(group.changes, concerns),
  }));
  const draft = planOf({ config, services, classifier, head, changes, project });
  warnings.push(...removedServices(input));
  warnings.push(
    ...(await unmatchedPatterns(classifier.userLists, services, async () =>
      (await pathsOf(sources, head, effects.log))?.map(project.toProject),
    )),
  );
  const { scan, WORKSPACE_LIMITS, API_LIMITS } = await import('./safety-scan.ts');
  const present = changes.flatMap((group) => group.changes.files).filter((file) => file.status !== 'removed');
  const local =
    checkout?.head === head
      ? checkoutReader({ prefix: root, read: effects.readFile, blob: checkout.blob }, present)
      : undefined;
  const limits = local ? WORKSPACE_LIMITS : API_LIMITS;
  const toRead = draft.files
    .filter((file) => file.status !== 'removed')
    .map(({ path }) => toScan(path, classifier, project));
  const byApi = () =>
    apiReader(
      sources.github,
      present,
      toRead.slice(0, limits.files).map(({ path }) => path),
    );
  const scanned = await scan(toRead, local ?? byApi(), limits);
  return {
    ...draft,
    findings: scanned.findings,
    warnings: [...warnings, ...draft.warnings, ...scanned.warnings],
  };
}

function within(changes: Changes, concerns: (path: string) => boolean): Changes {
  const files = changesWithin(changes.files, concerns);
  return { ...changes, files, ...(files.length < changes.files.length && { elsewhere: true }) };
}

function toScan(path: string, classifier: Classifier, { toProject }: Project): ScannedFile {
  return { path, category: classifier.classify(toProject(path)).category };
}

function removedServices({ services, deployedCommits }: AnalyzeInput): string[] {
  return Object.keys(deployedCommits)
    .filter((name) => !services.some((one) => one.name === name))
    .map(
      (name) =>
        `The service ${name} is deployed but no longer in the configuration: it keeps running until you stop it.`,
    );
}

function refuse(event: AnalyzeEvent): void {
  if (event.name === 'pull_request_target') {
    throw new AutopilotError('EVENT_REFUSED', {
      what: 'The event pull_request_target is refused.',
      why: 'It runs with the secrets of this repository on code that anybody may have written.',
      fix: 'Use `on: pull_request` for checks and `on: push` for deployments.',
    });
  }
  if (event.deleted !== true && !isSha(event.sha)) {
    throw new AutopilotError('EVENT_REFUSED', {
      what: `The event ${event.name} names no commit (${JSON.stringify(event.sha)}).`,
      fix: 'Run the action in a workflow, where GITHUB_SHA is set.',
    });
  }
}

/** The commit to deploy: an annotated tag is an object of its own that points to it. */
async function headOf(event: AnalyzeEvent, { checkout, github }: Sources): Promise<string> {
  if (!event.ref.startsWith('refs/tags/')) return event.sha;
  const local = await checkout?.commit(event.sha);
  if (local !== undefined) return local;
  let sha = event.sha;
  // A tag may point to a tag; nobody builds chains longer than this.
  for (let depth = 0; depth < 5; depth += 1) {
    try {
      const { data } = await github.request<{ object?: { sha?: string; type?: string } }>(
        'GET /repos/{owner}/{repo}/git/tags/{tag_sha}',
        { tag_sha: sha },
      );
      if (!isSha(data?.object?.sha)) return sha;
      sha = data.object.sha;
      if (data.object.type !== 'tag') return sha;
    } catch (error) {
      // Not a tag object: the tag is a lightweight one, and this is its commit.
      if (statusOf(error) === 404 || statusOf(error) === 422) return sha;
      throw error;
    }
  }
  return sha;
}

/** Services with the same base share one comparison. */
async function changesOfServices(
  { services, event, config, deployedCommits, triedBefore = false }: AnalyzeInput,
  sources: Sources,
  head: string,
): Promise<ServiceChanges[]> {
  const groups = new Map<string, { bases: ReturnType<typeof basesOf>; services: string[] }>();
  const anyDeployed = services.some(({ name }) => isSha(deployedCommits[name]));
  for (const { name } of services) {
    const deployed = Object.hasOwn(deployedCommits, name) ? deployedCommits[name] : undefined;
    if (deployed !== undefined && !isSha(deployed)) {
      sources.warn(
        `The state names ${JSON.stringify(deployed)} as the commit of ${name}, which is no commit.`,
      );
    }
    const bases = basesOf({
      event,
      mode: config.analyze.base,
      deployed: isSha(deployed) ? deployed : undefined,
      triedBefore: triedBefore || anyDeployed || deployed !== undefined,
    });
    const key = JSON.stringify(bases);
    const group = groups.get(key);
    if (group) group.services.push(name);
    else groups.set(key, { bases, services: [name] });
  }
  const found: ServiceChanges[] = [];
  for (const { bases, services: names } of groups.values()) {
    found.push({ services: names, changes: await resolveChanges(sources, bases, head) });
  }
  return found;
}

/** Every path of the head, where that costs next to nothing. */
async function pathsOf(
  { checkout, github }: { checkout: Checkout | undefined; github: GitHubApi },
  head: string,
  log: Log,
): Promise<string[] | undefined> {
  try {
    const commit = await checkout?.commit(head);
    if (checkout && commit) return (await checkout.list(commit)).map(({ path }) => path);
    return (await walkTrees(github, undefined, await treeOf(github, head))).map(({ path }) => path);
  } catch (error) {
    log.debug(`The patterns were not checked against the repository: ${String(error)}`);
    return undefined;
  }
}
