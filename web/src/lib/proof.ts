// What was tried on a run, in order: the newest verdict of each treatment, and its trials.
import type { Answer, Json, Settings, TrialRow } from "../api/types";
import { toNumber, type Num } from "./number";

export type Word = "helps" | "no effect" | "harms" | "not applicable" | "no verdict";

export interface Arm {
  treatments: string[];
  finding: string;
  word: Word;
  reason: string;
  outcome: string;
  /** Which end of the outcome is better: "higher", "lower" or "". */
  better: string;
  effect: number | null;
  interval: [number, number] | null;
  unit: string;
  control: number[];
  treated: number[];
  /** Ids of its trials, and of those of the control they are compared with. */
  runs: string[];
  controls: string[];
  time: number;
}

const numbers = (value: Json | undefined): number[] => (Array.isArray(value) ? value.map((one) => toNumber(one as Num) ?? NaN) : []);
const texts = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);
const object = (value: Json | undefined): Settings => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const text = (value: Json | undefined): string => (value === null || value === undefined ? "" : String(value));

/** Arms of kept proofs, the newest of each; then arms that have trials but no verdict yet. */
export function arms(answers: readonly Answer[], trials: readonly TrialRow[]): Arm[] {
  const found = new Map<string, Arm>();
  for (const { kind, data, time } of answers) {
    if (kind !== "prove") continue;
    const controls = texts(object(data["control"])["runs"]);
    for (const one of Array.isArray(data["trials"]) ? data["trials"] : []) {
      const arm = object(one);
      const treatments = texts(arm["treatment"]);
      const name = treatments.join(" + ");
      if (found.has(name)) continue;
      const bounds = numbers(arm["interval"]);
      found.set(name, {
        treatments, finding: text(arm["finding"]), word: text(arm["verdict"]) as Word, reason: text(arm["reason"]),
        outcome: text(object(arm["outcome"])["name"]), better: text(object(arm["outcome"])["better"]), effect: toNumber((arm["effect"] ?? null) as Num | null),
        interval: bounds.length === 2 ? [bounds[0]!, bounds[1]!] : null, unit: text(arm["unit"]),
        control: numbers(arm["control"]), treated: numbers(arm["treated"]), runs: texts(arm["runs"]), controls, time,
      });
    }
  }
  const controls = trials.filter(({ treatments, finding }) => !treatments.length && finding !== "study").map(({ run }) => run);
  for (const { run, treatments, finding, created } of trials) {
    const name = treatments.join(" + ");
    if (!treatments.length || finding === "study") continue;
    const known = found.get(name);
    if (!known) {
      found.set(name, {
        treatments, finding, word: "no verdict", reason: "", outcome: "", better: "", effect: null, interval: null, unit: "",
        control: [], treated: [], runs: [run], controls, time: created,
      });
    } else if (known.word === "no verdict") known.runs.push(run);
  }
  return [...found.values()];
}

/** What a treatment was found to do, for the list of a finding's treatments. */
export function verdictOf(all: readonly Arm[], treatment: string): Arm | null {
  return all.find(({ treatments }) => treatments.length === 1 && treatments[0] === treatment) ?? null;
}

/** An effect in words: "38 % less loss [12 %, 51 %]", "+0.12 accuracy". */
export function effectText({ effect, interval, unit }: Arm, format: (value: number) => string): string {
  if (effect === null) return "";
  const show = unit === "relative" ? (value: number): string => `${format(value * 100)} %` : (value: number): string => `${value > 0 ? "+" : ""}${format(value)}`;
  return `${show(effect)}${interval ? ` [${show(interval[0])}, ${show(interval[1])}]` : ""}`;
}

export interface Study {
  outcome: string;
  factors: [string, string[]][];
  cells: { levels: string[]; values: number[]; runs: string[] }[];
  effects: { levels: string[]; against: string[]; effect: number; interval: [number, number] | null; clear: boolean }[];
}

/** A kept study; null where the answer is none. */
export function study(data: Settings): Study | null {
  const factors = Object.entries(object(data["factors"])).map(([name, levels]): [string, string[]] => [name, texts(levels)]);
  if (!factors.length || !Array.isArray(data["cells"])) return null;
  return {
    outcome: text(object(data["outcome"])["name"]),
    factors,
    cells: data["cells"].map(object).map((cell) => ({ levels: texts(cell["treatment"]), values: numbers(cell["values"]), runs: texts(cell["runs"]) })),
    effects: (Array.isArray(data["effects"]) ? data["effects"] : []).map(object).map((one) => {
      const bounds = numbers(one["interval"]);
      return {
        levels: texts(one["levels"]), against: texts(one["against"]), effect: toNumber((one["effect"] ?? null) as Num | null) ?? NaN,
        interval: bounds.length === 2 ? [bounds[0]!, bounds[1]!] : null, clear: one["clear"] === true,
      };
    }),
  };
}

export interface RateTest {
  suggestion: number | null;
  range: [number, number] | null;
  refused: string;
  lr: number[];
  loss: number[];
}

/** A kept learning-rate test; null where the answer is none. */
export function rateTest(data: Settings): RateTest | null {
  const curve = object(data["curve"]);
  const lr = numbers(curve["lr"]);
  const loss = numbers(curve["loss"]);
  if (!lr.length || lr.length !== loss.length) return null;
  const range = numbers(data["range"]);
  return { suggestion: toNumber((data["suggestion"] ?? null) as Num | null), range: range.length === 2 && range.every(Number.isFinite) ? [range[0]!, range[1]!] : null, refused: text(data["refused"]), lr, loss };
}
