import { expect, test } from "vitest";
import { differences, lines } from "./diff";

test("what differs comes first; what one lacks differs", () => {
  const found = differences([new Map<string, unknown>([["a", 1], ["b", 2]]), new Map<string, unknown>([["a", 1], ["b", 3], ["c", 4]])]);
  expect(found.map(({ key, same }) => [key, same])).toEqual([["b", false], ["c", false], ["a", true]]);
  expect(found[1]!.values).toEqual([undefined, 4]);
});

test("lines of both texts, in order, and nothing lost", () => {
  const shown = (left: string, right: string): string => lines(left, right)!.map(({ kind, text }) => `${{ same: " ", left: "-", right: "+" }[kind]}${text}`).join("|");
  expect(shown("a\nb\nc", "a\nx\nc")).toBe(" a|-b|+x| c");
  expect(shown("", "a")).toBe("-|+a");
  expect(shown("a\nb\nc\nd", "b\nd\ne")).toBe("-a| b|-c| d|+e");
  expect(shown("same", "same")).toBe(" same");
});

test("texts that are too long say so", () => {
  const long = (letter: string): string => Array.from({ length: 3000 }, (_, i) => `${letter}${i}`).join("\n");
  expect(lines(long("a"), long("b"))).toBe(null);
});
