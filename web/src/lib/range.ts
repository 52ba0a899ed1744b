// Ranges of values: what an axis or a colour scale spans. Never NaN, never infinite, never empty.

export type Range = readonly [number, number];

/** Least and greatest finite value, of the positive ones where `log`; null where there is none. */
export function extent(values: Iterable<number>, log = false): Range | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** The range of an axis: the extent with room around it. */
export function padded(range: Range | null, log = false): [number, number] {
  if (!range) return log ? [0.1, 1] : [0, 1];
  const [low, high] = range;
  if (log) {
    const room = Math.max((high / low) ** 0.06, 1.15);
    return [Math.max(low / room, Number.MIN_VALUE), Math.min(high * room, Number.MAX_VALUE)];
  }
  if (low === 0 && high === 0) return [0, 1];
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }
  const room = (high - low) * 0.06;
  if (!Number.isFinite(room)) return [low, high];
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

/** Whether the positive values span so much that a linear axis would hide most of them. */
export function wantsLog(values: Iterable<number>): boolean {
  const range = extent(values, true);
  return range !== null && range[1] / range[0] > 1000;
}

/**
 * The range of a colour scale: the inner 99 % of the values, so that one outlier does not wash
 * out everything else. Where `log`, of the positive values, and at least one decade.
 */
export function robust(values: ArrayLike<number>, log: boolean): Range | null {
  const kept: number[] = [];
  // Every n-th value will do: 20,000 samples place these quantiles within 0.1 %.
  const stride = Math.max(1, Math.floor(values.length / 20000));
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i]!;
    if (Number.isFinite(value) && (!log || value > 0)) kept.push(value);
  }
  if (!kept.length) return null;
  kept.sort((a, b) => a - b);
  const at = (share: number): number => kept[Math.round(share * (kept.length - 1))]!;
  const low = at(0.005);
  const high = at(0.995);
  if (log) {
    // A decade at least: what hardly differs must not look as if it did.
    const wider = Math.max(1, Math.sqrt(10 / (high / low)));
    return [low / wider, high * wider];
  }
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Round numbers that divide a range: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, wanted: number): number[] {
  if (!(high > low) || wanted < 1) return [low];
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= raw * 0.999)!;
  const found: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step + 0); // + 0: never −0
  return found;
}

/**
 * Ticks of a logarithmic axis: powers of ten, as many apart as it takes; with 2 and 5 between them
 * where there is room; round numbers where the range is less than a decade.
 */
export function logTicks(low: number, high: number, wanted: number): number[] {
  const decades = Math.log10(high / low);
  if (!(low > 0) || !(decades > 0)) return [low];
  if (decades < 1) return ticks(low, high, wanted).filter((tick) => tick > 0);
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const apart = Math.max(1, Math.ceil((last - first + 1) / Math.max(wanted, 1)));
  const between = decades * 3 <= wanted ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = first - 1; power <= last; power++) {
    if (power % apart) continue;
    for (const digit of between) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
    }
  }
  return found;
}

/**
 * Where the last column of a picture over steps ends: as wide as the one before, where it is one look,
 * but not beyond where the run ended.
 */
export function endOf(start: ArrayLike<number>, end: ArrayLike<number>, until = Infinity): number {
  const last = start.length - 1;
  if (last < 0) return 1;
  const gap = last > 0 ? start[last]! - start[last - 1]! : 1;
  return Math.max(end[last]!, Math.min(start[last]! + gap, until), start[last]! + Number(until < Infinity), start[0]! + 1);
}
