import { describe, expect, test } from '@jest/globals';
import { money, withOneMore } from '../public/basket.js';

describe('basket', () => {
  test('takes one more of a thing', () => {
    expect(withOneMore({}, 'bread')).toEqual({ bread: 1 });
    expect(withOneMore({ bread: 1, honey: 2 }, 'bread')).toEqual({ bread: 2, honey: 2 });
  });

  test('does not grow above what can be ordered', () => {
    expect(withOneMore({ bread: 99 }, 'bread')).toEqual({ bread: 99 });
  });

  test.each([
    [0, '€0.00'],
    [5, '€0.05'],
    [1250, '€12.50'],
  ])('%d cents are %s', (cents, text) => {
    expect(money(cents)).toBe(text);
  });
});
