import { expect, test } from "vitest";
import { at, band } from "./band";

test("mean and one standard deviation where the lines have points", () => {
  const found = band([{ x: [0, 1, 2], y: [1, 2, 3] }, { x: [0, 1, 2], y: [3, 4, 5] }]);
  expect([...found.x]).toEqual([0, 1, 2]);
  expect([...found.mean]).toEqual([2, 3, 4]);
  expect(found.high[0]).toBeCloseTo(2 + Math.SQRT2);
  expect([...found.count]).toEqual([2, 2, 2]);
});

test("a shorter line counts only as far as it goes; NaN counts nowhere", () => {
  const found = band([{ x: [0, 2, 4], y: [0, 2, 4] }, { x: [0, 2], y: [4, NaN] }]);
  expect([...found.count]).toEqual([2, 1, 1]);
  expect([...found.mean]).toEqual([2, 2, 4]);
});

test("great numbers keep their digits", () => {
  const found = band([{ x: [0], y: [1e12 + 1] }, { x: [0], y: [1e12 + 3] }]);
  expect(found.mean[0]).toBe(1e12 + 2);
  expect(found.high[0]! - found.mean[0]!).toBeCloseTo(Math.SQRT2);
});

test("too many places become evenly spaced ones, lines straight between their points", () => {
  const x = Array.from({ length: 1000 }, (_, i) => i);
  const found = band([{ x, y: x }], 11);
  expect(found.x.length).toBe(11);
  expect(found.mean[5]).toBeCloseTo(found.x[5]!);
  expect([...at({ x: [0, 10], y: [0, 100] }, [-1, 0, 5, 10, 11])]).toEqual([NaN, 0, 50, 100, NaN]);
});
