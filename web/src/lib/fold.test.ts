import { expect, test } from "vitest";
import { fold, type Ranked } from "./fold";

const finding = (rule: string, over: Partial<Ranked> = {}): Ranked =>
  ({ rule, kind: "cause", severity: "error", rank: 1, explained_by: [], ...over });

test("symptoms go under the best-ranked cause that explains them", () => {
  const found = [
    finding("a"), finding("b"),
    finding("s", { kind: "symptom", explained_by: ["b", "a"] }),
    finding("n", { severity: "note" }),
  ];
  const { alarms, notes } = fold(found);
  expect(alarms.map(({ finding: one, symptoms }) => [one.rule, symptoms.map(({ rule }) => rule)])).toEqual([["a", ["s"]], ["b", []]]);
  expect(notes.map(({ rule }) => rule)).toEqual(["n"]);
});

test("a symptom that nothing shown explains stands alone", () => {
  const { alarms } = fold([finding("s", { kind: "symptom", explained_by: ["gone"] })]);
  expect(alarms.length).toBe(1);
});

test("no finding is lost, whatever explains what", () => {
  const chain = [
    finding("a"),
    finding("b", { kind: "symptom", explained_by: ["a"] }),
    finding("c", { kind: "symptom", explained_by: ["b"] }),
    finding("x", { kind: "symptom", explained_by: ["y"] }),
    finding("y", { kind: "symptom", explained_by: ["x"] }),
  ];
  const { alarms } = fold(chain);
  expect(alarms.flatMap(({ finding: one, symptoms }) => [one, ...symptoms]).map(({ rule }) => rule).sort()).toEqual(["a", "b", "c", "x", "y"]);
  expect(alarms[0]!.symptoms.map(({ rule }) => rule)).toEqual(["b", "c"]);
});
