import { expect, test } from "vitest";
import type { DataFacts } from "../api/types";
import { fed } from "./fed";

test("what a run was fed is medians, shares of classes and counts of rows", () => {
  const none = { batches: 0, distinct: null, columns: {} };
  const data: DataFacts = {
    schema: 1, length: 1, training: { batches: 2, distinct: 2, columns: { first_mean: [0, 1, 2] } }, evaluation: none,
    targets: [{ loss: "nll", classes: 2, target: { classes: [1, 3] }, output: {}, weighted: false }],
    repeats: null, overlap: { rows: 10, trained: 5, share: 0.5, phases: 1 },
  };
  expect([...fed(data)]).toEqual([
    ["training first mean", 1], ["nll classes", 2], ["nll share of class 0", 0.25], ["nll share of class 1", 0.75], ["evaluation rows seen in training", 0.5],
  ]);
});
