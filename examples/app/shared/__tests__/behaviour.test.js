import { describe, expect, test } from '@jest/globals';
import { BEHAVIOURS, faultOf } from '../behaviour.js';

describe('behaviour', () => {
  test.each([
    ['healthy', '/health', 60_000, { delay: 0 }],
    ['unhealthy', '/health', 0, { delay: 0, status: 500 }],
    ['unhealthy', '/api/health', 0, { delay: 0, status: 500 }],
    ['unhealthy', '/', 0, { delay: 0 }],
    ['slow', '/', 0, { delay: 5_000 }],
    ['crash', '/', 999, { delay: 0 }],
    ['crash', '/', 1_000, { delay: 0, exit: true }],
    ['unhealthy-later', '/health', 14_999, { delay: 0 }],
    ['unhealthy-later', '/health', 15_000, { delay: 0, status: 500 }],
    ['slow-later', '/', 15_000, { delay: 3_000 }],
    ['crash-later', '/', 14_999, { delay: 0 }],
    ['crash-later', '/', 15_000, { delay: 0, exit: true }],
  ])('%s, %s after %d ms', (behaviour, path, uptime, fault) => {
    expect(faultOf(behaviour, path, uptime)).toEqual(fault);
  });

  test('a misspelt behaviour is an error, not health', () => {
    expect(() => faultOf('helthy', '/', 0)).toThrow(BEHAVIOURS.join(', '));
  });
});
