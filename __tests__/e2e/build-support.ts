/** BUILD against a real builder, with files of a test's own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { systemClock } from '../../src/action/clock.ts';
import { createRunProgram } from '../../src/action/run-program.ts';
import { NO_ENVIRONMENT, type BuildEnvironment } from '../../src/build/builder.ts';
import { build, type BuildInput } from '../../src/build/index.ts';
import type { BuildResult } from '../../src/build/result.ts';
import { service } from './deploy-world.ts';
import { memoryLog } from './server-support.ts';

export interface Built {
  result: BuildResult;
  /** All lines, those for debugging too. */
  log: string;
}

export interface Request extends Partial<BuildInput> {
  /** Of the engine, and what its builder may use. */
  env: NodeJS.ProcessEnv;
  folder: string;
  /** Path in the folder -> text. The services' Dockerfile is `Dockerfile`. */
  files: Record<string, string>;
  environment?: Partial<BuildEnvironment>;
}

let runs = 0;

/** The service `web` of the project `shop`, where `more` says nothing else. */
export async function buildOn({ env, folder, files, environment, ...more }: Request): Promise<Built> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const log = memoryLog();
  const result = await build(
    {
      project: 'shop',
      services: [service('web', undefined, { dockerfile: './Dockerfile' })],
      strategy: 'git-sha',
      source: { sha: 'a'.repeat(40), timestamp: '20260101-000000', repositoryTags: [] },
      pipelineId: `20260101-${String(++runs).padStart(6, '0')}-AAAAAAA`,
      repositoryUrl: 'https://github.test/me/shop',
      directory: folder,
      timeout: 50_000,
      taken: new Set(),
      again: false,
      ...more,
    },
    {
      run: createRunProgram(env),
      clock: { ...systemClock, now: () => new Date('2026-01-01T00:00:00Z') },
      log,
      readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
      environment: { ...NO_ENVIRONMENT, ...environment },
      parallel: 2,
    },
  );
  return { result, log: log.lines.join('\n') };
}

/** A registered sha for a tag of its own. */
export const commit = (letter: string): BuildInput['source'] => ({
  sha: letter.repeat(40),
  timestamp: '20260101-000000',
  repositoryTags: [],
});

/** What a layer holds, whichever way it is compressed. */
export function plainOf(blob: Buffer): Buffer {
  const magic = blob.subarray(0, 4).toString('hex');
  if (magic.startsWith('1f8b')) return gunzipSync(blob);
  return magic === '28b52ffd' ? zstdDecompressSync(blob) : blob;
}
