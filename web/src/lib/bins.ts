// The record's histogram bins (docs/reference/record.md): powers of two, the same for all tensors.

export const BINS = 135;
/** Bins 0 … 131 are ordered by value; these three hold what is no number. */
export const NONFINITE = [132, 133, 134] as const;
export const ZERO = 66;
const ORDERED = 132;

/** The value in the middle of a bin, on the scale that the bins have; 0 for the innermost three. */
export function centre(bin: number): number {
  if (bin <= 63) return -1.5 * 2 ** (23 - bin);
  if (bin >= 68) return 1.5 * 2 ** (bin - 108);
  return bin === 64 ? -(2 ** -41) : bin === 67 ? 2 ** -41 : 0;
}

/** The bin of a finite value. */
export function binOf(value: number): number {
  if (value === 0) return ZERO;
  const exponent = Math.max(-40, Math.min(23, Math.floor(Math.log2(Math.abs(value)))));
  return value < 0 ? 23 - exponent : exponent + 108;
}

/** First and last occupied bin among the ordered ones, of counts [columns × BINS]. */
export function occupied(counts: ArrayLike<number>): [number, number] | null {
  let low = ORDERED;
  let high = -1;
  for (let i = 0; i < counts.length; i++) {
    const bin = i % BINS;
    if (bin < ORDERED && counts[i]! > 0) {
      if (bin < low) low = bin;
      if (bin > high) high = bin;
    }
  }
  return high < 0 ? null : [low, high];
}

/** The position (in bins, with a fraction) below which a share of the finite elements lies. */
export function percentile(counts: ArrayLike<number>, share: number): number | null {
  let total = 0;
  for (let bin = 0; bin < ORDERED; bin++) total += counts[bin]!;
  if (!total) return null;
  let left = share * total;
  for (let bin = 0; bin < ORDERED; bin++) {
    const here = counts[bin]!;
    if (here && left <= here) return bin + left / here;
    left -= here;
  }
  return ORDERED;
}

/** The share of NaN and infinite elements. */
export function nonfinite(counts: ArrayLike<number>): number {
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) total += counts[bin]!;
  const odd = NONFINITE.reduce<number>((sum, bin) => sum + counts[bin]!, 0);
  return total ? odd / total : 0;
}

/** Bins to label on an axis from `low` to `high`, with their values: powers of ten and zero. */
export function axis(low: number, high: number, room: number): { bin: number; value: number }[] {
  const all = [{ bin: ZERO + 0.5, value: 0 }];
  for (let power = -12; power <= 6; power++) {
    for (const sign of [-1, 1]) {
      const value = sign * 10 ** power;
      const inside = Math.log2(10 ** power) - Math.floor(Math.log2(10 ** power));
      const bin = binOf(value) + (sign > 0 ? inside : 1 - inside);
      all.push({ bin, value });
    }
  }
  // Zero first, then from the outside in: the extremes say most.
  all.sort((a, b) => Number(b.value === 0) - Number(a.value === 0) || Math.abs(b.value) - Math.abs(a.value));
  const kept: { bin: number; value: number }[] = [];
  for (const tick of all) {
    if (tick.bin < low || tick.bin > high + 1) continue;
    if (kept.every((other) => Math.abs(other.bin - tick.bin) >= room)) kept.push(tick);
  }
  return kept;
}
