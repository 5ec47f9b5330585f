import { join } from 'node:path';
import type { Log, RunProgram } from '../effects.ts';
import type { Builder, BuildEnvironment } from './builder.ts';

/** The variables that `type=gha` needs. Other programs get none of them (action/run-program.ts withholds the token). */
export function cacheServiceOf(env: Record<string, string | undefined>): Record<string, string> {
  const names = [
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_RESULTS_URL',
    'ACTIONS_CACHE_URL',
    'ACTIONS_CACHE_SERVICE_V2',
  ];
  const found = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const usable =
    found.some(([name]) => name.endsWith('TOKEN')) && found.some(([name]) => name.endsWith('URL'));
  return usable ? Object.fromEntries(found) : {};
}

export interface CachePlan {
  from: string[];
  to: string[];
  /** For the builder's environment. */
  env: Record<string, string>;
  /** A local cache grows with every build, so each build writes a new one that takes the place of the old. */
  replace?: { old: string; new: string };
}

/** Which cache there is besides the builder's own, and why not a better one. */
type CacheKind = { kind: 'service' } | { kind: 'folder'; path: string } | { kind: 'none'; note: string };

function kindOf(builder: Builder, { cacheService, toolCache }: BuildEnvironment): CacheKind {
  const only = 'that of the builder on this runner only';
  const lost = `${only}, so that a fresh runner begins without:`;
  const service = Object.keys(cacheService).length > 0;
  if (!builder.exportsCache) {
    if (!service || builder.command === 'docker') return { kind: 'none', note: only };
    const why = "the engine's own builder, with the classic image store, can keep none elsewhere";
    return {
      kind: 'none',
      note: `${lost} ${why}. docker/setup-buildx-action before this step brings one that can`,
    };
  }
  const spoken = builder.speaksCacheServiceV2 || (cacheService['ACTIONS_CACHE_SERVICE_V2'] ?? '') === '';
  if (service && spoken) return { kind: 'service' };
  // The engine's own builder keeps its cache by itself.
  if (toolCache !== undefined && builder.driver !== 'docker')
    return { kind: 'folder', path: join(toolCache, 'gonsautopilot-build') };
  if (!service) return { kind: 'none', note: only };
  return {
    kind: 'none',
    note: `${lost} the cache service of GitHub needs Buildx 0.21 and BuildKit 0.20, or later`,
  };
}

/** One line for people: where this run's layers are kept for the next. Pure. */
export function cacheNote(builder: Builder, environment: BuildEnvironment): string {
  const found = kindOf(builder, environment);
  switch (found.kind) {
    case 'service':
      return 'Build cache: the cache service of GitHub';
    case 'folder':
      return `Build cache: ${found.path}`;
    case 'none':
      return `Build cache: ${found.note}`;
  }
}

/** Where the layers of one service's build come from and go to, besides the builder's own cache. Pure. */
export function cacheOf(
  builder: Builder,
  environment: BuildEnvironment,
  { scope, mode }: { scope: string; mode: 'auto' | 'off' },
): CachePlan {
  const found = kindOf(builder, environment);
  if (mode === 'off' || found.kind === 'none') return { from: [], to: [], env: {} };
  if (found.kind === 'service') {
    return {
      from: [`type=gha,scope=${scope}`],
      // A cache that cannot be written is no reason to fail a build.
      to: [`type=gha,mode=max,ignore-error=true,scope=${scope}`],
      env: environment.cacheService,
    };
  }
  const old = join(found.path, scope);
  return {
    from: [`type=local,src=${old}`],
    to: [`type=local,mode=max,ignore-error=true,dest=${old}.next`],
    env: {},
    replace: { old, new: `${old}.next` },
  };
}

/** The new cache takes the place of the old one; a build that is done does not fail for it. */
export async function keepCache(
  { replace }: CachePlan,
  { run, log }: { run: RunProgram; log: Log },
): Promise<void> {
  if (replace === undefined) return;
  const steps = [
    ['rm', '-rf', '--', replace.old],
    ['mv', '--', replace.new, replace.old],
  ] as const;
  for (const step of steps) {
    const done = await run(step);
    if (done.code !== 0) return log.warning(`The build cache was not kept: ${done.stderr.trim()}`);
  }
}
