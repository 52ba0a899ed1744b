import { expect, test } from "vitest";
import type { Matrix } from "../api/types";
import { ratio } from "./ratio";

const matrix = (names: string[], steps: number[], values: number[]): Matrix => ({
  signal: "s", rows: names.map((name, index) => ({ index, name, type: "", module: 0, shape: [2, 2] })), start: Float64Array.from(steps), end: Float64Array.from(steps), values: Float32Array.from(values), nonfinite: null,
});

test("tensors are matched by name, steps by number", () => {
  const found = ratio(matrix(["a", "b"], [0, 1, 2], [1, 1, 1, 5, 5, NaN]), matrix(["b", "c"], [1, 2], [50, 5, 0, 0]), true);
  expect(found.rows.map(({ name }) => name)).toEqual(["b"]);
  expect([...found.start]).toEqual([1, 2]);
  expect([...found.values]).toEqual([1, NaN]);
});

test("equal is nothing, also of zeros; far apart is cut", () => {
  expect([...ratio(matrix(["a"], [0, 1], [0, 1]), matrix(["a"], [0, 1], [0, 1e9]), true).values]).toEqual([0, 1]);
  expect([...ratio(matrix(["a"], [0], [0.25]), matrix(["a"], [0], [0.5]), false).values]).toEqual([0.25]);
});
