import { expect, test } from "vitest";
import type { Answer, TrialRow } from "../api/types";
import { arms, effectText, rateTest, study, verdictOf } from "./proof";

const trial = (run: string, treatments: string[], finding = ""): TrialRow => ({ run, name: run, state: "finished", created: 1, treatments, seed: 0, steps: null, finding, failure: "" });
const proof = (time: number, verdict: string): Answer => ({
  kind: "prove", time,
  data: {
    control: { runs: ["c"] },
    trials: [{ treatment: ["lr=0.1"], verdict, outcome: { name: "accuracy", better: "higher" }, effect: 0.25, interval: [0.1, "NaN"], unit: "absolute", control: [0.5], treated: ["NaN"], runs: ["t"] }],
  },
});

test("the newest verdict of a treatment counts; one without a verdict waits", () => {
  const found = arms([proof(2, "helps"), proof(1, "harms")], [trial("c", []), trial("t", ["lr=0.1"]), trial("u", ["dropout=off"]), trial("v", ["dropout=off"]), trial("s", ["x=1"], "study")]);
  expect(found.map(({ treatments, word, runs }) => [treatments.join(), word, runs])).toEqual([["lr=0.1", "helps", ["t"]], ["dropout=off", "no verdict", ["u", "v"]]]);
  expect(verdictOf(found, "lr=0.1")?.outcome).toBe("accuracy");
  expect(verdictOf(found, "lr=1")).toBe(null);
  expect(found[0]!.treated[0]).toBeNaN();
  expect(found[1]!.controls).toEqual(["c"]);
});

test("an effect in words", () => {
  const [arm] = arms([proof(1, "helps")], []);
  expect(effectText({ ...arm!, interval: [0.1, 0.4] }, String)).toBe("+0.25 [+0.1, +0.4]");
  expect(effectText({ ...arm!, unit: "relative", interval: null }, String)).toBe("25 %");
});

test("answers that are no answers give nothing", () => {
  expect(arms([{ kind: "prove", time: 0, data: { trials: "odd" } }], [])).toEqual([]);
  expect(study({ cells: [] })).toBe(null);
  expect(rateTest({ curve: { lr: [1], loss: [] } })).toBe(null);
  expect(rateTest({ suggestion: null, range: null, refused: "flat", curve: { lr: [1], loss: ["Infinity"] } })).toEqual({ suggestion: null, range: null, refused: "flat", lr: [1], loss: [Infinity] });
  expect(study({ outcome: { name: "loss" }, factors: { a: ["a=1", "a=2"] }, cells: [{ treatment: ["a=1"], values: [1], runs: [] }], effects: [{ levels: ["a=2"], against: ["a=1"], effect: 1, interval: null, clear: false }] })!.effects[0]!.interval).toBe(null);
});
