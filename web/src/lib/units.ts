// Single units of a layer: in which order they are shown, and what is said of them in words.
import type { Units } from "../api/types";

export type UnitQuantity = "rms" | "zero" | "saturated";

/** What was measured, in the order of the selector. */
export function measured(units: Units): UnitQuantity[] {
  return (["rms", "zero", "saturated"] as const).filter((name) => units[name] !== null);
}

/** Rows of units: as they are numbered, or the greatest at the newest look first. */
export function ordered(units: Units, quantity: UnitQuantity, sorted: boolean): number[] {
  const rows = units.units.map((_, row) => row);
  const values = units[quantity];
  if (!sorted || !values) return rows;
  const columns = units.start.length;
  const newest = (row: number): number => {
    for (let at = (row + 1) * columns - 1; at >= row * columns; at--) if (!Number.isNaN(values[at]!)) return values[at]!;
    return -Infinity;
  };
  return rows.sort((a, b) => newest(b) - newest(a) || a - b);
}

/** How many units were zero, or saturated, for all that they were given, since which look. */
export function stuck(values: Float32Array, columns: number): { now: number; ever: number } {
  const rows = columns ? values.length / columns : 0;
  let now = 0;
  let ever = 0;
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    now += Number(own[columns - 1]! >= 1);
    ever += Number(own.every((value) => value >= 1));
  }
  return { now, ever };
}
