import { expect, jest, test } from '@jest/globals';
import { hitOnce, hitTwice } from './exhaustive.ts';

jest.setTimeout(600_000);

// One file for each layout, so that they run side by side.
test('a release of two services (host-port), hit before, in and after every effect and with every answer lost: one version serves, recorded, nothing left over', async () => {
  const once = await hitOnce('host-port');
  expect(once.failed).toEqual([]);
  expect(once.hits).toBeGreaterThan(900);
  // All of them: `npm run simulate -- --exhaustive`.
  const twice = await hitTwice('host-port', once.states, { every: 211 });
  expect(twice.failed).toEqual([]);
  expect(twice.hits).toBeGreaterThan(100);
});
