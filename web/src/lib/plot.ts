// What a line chart needs to know before it draws: values with a height, values without one, ranges.
import { extent, padded, robust, type Range } from "./range";
import { smooth } from "./smooth";

export interface Line {
  label: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** A value that has no height on the axis. */
export interface Odd {
  x: number;
  kind: "nan" | "above" | "below" | "nonpositive";
  line: number;
}

export interface Prepared {
  x: ArrayLike<number>;
  /** As measured; NaN where there is no height. */
  raw: Float64Array;
  /** Smoothed; the same array as `raw` where nothing is smoothed. */
  soft: Float64Array;
}

/** Lines ready to draw, and what can't be drawn as a line. `log` gives no height to zero and below. */
export function prepare(lines: readonly Line[], log: boolean, smoothing: number): { lines: Prepared[]; odd: Odd[] } {
  const odd: Odd[] = [];
  const prepared = lines.map(({ x, y }, line) => {
    const raw = Float64Array.from(y);
    for (let i = 0; i < raw.length; i++) {
      const kind = oddity(raw[i]!, log);
      if (!kind) continue;
      odd.push({ x: x[i]!, kind, line });
      raw[i] = NaN;
    }
    if (smoothing <= 0) return { x, raw, soft: raw };
    const soft = smooth(y, smoothing);
    for (let i = 0; i < soft.length; i++) if (Number.isNaN(raw[i]!) || oddity(soft[i]!, log)) soft[i] = NaN;
    return { x, raw, soft };
  });
  return { lines: prepared, odd };
}

function oddity(value: number, log: boolean): Odd["kind"] | null {
  if (Number.isNaN(value)) return "nan";
  if (value === Infinity) return "above";
  if (value === -Infinity) return "below";
  return log && value <= 0 ? "nonpositive" : null;
}

/** First and last place in ascending x within a window, each with one neighbour. */
export function within(x: ArrayLike<number>, window: Range | null): [number, number] {
  if (!window) return [0, x.length];
  return [Math.max(0, lowerBound(x, window[0]) - 1), Math.min(x.length, lowerBound(x, window[1]) + 2)];
}

/** The first place at which ascending x is at least the value. */
export function lowerBound(x: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place in ascending x that lies nearest to a value; −1 of none. */
export function nearest(x: ArrayLike<number>, value: number): number {
  if (!x.length) return -1;
  const after = lowerBound(x, value);
  if (after === 0) return 0;
  if (after === x.length) return x.length - 1;
  return value - x[after - 1]! <= x[after]! - value ? after - 1 : after;
}

export function rangeOfX(lines: readonly Prepared[], window: Range | null, log: boolean): [number, number] {
  if (window) return [window[0], window[1]];
  let low = Infinity;
  let high = -Infinity;
  for (const { x } of lines) {
    const start = log ? x.length && x[0]! <= 0 ? lowerBound(x, Number.MIN_VALUE) : 0 : 0;
    if (start >= x.length) continue;
    low = Math.min(low, x[start]!);
    high = Math.max(high, x[x.length - 1]!);
  }
  if (!(low <= high)) return log ? [0.1, 1] : [0, 1];
  if (low < high) return [low, high];
  return log ? [low / 2, high * 2] : [low - 1, high + 1];
}

export interface RangeOfY {
  range: [number, number];
  /** How many values lie beyond it: outliers that were left out. */
  above: number;
  below: number;
}

/** Of the values within the window; where `clip`, of the inner 99 % of them. */
export function rangeOfY(lines: readonly Prepared[], extra: readonly ArrayLike<number>[], window: Range | null, log: boolean, clip: boolean): RangeOfY {
  const inside: number[] = [];
  for (const { x, raw } of lines) {
    const [first, last] = within(x, window);
    for (let i = first; i < last; i++) {
      if (Number.isNaN(raw[i]!)) continue;
      if (!window || (x[i]! >= window[0] && x[i]! <= window[1])) inside.push(raw[i]!);
    }
  }
  if (!clip || inside.length < 20) {
    for (const values of extra) for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) inside.push(values[i]!);
    return { range: padded(extent(inside, log), log), above: 0, below: 0 };
  }
  const inner = robust(inside, log);
  const range = padded(inner && narrower(inner, extent(inside, log)!), log);
  let above = 0;
  let below = 0;
  for (const value of inside) {
    if (value > range[1]) above++;
    else if (value < range[0]) below++;
  }
  return { range, above, below };
}

function narrower(a: Range, b: Range): Range {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}
