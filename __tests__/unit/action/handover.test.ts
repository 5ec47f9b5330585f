import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handoverPath, loadHandover, saveHandover } from '../../../src/action/handover.ts';
import { loadPostState, savePostState } from '../../../src/action/state-for-post.ts';
import { type CarriedRun, needed } from '../../../src/pipeline/carried.ts';

const HANDOVER: CarriedRun = {
  pipeline_id: '20261123-101500-a1b2c3d',
  started_at: '2026-11-23T10:15:00Z',
  commit: 'a1b2c3d',
  stages: [{ name: 'test', status: 'passed', duration: 5 }],
  recorded: false,
  test: { status: 'passed', suites: [], checks: [] },
};

let temp: string;
let path: string;
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'handover-'));
  path = handoverPath({ temp, runId: '77', runAttempt: 1, directory: '/w', config: 'a.yaml' });
});

test('what one step saves the next one loads', async () => {
  await saveHandover(path, HANDOVER);
  expect(await loadHandover(path)).toEqual(HANDOVER);
});

test('the file is for its owner alone, and nothing else is left', async () => {
  await saveHandover(path, HANDOVER);
  await saveHandover(path, { ...HANDOVER, end: { status: 'skipped', reason: 'nothing changed' } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(temp)).toHaveLength(1);
  expect((await loadHandover(path))?.end?.status).toBe('skipped');
});

test('each run, attempt and project of a job has its own', () => {
  const key = { temp, runId: '77', runAttempt: 1, directory: '/w', config: 'a.yaml' };
  const others = [
    { ...key, runId: '78' },
    { ...key, runAttempt: 2 },
    { ...key, directory: '/w/b' },
    { ...key, config: 'b.yaml' },
    { ...key, runId: '../x' },
  ];
  const paths = [path, ...others.map(handoverPath)];
  expect(new Set(paths).size).toBe(paths.length);
  for (const each of paths) expect(each.startsWith(`${temp}/gonsautopilot-`)).toBe(true);
});

describe('a file that cannot be trusted is STAGE_WITHOUT_PREDECESSOR', () => {
  test.each<[string, (text: string) => string]>([
    ['cut in the middle', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['a verdict changed', (text) => text.replace('"passed"', '"failed"')],
    ['garbage', () => '\0\xff\n{'],
  ])('%s', async (_, change) => {
    await saveHandover(path, HANDOVER);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    await expect(loadHandover(path)).rejects.toMatchObject({ code: 'STAGE_WITHOUT_PREDECESSOR' });
  });
  test('a link', async () => {
    writeFileSync(join(temp, 'other'), 'x');
    symlinkSync(join(temp, 'other'), path);
    await expect(loadHandover(path)).rejects.toMatchObject({ code: 'STAGE_WITHOUT_PREDECESSOR' });
  });
});

test('no file is no hand-over', async () => {
  expect(await loadHandover(path)).toBeUndefined();
});

test('a directory that does not exist fails and leaves nothing', async () => {
  await expect(saveHandover(join(temp, 'no', 'file'), HANDOVER)).rejects.toThrow('ENOENT');
});

describe('what a stage needs of the ones before it', () => {
  test('is given when it is there', () => {
    expect(
      needed({ ...HANDOVER, build: { status: 'passed', images: [], warnings: [] } }, 'build', 'deploy')
        .images,
    ).toEqual([]);
  });
  test('else the error names the step to add', () => {
    expect(() => needed(HANDOVER, 'build', 'deploy')).toThrow('Stage `deploy` needs the result of `build`');
    try {
      needed(HANDOVER, 'build', 'deploy');
    } catch (error) {
      expect(String(error)).toContain('Add a step with `stage: build` before it');
    }
  });
});

describe('state for post', () => {
  test('comes back as saved', () => {
    const store = new Map<string, string>();
    const state = { settled: false, stage: 'all', pipeline_id: 'p', started_at: 's', handover: path };
    savePostState(state, (name, value) => store.set(name, value));
    expect(loadPostState((name) => store.get(name) ?? '')).toEqual(state);
  });
  test.each(['', '{', '[]', '{"settled":"yes"}'])('%j is nothing', (text) => {
    expect(loadPostState(() => text)).toBeUndefined();
  });
});
