import { expect, test } from "vitest";
import type { Units } from "../api/types";
import { measured, ordered, stuck } from "./units";

const units: Units = {
  units: [0, 2, 4],
  start: Float64Array.of(0, 8),
  end: Float64Array.of(7, 9),
  rms: Float32Array.of(1, 2, 5, NaN, 0, 3),
  zero: Float32Array.of(1, 1, 0.5, 1, 0, 0),
  saturated: null,
};

test("only what was measured is offered", () => expect(measured(units)).toEqual(["rms", "zero"]));

test("units are as numbered, or the greatest at their newest look first", () => {
  expect(ordered(units, "rms", false)).toEqual([0, 1, 2]);
  expect(ordered(units, "rms", true)).toEqual([1, 2, 0]);
  expect(ordered(units, "saturated", true)).toEqual([0, 1, 2]);
});

test("a unit is stuck now, or was at every look", () => {
  expect(stuck(units.zero!, 2)).toEqual({ now: 2, ever: 1 });
  expect(stuck(new Float32Array(), 0)).toEqual({ now: 0, ever: 0 });
});
