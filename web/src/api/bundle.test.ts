import { expect, test } from "vitest";
import { nameOf } from "./bundle";

test("how finely a picture is asked for is no part of its name; the order of a query neither", () => {
  expect(nameOf("api/runs/a/heatmap?signal=grad_rms&columns=800")).toBe("api/runs/a/heatmap?signal=grad_rms");
  expect(nameOf("api/overlay?run=b&run=a&key=k&points=9&from=0&to=1")).toBe("api/overlay?key=k&run=a&run=b");
  expect(nameOf("api/runs/a/series?key=history/a b&after=0")).toBe("api/runs/a/series?key=history/a b");
  expect(nameOf("api/runs")).toBe("api/runs");
});
