// Two matrices of one signal against each other: tensors by name, steps by number.
import type { Matrix } from "../api/types";

/**
 * The second against the first at the columns of the first: log10 of the ratio, cut to −1 … 1, or
 * the difference. NaN where one of them was not measured.
 */
export function ratio(one: Matrix, other: Matrix, log: boolean): Matrix {
  const places = new Map(other.rows.map(({ name }, row) => [name, row]));
  const shared = one.rows.flatMap((row, k) => (places.has(row.name) ? [{ row, k, j: places.get(row.name)! }] : []));
  const columns: [number, number][] = [];
  let at = 0;
  one.start.forEach((start, column) => {
    while (at + 1 < other.start.length && other.start[at + 1]! <= start) at++;
    if (other.start.length && other.start[at]! <= start && other.end[at]! >= start) columns.push([column, at]);
  });
  const values = new Float32Array(shared.length * columns.length);
  shared.forEach(({ k, j }, row) => {
    columns.forEach(([left, right], column) => {
      const a = one.values[k * one.start.length + left]!;
      const b = other.values[j * other.start.length + right]!;
      const apart = log ? (a === b ? 0 : Math.log10(b / a)) : b - a;
      values[row * columns.length + column] = Number.isNaN(apart) ? NaN : Math.max(-1, Math.min(1, apart));
    });
  });
  return {
    signal: one.signal, rows: shared.map(({ row }) => row), values, nonfinite: null,
    start: Float64Array.from(columns, ([column]) => one.start[column]!), end: Float64Array.from(columns, ([column]) => one.end[column]!),
  };
}
