import { size } from '../report/format.ts';
import type { Observation } from './plan.ts';
import type { Wanted } from './release.ts';

/**
 * What a release has to send for one service, in words for the plan's table. How much differs from what the server has
 * turns out when the image is built and read; until then the size of the image bounds it, and what the last release of the
 * service sent says what to expect. Pure.
 */
export function toSend(
  { imageIds }: Pick<Observation, 'imageIds'>,
  { image, lastSent }: Pick<Wanted, 'image' | 'lastSent'>,
  found: { first: boolean; current: boolean },
): string {
  if (found.current) return 'nothing';
  if (imageIds[image.reference] !== undefined) return 'nothing, it is there';
  if (image.pull !== undefined) return 'nothing, the server pulls it';
  if (found.first) return image.size > 0 ? `${size(image.size)}, compressed` : 'the whole image, compressed';
  const whole = image.size > 0 ? ` of ${size(image.size)}` : '';
  const last = lastSent === undefined ? '' : `; last time ${size(lastSent)}`;
  return `what differs${whole}${last}`;
}
