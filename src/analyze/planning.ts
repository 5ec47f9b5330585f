import type { Config } from '../config/schema.ts';
import type { Service } from '../config/services.ts';
import { claimsOf, withDependants, type Reason } from './affected.ts';
import { isManifest, type Classified, type Classifier } from './categories.ts';
import { CATEGORIES, type Category, type ChangedFile, type Decision, type Plan } from './plan.ts';
import { projectAt, type Project } from './project.ts';
import type { Change, Changes } from './sources/changes.ts';
import { chooseSuites, suitesOf } from './suites.ts';

/** The services that share a base, and what changed since. */
export interface ServiceChanges {
  services: readonly string[];
  changes: Changes;
}

export interface PlanningInput {
  config: Config;
  services: readonly Service[];
  classifier: Classifier;
  head: string;
  /** What concerns the project, see `changesWithin`. */
  changes: readonly ServiceChanges[];
  /** The whole repository when missing. */
  project?: Project;
}

/** A plan in which nothing is to be done, for a reason (rule A7). */
export function emptyPlan(head: string, reason: string): Plan {
  return {
    base: '',
    head,
    categories: noFiles(),
    suites: [],
    services: [],
    decisions: [{ action: 'skip_pipeline', reason }],
    files: [],
    because: {},
    source: 'none',
    skipped: reason,
    findings: [],
    warnings: [],
  };
}

/** The pure middle of ANALYZE: changed files of each service in, plan out. */
export function planOf(input: PlanningInput): Plan {
  const { config, services, classifier, head, changes, project = projectAt('') } = input;
  const classified = new Map<string, Classified>();
  const classify = (path: string): Classified => {
    const known = classified.get(path) ?? categoryOf(path, classifier, project);
    classified.set(path, known);
    return known;
  };
  const claims = claimsOf(services, (name) => config.services?.[name]?.categories !== undefined, project);
  const selected = select(changes, (path) => claims(path, classify(path).category));
  const files = [...selected.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const paths = new Set(files.flatMap(pathsOf));
  const categories = noFiles();
  for (const path of paths) categories[classify(path).category].push(path);
  // Not by assignment: a file may be called `__proto__`.
  const because = Object.fromEntries([...paths].map((path) => [path, classify(path).because]));
  const whole = changes.find((group) => group.changes.source === 'everything')?.changes;
  const everything = whole !== undefined;
  const affected = withDependants(services, selected.affected);
  const base = mainGroup(changes)?.changes.base ?? '';
  const bases = Object.fromEntries(
    changes.flatMap((group) => group.services.map((name) => [name, group.changes.base] as const)),
  );
  const plan: Plan = {
    ...emptyPlan(head, ''),
    base,
    bases,
    categories,
    files: files.map(({ path, status, previous_path }) => ({
      path,
      status,
      ...(previous_path !== undefined && { previous_path }),
    })),
    because,
    source: [...new Set(changes.map((group) => group.changes.source))].join('+') || 'none',
    decisions: [],
  };
  delete plan.skipped;
  const present = new Set(CATEGORIES.filter((category) => categories[category].length > 0));
  present.delete('other');
  const unknown = changes.some((group) => group.changes.unknown === true);
  if (present.size === 0 && affected.size === 0 && !unknown) {
    const where = changes.some((group) => group.changes.elsewhere === true) ? `in ${project.directory} ` : '';
    const reason =
      paths.size === 0
        ? `nothing changed ${where}since ${base === '' ? 'the last deployment' : base.slice(0, 7)}`
        : `only files that are not part of the application changed (${[...paths].slice(0, 3).join(', ')}${paths.size > 3 ? ', ...' : ''})`;
    return { ...plan, skipped: reason, decisions: [{ action: 'skip_pipeline', reason }] };
  }
  const suites = chooseSuites(suitesOf(config), {
    categories: present,
    testSides: new Set(categories.test.map((path) => classifier.sideOf(project.toProject(path)))),
    manifest: categories.config.some(isManifest),
    everything,
  });
  return {
    ...plan,
    suites: suites.run,
    services: services.map(({ name }) => name).filter((name) => affected.has(name)),
    decisions: [
      ...(whole ? [{ action: 'run_everything', reason: whole.reason ?? '' }] : []),
      ...suites.decisions,
      ...serviceDecisions(services, affected),
      ...databaseDecision(categories.database),
    ],
  };
}

/** A project that is a submodule, or was one, changes as a whole. */
function categoryOf(path: string, classifier: Classifier, { directory, toProject }: Project): Classified {
  if (path === directory) return { category: 'shared', because: 'it is the whole project' };
  return classifier.classify(toProject(path));
}

/**
 * Where services have different bases, a file counts when it concerns a service that does not have it yet. Files that
 * concern no service (tests, texts) count from the base with the fewest changes, which is the latest.
 */
function select(
  groups: readonly ServiceChanges[],
  claimedBy: (path: string) => Map<string, Reason>,
): { files: Map<string, Change>; affected: Map<string, Reason> } {
  const files = new Map<string, Change>();
  const affected = new Map<string, Reason>();
  const main = mainGroup(groups);
  const latest = new Set(main?.changes.files);
  for (const { services, changes } of groups) {
    for (const file of changes.files) {
      let counts = latest.has(file);
      for (const path of pathsOf(file)) {
        const claims = claimedBy(path);
        for (const name of services) {
          const reason = claims.get(name);
          if (reason === undefined) continue;
          counts = true;
          if (!affected.has(name)) affected.set(name, reason);
        }
      }
      if (counts && !files.has(file.path)) files.set(file.path, file);
    }
    if (changes.source !== 'everything') continue;
    for (const name of services) affected.set(name, changes.reason ?? '');
  }
  return { files, affected };
}

function mainGroup(groups: readonly ServiceChanges[]): ServiceChanges | undefined {
  return groups
    .filter((group) => group.changes.unknown !== true)
    .sort((a, b) => a.changes.files.length - b.changes.files.length)[0];
}

/** A rename changes the place it left as well. */
function pathsOf(file: ChangedFile): string[] {
  return file.status === 'renamed' && file.previous_path !== undefined
    ? [file.path, file.previous_path]
    : [file.path];
}

function serviceDecisions(services: readonly Service[], affected: ReadonlyMap<string, Reason>): Decision[] {
  if (affected.size === 0) {
    const reason = 'no changed file is part of a service';
    return [
      { action: 'skip_build', reason },
      { action: 'skip_deploy', reason },
    ];
  }
  return services.map(({ name }) => {
    const reason = affected.get(name);
    return reason === undefined
      ? { action: `skip_build_${name}`, reason: `no changed file concerns ${name}` }
      : { action: `build_${name}`, reason };
  });
}

function databaseDecision(files: readonly string[]): Decision[] {
  const first = files[0];
  if (first === undefined) return [];
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return [
    { action: 'migration_needed', reason: `${first}${more} changed: the database may need a migration` },
  ];
}

function noFiles(): Record<Category, string[]> {
  return Object.fromEntries(CATEGORIES.map((category) => [category, [] as string[]])) as Record<
    Category,
    string[]
  >;
}
