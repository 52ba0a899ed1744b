import { expect, test } from "vitest";
import { diverging, pixel, pixels, rgb, viridis } from "./colour";

const light = ([r, g, b]: readonly number[]): number => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;

test("viridis is matplotlib's, within three levels of 255 at its ends and middle", () => {
  const known: [number, number[]][] = [[0, [68, 1, 84]], [0.5, [33, 145, 140]], [1, [253, 231, 37]]];
  for (const [share, expected] of known) viridis(share).forEach((value, c) => expect(Math.abs(value - expected[c]!)).toBeLessThanOrEqual(4));
});

test("it grows lighter all the way, so that its order needs no hue", () => {
  for (let i = 1; i <= 50; i++) expect(light(viridis(i / 50))).toBeGreaterThan(light(viridis((i - 1) / 50)));
});

test("what is out of range has the colour of the end", () => {
  expect(viridis(-1)).toEqual(viridis(0));
  expect(viridis(9)).toEqual(viridis(1));
});

test("a signed scale has the neutral in the middle and different ends", () => {
  const scale = diverging([200, 200, 200]);
  expect(scale(0.5)).toEqual([200, 200, 200]);
  expect(scale(0)).not.toEqual(scale(1));
});

test("pixels are opaque and little-endian", () => {
  expect(pixel(rgb("#0a0b0c"))).toBe(0xff0c0b0a);
  expect(pixels(viridis).length).toBe(256);
});
