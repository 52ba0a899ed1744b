import { expect, test } from "vitest";
import { ago, count, duration, format, percent, shape, toNumber } from "./number";

test("numbers keep four digits and say what they are", () => {
  expect([0, 1234, 0.12345, -2.5, 1e-9, 123456789, 2.302585].map((x) => format(x))).toEqual(
    ["0", "1,234", "0.1235", "−2.5", "1e−9", "1.235e8", "2.303"],
  );
});

test("what is no finite number is named, what is absent is a dash", () => {
  expect([NaN, Infinity, -Infinity, null, undefined].map((x) => format(x))).toEqual(["NaN", "∞", "−∞", "–", "–"]);
});

test("the server's text becomes the number it stands for", () => {
  expect([toNumber("NaN"), toNumber("-Infinity"), toNumber(3), toNumber(null)]).toEqual([NaN, -Infinity, 3, null]);
});

test("counts get a letter where they are long", () => {
  expect([0, 999, 12345, 123456, 1234567, 7e9].map(count)).toEqual(["0", "999", "12,345", "123 k", "1.23 M", "7 B"]);
});

test("a small share is never nothing", () => {
  expect([0, 0.0001, 0.013, 0.5, 1].map(percent)).toEqual(["0 %", "< 0.1 %", "1.3 %", "50 %", "100 %"]);
});

test("durations have two units at most", () => {
  expect([0.013, 7.7, 59.6, 200, 7500, 90000, 3600, -1].map(duration)).toEqual(
    ["0.013 s", "7.7 s", "1 min", "3 min 20 s", "2 h 5 min", "1 d 1 h", "1 h", "–"],
  );
});

test("times are told from now", () => {
  expect([10, 50, 200, 7200, 200000].map((passed) => ago(0, passed))).toEqual(["just now", "1 min ago", "3 min ago", "2 h ago", "2 d ago"]);
});

test("shapes", () => {
  expect([shape([8, 1, 5, 5]), shape([])]).toEqual(["8 × 1 × 5 × 5", "1"]);
});
