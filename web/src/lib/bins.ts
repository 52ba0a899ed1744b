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

/** A row of a chart of distributions: some bins that are drawn as one. */
export interface Shelf {
  /** First and last bin. */
  low: number;
  high: number;
}

/**
 * The rows that a chart of these counts needs, from the least value to the greatest: a row for each
 * bin from the outermost to the innermost that holds something, one row for zero and what is next
 * to it (bins 64 … 67), and one for each stretch between that is empty throughout.
 */
export function shelves(counts: ArrayLike<number>): Shelf[] {
  const used = new Uint8Array(ORDERED);
  for (let i = 0; i < counts.length; i++) {
    if (i % BINS < ORDERED && counts[i]! > 0) used[i % BINS] = 1;
  }
  const least = used.indexOf(1);
  if (least < 0) return [];
  const most = used.lastIndexOf(1);
  const rows: Shelf[] = [];
  for (let bin = Math.min(least, ZERO - 2); bin <= Math.max(most, ZERO + 1); bin++) {
    const inner = bin >= ZERO - 2 && bin <= ZERO + 1;
    const end = inner ? ZERO + 1 : bin;
    const last = rows[rows.length - 1];
    const empty = !inner && !used[bin];
    if (empty && last && last.high !== ZERO + 1 && !anyUsed(used, last)) last.high = bin;
    else if (empty && last && last.high === ZERO + 1) rows.push({ low: bin, high: bin });
    else rows.push({ low: bin, high: end });
    if (inner) bin = end;
  }
  return rows;
}

function anyUsed(used: Uint8Array, { low, high }: Shelf): boolean {
  for (let bin = low; bin <= high; bin++) if (used[bin]) return true;
  return low <= ZERO && high >= ZERO;
}

/** Where a position in bins lies on the rows: 0 is the lower edge of the first. */
export function shelfAt(rows: readonly Shelf[], position: number): number {
  for (let k = 0; k < rows.length; k++) {
    const { low, high } = rows[k]!;
    if (position < high + 1) return k + Math.max(0, position - low) / (high + 1 - low);
  }
  return rows.length;
}

/** The share of a row in one histogram, of its greatest row. */
export function heights(counts: ArrayLike<number>, rows: readonly Shelf[]): Float64Array {
  const found = Float64Array.from(rows, ({ low, high }) => {
    let sum = 0;
    for (let bin = low; bin <= high; bin++) sum += counts[bin]!;
    return sum;
  });
  const most = found.reduce((a, b) => Math.max(a, b), 0) || 1;
  return found.map((value) => value / most);
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

/** Positions on the rows to label, with their values: zero and powers of ten, `room` rows apart. */
export function axis(rows: readonly Shelf[], room: number): { at: number; value: number }[] {
  const all: { at: number; value: number }[] = [];
  for (let power = -12; power <= 6; power++) {
    const exponent = Math.log2(10 ** power);
    const inside = exponent - Math.floor(exponent);
    for (const sign of [1, -1]) {
      const value = sign * 10 ** power;
      const position = binOf(value) + (sign > 0 ? inside : 1 - inside);
      const at = shelfAt(rows, position);
      const row = rows[Math.min(Math.floor(at), rows.length - 1)];
      // Not within a stretch that is left out, nor beyond the ends.
      if (row && row.low === row.high && position >= row.low && position <= row.high + 1) all.push({ at, value });
    }
  }
  // Zero first, then from the outside in: the extremes say most.
  all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const zero = rows.findIndex(({ low, high }) => low <= ZERO && high >= ZERO);
  if (zero >= 0) all.unshift({ at: zero + 0.5, value: 0 });
  const kept: { at: number; value: number }[] = [];
  for (const tick of all) {
    if (kept.every((other) => Math.abs(other.at - tick.at) >= room)) kept.push(tick);
  }
  return kept;
}
