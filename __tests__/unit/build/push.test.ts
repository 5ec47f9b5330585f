import { expect, test } from '@jest/globals';
import type { RunProgram } from '../../../src/effects.ts';
import { push } from '../../../src/build/push.ts';
import { memoryLog } from '../test/helpers.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;

async function pushed(
  registry: string,
  answer: { code?: number; stdout?: string; stderr?: string; timedOut?: boolean },
) {
  const calls: string[] = [];
  const run: RunProgram = async (argv, options) => {
    calls.push(argv.join(' '));
    expect(options?.timeout).toBe(60_000);
    const result = { code: 0, stdout: '', stderr: '', timedOut: false, duration: 1 };
    return argv[1] === 'push' ? { ...result, ...answer } : result;
  };
  return {
    outcome: await push('shop-web:a1b2c3d', registry, { run, log: memoryLog(), timeout: 60_000 }),
    calls,
  };
}

test.each(['ghcr.io/me', 'ghcr.io/me/', 'docker.io/me', 'me', '198.18.0.9:5000'])(
  'build.registry %s: the digest is what this push said, under the name that was pushed',
  async (registry) => {
    const { outcome, calls } = await pushed(registry, {
      stdout: `5f70bf18a086: Layer already exists\na1b2c3d: digest: ${DIGEST} size: 528\n`,
    });
    const name = `${registry.replace(/\/$/, '')}/shop-web`;
    expect(outcome).toEqual({ digest: `${name}@${DIGEST}` });
    expect(calls).toEqual([
      `docker tag shop-web:a1b2c3d ${name}:a1b2c3d`,
      `docker push ${name}:a1b2c3d`,
      `docker image rm --no-prune ${name}:a1b2c3d ${name}@${DIGEST}`,
    ]);
  },
);

test.each([
  ['ghcr.io/me', 'no basic auth credentials', /docker login ghcr\.io`\), .* push to ghcr\.io\/me\/shop-web/],
  ['me', 'denied: requested access to the resource is denied', /`docker login`\)/],
  ['ghcr.io/me', 'dial tcp 1.2.3.4:443: connect: connection refused', /Check that ghcr\.io answers/],
  ['me', 'i/o timeout', /Check that Docker Hub answers/],
])('build.registry %s, %s: says what to do', async (registry, stderr, fix) => {
  const { outcome } = await pushed(registry, { code: 1, stderr });
  expect(outcome).toEqual({
    step: `docker push ${registry}/shop-web:a1b2c3d`,
    tail: stderr,
    fix: expect.stringMatching(fix),
  });
});

test('a registry that never answers ends at the time limit of one image', async () => {
  const { outcome } = await pushed('ghcr.io/me', { code: 137, timedOut: true });
  expect(outcome).toMatchObject({
    step: expect.stringMatching(/^time limit of 60 s reached at docker push /),
  });
});

test('a push that tells no digest is a failure, never an image without one', async () => {
  expect(await pushed('ghcr.io/me', { stdout: 'done\n' })).toMatchObject({
    outcome: { step: expect.any(String) },
  });
});
