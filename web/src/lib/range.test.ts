import { expect, test } from "vitest";
import { endOf, extent, logTicks, padded, robust, ticks, wantsLog } from "./range";

test("the extent passes over what is no finite number, and over zero where it is logarithmic", () => {
  expect(extent([NaN, 3, Infinity, -2])).toEqual([-2, 3]);
  expect(extent([NaN, 3, 0, -2], true)).toEqual([3, 3]);
  expect(extent([NaN, -Infinity])).toBeNull();
});

test("an axis is finite and has a length, whatever it is made of", () => {
  const odd = [null, [0, 0], [5, 5], [-1e308, 1e308], [1e-300, 1e300], [-3, -3]] as const;
  for (const range of odd) {
    for (const log of [false, true]) {
      if (log && range && range[0] <= 0) continue;
      const [low, high] = padded(range, log);
      expect(Number.isFinite(low) && Number.isFinite(high) && low < high).toBe(true);
      if (log) expect(low).toBeGreaterThan(0);
    }
  }
});

test("what is never negative gets no negative axis", () => {
  expect(padded([0, 10])[0]).toBe(0);
});

test("a loss that falls a thousandfold is drawn logarithmically", () => {
  expect([wantsLog([1, 2, 0.5]), wantsLog([1e5, 3]), wantsLog([0, -1])]).toEqual([false, true, false]);
});

test("one outlier does not take the colour scale", () => {
  const values = Array.from({ length: 1000 }, (_, i) => 1 + i / 1000);
  values[500] = 1e9;
  expect(robust(values, false)![1]).toBeLessThan(3);
});

test("a colour scale of magnitudes spans a decade at least", () => {
  const [low, high] = robust([1, 1, 1], true)!;
  expect(high / low).toBeGreaterThanOrEqual(9);
  expect(robust([0, NaN, -1], true)).toBeNull();
});

test("ticks are round, inside, and zero is no negative zero", () => {
  expect(ticks(-1, 1, 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(Object.is(ticks(-1, 1, 4)[2], 0)).toBe(true);
  expect(ticks(3, 3, 5)).toEqual([3]);
});

test("a logarithmic axis has ticks at any span", () => {
  expect(logTicks(1, 100, 8)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(logTicks(1e4, 1e38, 5).length).toBeGreaterThan(2);
  expect(logTicks(2, 3, 5).length).toBeGreaterThan(2);
  for (const tick of logTicks(1e-300, 1e300, 6)) expect(Math.log10(tick) % 1).toBeCloseTo(0, 6);
});

test("the last column of a picture is as wide as the one before it", () => {
  expect(endOf([0, 64], [0, 64])).toBe(128);
  expect(endOf([0, 10], [9, 40])).toBe(40);
  expect(endOf([7], [7])).toBe(8);
  expect(endOf([], [])).toBe(1);
  expect(endOf([0, 64], [0, 64], 70)).toBe(70);
  expect(endOf([0, 64], [0, 64], 64)).toBe(65);
  expect(endOf([0, 64], [0, 64], 500)).toBe(128);
});
