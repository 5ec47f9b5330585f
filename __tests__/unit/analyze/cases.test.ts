import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gitBackedApi } from './helpers/git-backed-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push, statuses, ZEROS } from './helpers/world.ts';

test('smoke', async () => {
  const repository = new Repository();
  const a = repository.commit({ 'src/App.tsx': '1', 'server/a.ts': '1', 'README.md': 'x' });
  const b = repository.commit({ 'src/App.tsx': '2' });
  const github = gitBackedApi(repository);
  const plan = await analyzed({ github, event: push(b, { before: a }) });
  console.log(plan, github.requests);
  const all = await analyzed({ github, event: push(b, { before: ZEROS }) });
  console.log(all);
});
