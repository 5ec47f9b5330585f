/**
 * How a release behaves in production: the fault injection of this example. A real app has no such file; here it
 * lets one changed line in release.js turn a good release into a bad one that no test before production can see.
 */
export const BEHAVIOURS = [
  'healthy',
  'unhealthy', // GET /health answers 500
  'slow', // every answer takes five seconds
  'crash', // the process ends one second after it started
  'unhealthy-later', // healthy for 15 seconds, then 500 on every path
  'slow-later', // quick for 15 seconds, then three seconds for every answer
  'crash-later', // ends after 15 seconds
];

const LATER = 15_000;

/**
 * What a request to `path` meets, `uptime` milliseconds after the start: a delay in milliseconds, a status that
 * replaces the answer, or the end of the process.
 * @returns {{ delay: number, status?: number, exit?: true }}
 */
export function faultOf(behaviour, path, uptime) {
  if (!BEHAVIOURS.includes(behaviour)) {
    throw new Error(`unknown behaviour "${behaviour}": one of ${BEHAVIOURS.join(', ')}`);
  }
  const later = uptime >= LATER;
  if (behaviour === 'unhealthy' && path.endsWith('/health')) return { delay: 0, status: 500 };
  if (behaviour === 'slow') return { delay: 5_000 };
  if (behaviour === 'crash' && uptime >= 1_000) return { delay: 0, exit: true };
  if (behaviour === 'unhealthy-later' && later) return { delay: 0, status: 500 };
  if (behaviour === 'slow-later' && later) return { delay: 3_000 };
  if (behaviour === 'crash-later' && later) return { delay: 0, exit: true };
  return { delay: 0 };
}
