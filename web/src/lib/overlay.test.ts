import { expect, test } from "vitest";
import { requests } from "./overlay";

const names = (letter: string, count: number): string[] => Array.from({ length: count }, (_, k) => `${letter}${k}`);

test("each key of each run is asked for once, the first chart of many runs first", () => {
  for (const [runs, keys] of [[1, 1], [3, 20], [24, 2], [25, 2], [200, 40]] as const) {
    const parts = requests(names("r", runs), names("k", keys));
    const pairs = parts.flatMap((part) => part.runs.flatMap((run) => part.keys.map((key) => `${run} ${key}`)));
    expect(pairs.length).toBe(runs * keys);
    expect(new Set(pairs).size).toBe(runs * keys);
    expect(parts.every((part) => part.keys.length <= 16 && part.runs.length <= 100)).toBe(true);
  }
  expect(requests(names("r", 200), names("k", 5)).slice(0, 2).map((part) => part.keys)).toEqual([["k0"], ["k0"]]);
  expect(requests([], names("k", 5))).toEqual([]);
});
