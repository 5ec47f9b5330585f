import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceFiles } from '../../../src/state/workspace-files.ts';

const PATH = '.gonsautopilot/rollback-registry.json';
let root: string;
let outside: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'workspace-'));
  outside = await mkdtemp(join(tmpdir(), 'outside-'));
  await writeFile(join(outside, 'rollback-registry.json'), 'secret');
});
afterEach(async () => {
  for (const folder of [root, outside]) await rm(folder, { recursive: true, force: true });
});

describe('S2: the cache entry in the workspace', () => {
  it('S2: what is written is read, again and again, and leaves nothing behind', async () => {
    const files = workspaceFiles(root);
    await files.write(PATH, 'one');
    await files.write(PATH, 'two');
    expect(await files.read(PATH, 10)).toBe('two');
    await files.remove(PATH);
    await files.remove(PATH);
    expect(await files.read(PATH, 10)).toBeUndefined();
    expect(await readdir(root)).toEqual([]);
  });

  it("S2: the user's own files in the folder stay", async () => {
    await mkdir(join(root, '.gonsautopilot'));
    await writeFile(join(root, '.gonsautopilot/mine'), '');
    const files = workspaceFiles(root);
    await files.write(PATH, 'x');
    await files.remove(PATH);
    expect(await readdir(join(root, '.gonsautopilot'))).toEqual(['mine']);
  });

  it('S2: a link in the place of the file is not followed', async () => {
    await mkdir(join(root, '.gonsautopilot'));
    await symlink(join(outside, 'rollback-registry.json'), join(root, PATH));
    const files = workspaceFiles(root);
    await expect(files.read(PATH, 100)).rejects.toThrow();
    await files.write(PATH, 'mine');
    expect(await readFile(join(outside, 'rollback-registry.json'), 'utf8')).toBe('secret');
  });

  it('S2: a link in the place of the folder is not followed', async () => {
    await symlink(outside, join(root, '.gonsautopilot'));
    const files = workspaceFiles(root);
    expect(await files.read(PATH, 100)).toBeUndefined();
    await expect(files.write(PATH, 'mine')).rejects.toThrow('is a link');
    await files.remove(PATH);
    expect(await readFile(join(outside, 'rollback-registry.json'), 'utf8')).toBe('secret');
  });

  it('S2: a folder in the place of the file, and a huge file, are refused', async () => {
    const files = workspaceFiles(root);
    await mkdir(join(root, PATH), { recursive: true });
    await expect(files.read(PATH, 100)).rejects.toThrow('no plain file');
    await files.write(PATH, 'x'.repeat(101));
    await expect(files.read(PATH, 100)).rejects.toThrow('too large');
  });
});
