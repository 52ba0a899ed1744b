import { expect, test } from "vitest";
import { lowerBound, nearest, prepare, rangeOfX, rangeOfY, within } from "./plot";

test("what has no height is set apart and leaves a gap", () => {
  const { lines, odd } = prepare([{ label: "a", x: [0, 1, 2, 3, 4], y: [1, NaN, Infinity, -Infinity, 0] }], true, 0);
  expect([...lines[0]!.raw]).toEqual([1, NaN, NaN, NaN, NaN]);
  expect(odd.map(({ x, kind }) => [x, kind])).toEqual([[1, "nan"], [2, "above"], [3, "below"], [4, "nonpositive"]]);
  expect(prepare([{ label: "a", x: [0], y: [0] }], false, 0).odd).toEqual([]);
});

test("smoothing keeps the gaps and the raw values", () => {
  const [line] = prepare([{ label: "a", x: [0, 1, 2], y: [0, NaN, 10] }], false, 0.5).lines;
  expect([...line!.raw]).toEqual([0, NaN, 10]);
  expect(line!.soft[1]).toBeNaN();
  expect(line!.soft[2]).toBeCloseTo(10 / 1.5);
});

test("places in ascending x", () => {
  expect(lowerBound([1, 3, 5], 3)).toBe(1);
  expect([0, 1.9, 2.1, 9].map((value) => nearest([1, 3, 5], value))).toEqual([0, 0, 1, 2]);
  expect(nearest([], 1)).toBe(-1);
  expect(within([0, 1, 2, 3, 4, 5], [2, 3])).toEqual([1, 5]);
});

test("ranges: of the window, never empty, and without outliers where asked", () => {
  const y = Array.from({ length: 1000 }, (_, i) => 1 + (i % 10) / 10);
  y[500] = 1000;
  const { lines } = prepare([{ label: "a", x: y.map((_, i) => i), y }], false, 0);
  expect(rangeOfY(lines, [], null, false, false).range[1]).toBeGreaterThan(1000);
  const clipped = rangeOfY(lines, [], null, false, true);
  expect(clipped.range[1]).toBeLessThan(2.5);
  expect(clipped.above).toBe(1);
  expect(rangeOfY(lines, [], [0, 100], false, false).range[1]).toBeLessThan(2.5);
  expect(rangeOfX(lines, null, false)).toEqual([0, 999]);
  expect(rangeOfX(lines, null, true)).toEqual([1, 999]);
  expect(rangeOfX([], null, false)).toEqual([0, 1]);
  expect(rangeOfX(prepare([{ label: "a", x: [3], y: [1] }], false, 0).lines, null, false)).toEqual([2, 4]);
});
