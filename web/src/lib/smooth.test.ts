import { expect, test } from "vitest";
import { smooth } from "./smooth";

test("it never looks ahead: a later value changes nothing before it", () => {
  const one = smooth([1, 2, 3, 4], 0.9);
  const other = smooth([1, 2, 3, 400], 0.9);
  expect([...one.slice(0, 3)]).toEqual([...other.slice(0, 3)]);
});

test("it begins at the first value and keeps a constant", () => {
  expect(smooth([7, 9], 0.99)[0]).toBeCloseTo(7, 12);
  for (const value of smooth([5, 5, 5, 5], 0.8)) expect(value).toBeCloseTo(5, 12);
});

test("it is the weighted mean of what came so far", () => {
  const weight = 0.6;
  const values = [3, 1, 4, 1, 5];
  const weights = values.map((_, i) => weight ** (values.length - 1 - i));
  const expected = values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / weights.reduce((a, b) => a + b);
  expect(smooth(values, weight)[4]).toBeCloseTo(expected, 12);
});

test("NaN and infinities are passed on and leave the average alone", () => {
  const out = smooth([2, NaN, Infinity, 2], 0.5);
  expect([...out]).toEqual([2, NaN, Infinity, 2]);
});
