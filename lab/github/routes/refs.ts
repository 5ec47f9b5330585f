/** Refs: reading, and moving them as a compare-and-swap. */
import { type Answer, type Context, invalid, notFound, refuseEmpty, type Route, text } from '../http.ts';
import type { LabRepository } from '../repository.ts';
import { isSha, refView } from '../views.ts';

async function getRef(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const name = `refs/${context.params['ref']}`;
  const sha = await context.repository.ref(name, { stale: context.stale });
  if (!sha || !(await isRefName(context.repository, name))) throw notFound();
  return { data: await refView(context, name, sha) };
}

async function isRefName(repository: LabRepository, name: string): Promise<boolean> {
  return repository.git(['check-ref-format', name]).then(
    () => true,
    () => false,
  );
}

async function matchingRefs(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const prefix = `refs/${context.params['ref']}`;
  const names = (await context.repository.git(['for-each-ref', '--format=%(refname)'])).split('\n');
  const data = [];
  for (const name of names.filter((candidate) => candidate.startsWith(prefix))) {
    const sha = await context.repository.ref(name, { stale: context.stale });
    if (sha) data.push(await refView(context, name, sha));
  }
  return { data };
}

async function createRef(context: Context): Promise<Answer> {
  await refuseEmpty(context);
  const { repository, body } = context;
  const name = text(body, 'ref');
  const sha = text(body, 'sha');
  if (!/^refs\/[^/]+\/./.test(name))
    throw invalid("Reference name must start with 'refs/' and have at least two slashes");
  if (!(await isRefName(repository, name))) throw invalid(`${name} is not a valid ref name.`);
  if (!isSha(sha))
    throw invalid('The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  const object = await repository.objects.read(sha);
  if (!object) throw invalid('Object does not exist');
  if (name.startsWith('refs/heads/') && object.type !== 'commit') throw invalid('Reference update failed');
  const zero = '0'.repeat(sha.length);
  const created = await repository.git(['update-ref', name, sha, zero]).then(
    () => true,
    () => false,
  );
  if (!created)
    throw invalid((await repository.ref(name)) ? 'Reference already exists' : 'Reference update failed');
  const view = await refView(context, name, sha);
  return { status: 201, data: view, headers: { location: view.url } };
}

async function updateRef(context: Context): Promise<Answer> {
  const { repository, body, params } = context;
  const name = `refs/${params['ref']}`;
  const sha = text(body, 'sha');
  const current = await repository.ref(name);
  if (!current) throw invalid('Reference does not exist');
  if (!isSha(sha) || !(await repository.objects.read(sha))) throw invalid('Object does not exist');
  if (body['force'] !== true && !(await repository.isAncestor(current, sha)))
    throw invalid('Update is not a fast forward');
  // The old value makes it a compare-and-swap: of two requests at the same time one loses here.
  const moved = await repository.git(['update-ref', name, sha, current]).then(
    () => true,
    () => false,
  );
  if (!moved) throw invalid('Update is not a fast forward');
  return { data: await refView(context, name, sha) };
}

async function deleteRef({ repository, params }: Context): Promise<Answer> {
  const name = `refs/${params['ref']}`;
  if (!(await repository.ref(name))) throw invalid('Reference does not exist');
  await repository.git(['update-ref', '-d', name]);
  return { status: 204 };
}

export const refs: Route[] = [
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/ref/{ref+}',
    needs: ['contents', 'read'],
    handler: getRef,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/matching-refs/{ref+}',
    needs: ['contents', 'read'],
    handler: matchingRefs,
  },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/git/refs',
    needs: ['contents', 'write'],
    handler: createRef,
  },
  {
    method: 'PATCH',
    path: '/repos/{owner}/{repo}/git/refs/{ref+}',
    needs: ['contents', 'write'],
    handler: updateRef,
  },
  {
    method: 'DELETE',
    path: '/repos/{owner}/{repo}/git/refs/{ref+}',
    needs: ['contents', 'write'],
    handler: deleteRef,
  },
];
