import { describe, expect, test } from '@jest/globals';
import { products } from '../products.js';
import { quote } from '../quote.js';

describe('quote', () => {
  test.each([
    ['nothing', {}, 0, 0, 0],
    ['one bread, with delivery', { bread: 1 }, 480, 490, 970],
    ['enough for free delivery', { coffee: 2, apples: 1 }, 3300, 0, 3300],
    ['just below it', { coffee: 2 }, 2980, 490, 3470],
  ])('%s', (_name, basket, goods, delivery, total) => {
    expect(quote(basket, products)).toMatchObject({ goods, delivery, total });
  });

  test.each([
    ['no object', 'bread', /must be an object/],
    ['null', null, /must be an object/],
    ['a list', ['bread'], /must be an object/],
    ['an unknown product', { gold: 1 }, /no product "gold"/],
    ['a name of every object', { constructor: 1 }, /no product/],
    ['a fraction', { bread: 0.5 }, /quantity/],
    ['less than one', { bread: 0 }, /quantity/],
    ['too many', { bread: 100 }, /quantity/],
    ['a string', { bread: '1' }, /quantity/],
  ])('refuses %s', (_name, basket, message) => {
    expect(() => quote(basket, products)).toThrow(message);
  });
});
