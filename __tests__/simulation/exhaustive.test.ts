import { expect, jest, test } from '@jest/globals';
import { hitOnce, hitTwice } from './exhaustive.ts';
import { LAYOUTS } from './world/jobs.ts';

jest.setTimeout(600_000);

test.each(LAYOUTS)(
  'a release of two services (%s), hit before, in and after every effect and with every answer lost: one version serves, recorded, nothing left over',
  async (layout) => {
    const once = await hitOnce(layout);
    expect(once.failed).toEqual([]);
    expect(once.hits).toBeGreaterThan(900);
    // All of them: `npm run simulate -- --exhaustive`.
    const twice = await hitTwice(layout, once.states, { every: 211 });
    expect(twice.failed).toEqual([]);
    expect(twice.hits).toBeGreaterThan(100);
  },
);
