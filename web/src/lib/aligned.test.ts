import { expect, test } from "vitest";
import { align } from "./aligned";

test("no NaN and no infinity reaches the chart: they are marks", () => {
  const { raw, odd } = align([{ label: "loss", x: [0, 1, 2, 3], y: [NaN, 1, Infinity, -Infinity] }], false, 0);
  expect(raw[0]).toEqual([null, 1, null, null]);
  expect(odd).toEqual([
    { x: 0, kind: "nan", line: 0 }, { x: 2, kind: "above", line: 0 }, { x: 3, kind: "below", line: 0 },
  ]);
});

test("zero and less have no place on a logarithmic axis and are said to be there", () => {
  const line = { label: "a", x: [0, 1, 2], y: [0, -1, 2] };
  expect(align([line], true, 0).raw[0]).toEqual([null, null, 2]);
  expect(align([line], true, 0).odd.map(({ kind }) => kind)).toEqual(["nonpositive", "nonpositive"]);
  expect(align([line], false, 0).odd).toEqual([]);
});

test("lines of different steps share one x; a step of the other line is no gap", () => {
  const { x, raw } = align([{ label: "a", x: [0, 2], y: [1, NaN] }, { label: "b", x: [1], y: [5] }], false, 0);
  expect(x).toEqual([0, 1, 2]);
  expect(raw).toEqual([[1, undefined, null], [undefined, 5, undefined]]);
});

test("smoothing leaves what was measured beside it", () => {
  const { raw, smoothed } = align([{ label: "a", x: [0, 1], y: [0, 10] }], false, 0.5);
  expect(raw[0]).toEqual([0, 10]);
  expect(smoothed[0]![1]).toBeCloseTo(20 / 3, 12);
});
