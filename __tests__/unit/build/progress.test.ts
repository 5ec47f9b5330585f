import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BuildProgress } from '../../../src/build/progress.ts';

const shown = (text: string) => {
  const progress = new BuildProgress();
  return text.split('\n').flatMap((line) => {
    const found = progress.read(line);
    return found?.level === 'info' ? [found.text] : [];
  });
};

test('one line for each step of the Dockerfile, with how long it took', () => {
  expect(
    shown(`#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 100B done
#1 DONE 0.1s

#2 [internal] load metadata for docker.io/library/base
#2 DONE 7.5s
#4 [build 1/3] FROM docker.io/library/base@sha256:${'a'.repeat(64)}
#4 CACHED

#5 [build 2/3] RUN npm ci
#5 0.512 added 10 packages
#5 ...

#6 [stage-1 2/2] COPY a b
#6 DONE 0.0s
#5 [build 2/3] RUN npm ci
#5 4.1
#5 DONE 63.0s
#7 exporting to image
#7 exporting layers 0.1s done
#7 DONE 0.2s`),
  ).toEqual([
    '[internal] load metadata for docker.io/library/base (7.5 s)',
    '[build 1/3] FROM docker.io/library/base (cached)',
    '[stage-1 2/2] COPY a b (0.0 s)',
    '[build 2/3] RUN npm ci (1 min 3 s)',
  ]);
});

test('a step that takes long says each half minute that it goes on, with its last words', () => {
  expect(
    shown(`#5 [2/3] RUN npm ci
#5 0.5 begins
#5 29.9 more
#5 31.2 added 10 packages
#5 45.0 quiet
#5 125.5 added 90 packages
#5 126.0 quiet
#5 DONE 130.0s`),
  ).toEqual([
    '[2/3] RUN npm ci, 31 s so far: added 10 packages',
    '[2/3] RUN npm ci, 2 min 6 s so far: added 90 packages',
    '[2/3] RUN npm ci (2 min 10 s)',
  ]);
});

test('errors and warnings are always shown, of BuildKit and of the classic builder', () => {
  expect(
    shown(`Step 1/2 : FROM base
 ---> 0123
#5 [2/2] RUN npm ci   && false
#5 ERROR: process "/bin/sh -c npm ci   && false" did not complete successfully: exit code: 1
------
 > [2/2] RUN npm ci   && false:
0.512 npm error: left-pad not found
------
Dockerfile:2
--------------------
   2 | >>> RUN npm ci && false
--------------------
ERROR: failed to solve: process "/bin/sh -c npm ci   && false" did not complete successfully: exit code: 1`),
  ).toEqual([
    'Step 1/2 : FROM base',
    '[2/2] RUN npm ci && false: ERROR: exit code: 1',
    'Its last lines:',
    '  npm error: left-pad not found',
    'ERROR: failed to solve: exit code: 1',
  ]);
});

test('any text is read without failing, and no empty line is shown', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom('#1 [1/2] X', '#1 DONE 1s', '#1 '))),
      (lines) => {
        const progress = new BuildProgress();
        for (const line of lines) expect(progress.read(line)?.text.trim()).not.toBe('');
      },
    ),
  );
});
