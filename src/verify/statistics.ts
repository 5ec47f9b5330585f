/** The median; NaN of nothing. Pure. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * One-sided Mann-Whitney U test: the probability of values at least this large in `first`, if both came from one
 * distribution. Normal approximation with correction for ties and continuity; 1 when either is empty. Pure.
 */
export function mannWhitneyGreater(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length];
  if (m === 0 || n === 0) return 1;
  const all = [
    ...first.map((value) => ({ value, own: true })),
    ...second.map((value) => ({ value, own: false })),
  ].sort((left, right) => left.value - right.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (all[index]?.own) rankSum += rank;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const total = m + n;
  const u = rankSum - (m * (m + 1)) / 2;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  return upperTail((u - (m * n) / 2 - 0.5) / Math.sqrt(variance));
}

/** Upper tail of the standard normal distribution, by the complementary error function (Abramowitz and Stegun 7.1.26). */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp(-x * x)) / 2;
  return z >= 0 ? tail : 1 - tail;
}
