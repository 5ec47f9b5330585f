import { join } from 'node:path';
import type { SuiteKind } from '../analyze/plan.ts';
import type { Config, E2eSuite, UnitSuite } from '../config/schema.ts';
import type { Manifest } from './command.ts';

/** One suite with everything that running it needs, defaults resolved. */
export type Suite =
  | { kind: 'unit'; name: string; settings: UnitSuite }
  | { kind: 'e2e'; name: string; settings: E2eSuite }
  | { kind: 'performance'; name: string; settings: Config['test']['performance'] }
  | { kind: 'security'; name: string; settings: Config['test']['security'] };

export const DEFAULT_COMMANDS = { unit: 'npm test', e2e: 'npx playwright test' } as const;
export const PLAYWRIGHT_CONFIG = /^playwright\.config\.[cm]?[jt]s$/;
export const DEFAULT_URL = 'http://localhost:3000';

/** Every suite of the configuration, switched on or off, in the order of rule T1. `unit`, or `unit:frontend`. */
export function suitesOf(config: Config): Suite[] {
  const { unit, e2e, performance, security } = config.test;
  const named = <Kind extends SuiteKind, T>(kind: Kind, suites: Record<string, T>) =>
    Object.entries(suites).map(([name, settings]) => ({
      kind,
      name: name ? `${kind}:${name}` : kind,
      settings,
    }));
  return [
    ...named('unit', unit),
    ...named('e2e', e2e),
    { kind: 'performance', name: 'performance', settings: performance },
    { kind: 'security', name: 'security', settings: security },
  ];
}

/** What a look at the suite's folder told. */
export interface Project {
  manifest?: Manifest;
  /** Names of the files in the folder. */
  files: readonly string[];
}

/**
 * Why a suite that nobody configured cannot be meant: the project obviously has no such thing, so the default is
 * skipped instead of failed. Nothing means: run it. What somebody configured always runs.
 */
export function absence(suite: Suite, project: Project): string | undefined {
  const { manifest, files } = project;
  const depends = (name: string) =>
    Boolean(manifest?.dependencies?.[name] ?? manifest?.devDependencies?.[name]);
  switch (suite.kind) {
    case 'unit': {
      if (suite.settings.command !== undefined) return undefined;
      const script = manifest?.scripts?.['test'];
      if (script === undefined)
        return 'package.json has no test script; set test.unit.command to run something else';
      return /no test specified/.test(script)
        ? 'the test script of package.json is the placeholder of npm'
        : undefined;
    }
    case 'e2e': {
      if (suite.settings.command !== undefined) return undefined;
      if (depends('@playwright/test') || depends('playwright')) return undefined;
      if (files.some((file) => PLAYWRIGHT_CONFIG.test(file))) return undefined;
      return 'the project does not use Playwright; set test.e2e.command to run something else';
    }
    case 'performance': {
      const { start, command, url } = suite.settings;
      if (start !== undefined || command !== undefined || url !== DEFAULT_URL) return undefined;
      if ((depends('lighthouse') || depends('@lhci/cli')) && manifest?.scripts?.['start'] !== undefined)
        return undefined;
      return 'no page to measure; set test.performance.start to the command that serves it';
    }
    case 'security': {
      if (!suite.settings.audit) return 'test.security.audit is false';
      return manifest === undefined ? 'there is no package.json to audit' : undefined;
    }
  }
}

/** Reads what `absence` needs. A package.json that is not JSON counts as one without content: its own suite says so. */
export async function lookAt(
  files: { read(path: string): Promise<string | undefined>; list(path: string): Promise<string[]> },
  folder: string,
): Promise<Project> {
  const text = await files.read(join(folder, 'package.json'));
  const names = await files.list(folder);
  return text === undefined ? { files: names } : { files: names, manifest: manifestOf(text) };
}

function manifestOf(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const part = (key: string): Record<string, string> => {
    const entry =
      value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
    if (entry === null || typeof entry !== 'object') return {};
    return Object.fromEntries(Object.entries(entry).filter(([, text]) => typeof text === 'string'));
  };
  return {
    scripts: part('scripts'),
    dependencies: part('dependencies'),
    devDependencies: part('devDependencies'),
  };
}
