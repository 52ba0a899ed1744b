import { expect, test } from "vitest";
import { normal } from "./normal";

test("what is normal is read off the sentence", () => {
  expect(normal("sigmoids shrink the gradient 125-fold from fc2 to conv1; healthy networks of 4 layers: below 10-fold; at init conv1 moves 0.1 per step, normal is 0.0018–0.011."))
    .toEqual(["healthy networks of 4 layers: below 10-fold", "at init conv1 moves 0.1 per step, normal is 0.0018–0.011"]);
  expect(normal("the loss is NaN")).toEqual([]);
  expect(normal("the loss went from 1 to 0.98 although each step moves the weights by 0.007, which is healthy; do the targets fit?")).toEqual([]);
});
