import { expect, test } from "vitest";
import { sections } from "./sections";

test("metrics by what stands before their last slash, those without first; few are one", () => {
  const keys = ["history/val/loss", "history/lr", "history/train/a/x", "history/val/acc"];
  expect(sections(keys)).toEqual([
    { prefix: "", keys: ["history/lr"] },
    { prefix: "val", keys: ["history/val/loss", "history/val/acc"] },
    { prefix: "train/a", keys: ["history/train/a/x"] },
  ]);
  expect(sections(keys, 4)).toEqual([{ prefix: "", keys }]);
  expect(sections([], 4)).toEqual([]);
});
