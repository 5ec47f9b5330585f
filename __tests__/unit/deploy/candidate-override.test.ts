import { expect, test } from '@jest/globals';
import { writeCandidateOverride } from '../../../src/deploy/commands.ts';
import { ComposeModel, foundByLabels, proxyVariables } from '../../../src/deploy/compose-model.ts';
import { planRelease } from '../../../src/deploy/plan.ts';
import { observe } from '../../../src/deploy/observe.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';

async function override(compose: string): Promise<string> {
  const server = new FakeServer();
  server.files.set(FILE, compose);
  const wanted = [{ service: service('web', undefined), image: server.addImage('shop-web:v2') }];
  const observed = await observe(server.target, FILE, undefined, wanted);
  const plan = planRelease(observed, { pipelineId: 'p', prefix: 'shop', composeFile: FILE, wanted });
  const [web] = plan.services;
  return (web && writeCandidateOverride(plan, web).input) ?? '';
}

test('D2: a candidate has empty proxy variables, which hold against a list and an env_file too', async () => {
  const text = await override(
    'services:\n  web:\n    image: a\n    environment: { VIRTUAL_HOST: shop.example, VIRTUAL_HOST_MULTIPORTS: x, OTHER: "1" }\n',
  );
  expect(text).toContain('    environment:\n      "VIRTUAL_HOST": ""\n      "VIRTUAL_HOST_MULTIPORTS": ""\n');
  expect(text).not.toContain('OTHER');
});

test("D2: a candidate has no hostname of its service: Docker's DNS would send it requests", async () => {
  expect(await override('services:\n  web:\n    image: a\n    hostname: web\n')).toContain(
    '    hostname: !reset null\n',
  );
});

test('B2: a candidate is neither pulled nor built, whatever the pull_policy: its image has been sent', async () => {
  expect(await override('services:\n  web:\n    image: a\n    pull_policy: always\n')).toContain(
    '    pull_policy: never\n',
  );
});

test.each(['VIRTUAL_HOST', 'VIRTUAL_HOST_MULTIPORTS'])('D2: %s makes a proxy find a service', (name) => {
  const model = ComposeModel.parse({
    name: 'shop',
    services: { web: { environment: { [name]: 'shop.example' } } },
  });
  const web = model.services['web'];
  expect(web && [foundByLabels(web), proxyVariables(web)]).toEqual([true, [name]]);
});
