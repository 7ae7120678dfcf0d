/**
 * Smooths a series by an exponential moving average without the bias towards zero of its first values, so that a
 * constant stays that constant and a prefix smooths to the prefix of the whole. Gaps (null) stay gaps and are skipped.
 * `weight` is in [0, 1): 0 leaves the series as it is.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let average: number | undefined;
  let total = 0; // the sum of the weights given so far, which is what removes the bias
  return values.map((value) => {
    if (value === null) return null;
    total = weight * total + (1 - weight);
    average = average === undefined ? value : average + ((1 - weight) / total) * (value - average);
    return average;
  });
}
