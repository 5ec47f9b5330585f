import { dirname, join } from 'node:path';
import type { RunResult } from '../effects.ts';
import { type TestEffects, readFresh, startOf } from './effects.ts';
import { execute, shellCommand } from './execute.ts';
import { readLighthouse } from './lighthouse.ts';
import type { Output } from './output.ts';
import type { Ran, Surroundings } from './ran.ts';
import { ReportUnreadable } from './reports/report.ts';
import { DEFAULT_URL, type Suite } from './suites.ts';

type PerformanceSuite = Extract<Suite, { kind: 'performance' }>;

const LONGEST_START = 120_000;
const PROBE_TIMEOUT = 2_000;
const PROBE_PAUSE = 250;
/** The newest major version that runs on every Node from 20 on. */
const LIGHTHOUSE = 'lighthouse@12';
const CHROME_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
].join(' ');

/** The whole reason why there is no score, as one sentence. */
class Unmeasurable extends Error {}

/**
 * Rule T3: a Lighthouse performance score below the minimum is a WARNING. So is everything that keeps it from being
 * measured: the page does not come up, there is no browser, Lighthouse fails. The server that was started for it is
 * gone when this returns.
 */
export async function runPerformance(
  suite: PerformanceSuite,
  around: Surroundings,
  effects: TestEffects,
): Promise<Ran> {
  const { settings } = suite;
  const warn = (message: string, summary: string): Ran => ({
    checks: [{ suite: suite.name, severity: 'WARNING', message }],
    summary,
  });
  try {
    const score = await served(suite, around, effects, () => measure(suite, around, effects));
    if (score >= settings.min_score) return { checks: [], summary: `score ${score}` };
    return warn(
      `the performance score is ${score}, below the minimum of ${settings.min_score}`,
      `score ${score}`,
    );
  } catch (error) {
    if (!(error instanceof Unmeasurable)) throw error;
    return warn(`the performance could not be measured: ${error.message}`, 'could not be measured');
  }
}

/** Serves the page by the start command while `body` runs, if there is one. */
async function served<T>(
  suite: PerformanceSuite,
  around: Surroundings,
  effects: TestEffects,
  body: () => Promise<T>,
): Promise<T> {
  const { start, command, url } = suite.settings;
  // Without any setting the suite runs only where package.json has a start script (see `absence`).
  const serve = start ?? (command === undefined && url === DEFAULT_URL ? 'npm start' : undefined);
  if (serve === undefined) return body();
  if ((await effects.probe(url, PROBE_TIMEOUT)) !== undefined) {
    throw new Unmeasurable(`something else already answers at ${url}; give the suite a port of its own`);
  }
  const stop = new AbortController();
  const state: { ended?: RunResult } = {};
  const server = effects
    .run(shellCommand(around.shell, serve, 'nothing', []), {
      cwd: around.folder,
      signal: around.signal ? AbortSignal.any([stop.signal, around.signal]) : stop.signal,
      onLine: (line) => around.output.add(line),
    })
    .then(
      (result) => void (state.ended = result),
      () => undefined,
    );
  try {
    await answering(
      url,
      serve,
      state,
      Math.min(LONGEST_START, suite.settings.timeout * 1000),
      effects,
      around.output,
    );
    return await body();
  } finally {
    stop.abort();
    await server;
  }
}

async function answering(
  url: string,
  command: string,
  state: { ended?: RunResult },
  limit: number,
  { probe, clock }: TestEffects,
  output: Output,
): Promise<void> {
  const end = clock.now().getTime() + limit;
  for (;;) {
    const status = await probe(url, PROBE_TIMEOUT);
    if (status !== undefined && status < 500) return;
    // A command that ends with 0 may have left a server behind it.
    if (state.ended && state.ended.code !== 0) {
      const said = output.lastWords();
      throw new Unmeasurable(
        `\`${command}\` ended with exit code ${state.ended.code} before ${url} answered: ${said}`,
      );
    }
    if (clock.now().getTime() >= end) {
      const last = status === undefined ? 'did not answer' : `answered ${status}`;
      throw new Unmeasurable(`${url} ${last} within ${limit / 1000} s of \`${command}\``);
    }
    await clock.sleep(PROBE_PAUSE);
  }
}

async function measure(suite: PerformanceSuite, around: Surroundings, effects: TestEffects): Promise<number> {
  const { settings } = suite;
  const file = `${around.report}.json`;
  const started = startOf(effects);
  const args = [
    settings.url,
    '--quiet',
    '--output=json',
    `--output-path=${file}`,
    '--only-categories=performance',
    '--no-enable-error-reporting',
    `--chrome-flags=${CHROME_FLAGS}`,
  ];
  const argv: [string, ...string[]] =
    settings.command === undefined
      ? [...(await program(around, effects)), ...args]
      : shellCommand(around.shell, settings.command, 'arguments', args);
  const result = await execute(
    suite.name,
    argv,
    {
      cwd: around.folder,
      timeout: settings.timeout * 1000,
      ...(around.signal ? { signal: around.signal } : {}),
    },
    around.output,
    effects,
  );
  if (result.timedOut)
    throw new Unmeasurable(`Lighthouse was stopped at its time limit of ${settings.timeout} s`);
  const text = await readFresh(file, started, effects.files);
  if (text === undefined) {
    const said = result.code === 127 ? 'it is not installed' : around.output.lastWords();
    throw new Unmeasurable(`Lighthouse ended with exit code ${result.code} and no report: ${said}`);
  }
  try {
    return readLighthouse(text);
  } catch (error) {
    if (error instanceof ReportUnreadable) throw new Unmeasurable(`Lighthouse's report ${error.message}`);
    throw error;
  }
}

/** The project's own Lighthouse, else one fetched for the occasion. */
async function program(around: Surroundings, { files }: TestEffects): Promise<[string, ...string[]]> {
  for (let folder = around.folder; ; folder = dirname(folder)) {
    const own = join(folder, 'node_modules', '.bin', 'lighthouse');
    if ((await files.changedAt(own)) !== undefined) return [own];
    if (folder === around.root || folder === dirname(folder)) return ['npx', '--yes', LIGHTHOUSE];
  }
}
