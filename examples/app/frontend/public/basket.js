const MOST_OF_ONE = 99;

/** The basket with one more of `id`, up to what can be ordered at once. */
export function withOneMore(basket, id) {
  return { ...basket, [id]: Math.min((basket[id] ?? 0) + 1, MOST_OF_ONE) };
}

/** Cents as people read them: 1250 is "€12.50". */
export function money(cents) {
  return `€${(cents / 100).toFixed(2)}`;
}
