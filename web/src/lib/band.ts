// Several lines as one: their mean and how far they lie apart, on a grid that they share.

export interface XY {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

export interface Band {
  x: Float64Array;
  mean: Float64Array;
  /** Mean less and plus one standard deviation (of the sample); the least and greatest of two. */
  low: Float64Array;
  high: Float64Array;
  /** How many lines reach here. */
  count: Float64Array;
}

/**
 * The mean of lines over at most `points` places, and a band of one sample standard deviation.
 * Between its points a line is straight; before its first and after its last it does not count.
 * What is not finite takes its line out of the mean from its point to the next.
 */
export function band(lines: readonly XY[], points = 300): Band {
  const known = lines.filter(({ x }) => x.length);
  if (!known.length) return { x: new Float64Array(), mean: new Float64Array(), low: new Float64Array(), high: new Float64Array(), count: new Float64Array() };
  const grid = shared(known, points);
  const sum = new Float64Array(grid.length);
  const square = new Float64Array(grid.length);
  const count = new Float64Array(grid.length);
  const first = at(known[0]!, grid);
  for (const line of known) {
    const values = line === known[0] ? first : at(line, grid);
    for (let i = 0; i < grid.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      // Deviations from one line: sums of squares of large numbers would lose their digits.
      const away = value - (Number.isFinite(first[i]!) ? first[i]! : 0);
      sum[i]! += away;
      square[i]! += away * away;
      count[i]! += 1;
    }
  }
  const mean = new Float64Array(grid.length);
  const low = new Float64Array(grid.length);
  const high = new Float64Array(grid.length);
  for (let i = 0; i < grid.length; i++) {
    const n = count[i]!;
    const centre = n ? sum[i]! / n : NaN;
    mean[i] = centre + (Number.isFinite(first[i]!) ? first[i]! : 0);
    const spread = n > 1 ? Math.sqrt(Math.max(0, (square[i]! - n * centre * centre) / (n - 1))) : 0;
    low[i] = mean[i]! - spread;
    high[i] = mean[i]! + spread;
  }
  return { x: grid, mean, low, high, count };
}

/** All places where some line has a point, or evenly spaced ones where those are too many. */
function shared(lines: readonly XY[], points: number): Float64Array {
  const all = new Set<number>();
  for (const { x } of lines) for (let i = 0; i < x.length && all.size <= points; i++) all.add(x[i]!);
  if (all.size <= points) return Float64Array.from(all).sort();
  let low = Infinity;
  let high = -Infinity;
  for (const { x } of lines) {
    low = Math.min(low, x[0]!);
    high = Math.max(high, x[x.length - 1]!);
  }
  return Float64Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1));
}

/** A line's values at ascending places, NaN where it has none. */
export function at({ x, y }: XY, grid: ArrayLike<number>): Float64Array {
  const found = new Float64Array(grid.length).fill(NaN);
  let i = 0;
  for (let k = 0; k < grid.length; k++) {
    const place = grid[k]!;
    while (i + 1 < x.length && x[i + 1]! <= place) i++;
    if (!x.length || place < x[0]! || place > x[x.length - 1]!) continue;
    if (x[i] === place || i + 1 >= x.length) found[k] = y[i]!;
    else found[k] = y[i]! + ((y[i + 1]! - y[i]!) * (place - x[i]!)) / (x[i + 1]! - x[i]!);
  }
  return found;
}
