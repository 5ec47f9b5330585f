import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../effects.ts';

const STEPS = 2 ** 47;

/** Unpredictable: nonces of locks come from here. */
export const systemRandom: Random = {
  next: () => randomInt(STEPS) / STEPS,
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
