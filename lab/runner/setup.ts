/** What a job has before its first step: directories, token, event. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobFacts, payloadOf, type Places } from './environment.ts';
import type { JobInput } from './index.ts';

export async function setUp(input: JobInput): Promise<JobFacts> {
  const repository = input.github.repository(input.repository);
  const ref = input.ref ?? `refs/heads/${repository.defaultBranch}`;
  const sha = input.sha ?? (await repository.commitOf(ref))?.sha;
  if (!sha) throw new Error(`${input.repository} has no ${ref}.`);
  const name = input.repository.split('/')[1] ?? '';
  const root = input.root ?? (await mkdtemp(join(tmpdir(), 'lab-runner-')));
  const places: Places = {
    root,
    workspace: join(root, 'work', name, name),
    temp: join(root, 'work', '_temp'),
    home: join(root, 'home'),
    toolCache: join(root, 'tools'),
  };
  await rm(places.temp, { recursive: true, force: true });
  const event = join(places.temp, '_github_workflow');
  for (const dir of [places.workspace, event, places.home, places.toolCache])
    await mkdir(dir, { recursive: true });
  // Addresses that a program makes from GITHUB_SERVER_URL lead to the lab as well.
  const config = `[url "${input.github.serverUrl}/"]\n\tinsteadOf = https://github.com/\n`;
  await writeFile(join(places.home, '.gitconfig'), config);
  const permissions = input.permissions ?? { contents: 'read' };
  return {
    places,
    ref,
    sha,
    token: input.github.token(permissions, { repositories: [input.repository] }),
    eventName: input.event?.name ?? 'push',
    payload: await payloadOf(input, repository, ref, sha),
    trackingId: `github_${randomUUID()}`,
  };
}
