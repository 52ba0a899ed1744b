import { expect, test } from "vitest";
import { bytes, rgba } from "./pixels";

test("base64 is bytes again", () => expect([...bytes("AAH/")]).toEqual([0, 1, 255]));

test("a grey picture has three equal channels, and each row its own pixels", () => {
  const planes = Uint8Array.of(1, 2, 3, 4);
  expect([...rgba(planes, [2, 1, 1, 2], 1)]).toEqual([3, 3, 3, 255, 4, 4, 4, 255]);
});

test("planes become pixels, a fourth one their opacity", () => {
  expect([...rgba(Uint8Array.of(1, 2, 3), [1, 3, 1, 1], 0)]).toEqual([1, 2, 3, 255]);
  expect([...rgba(Uint8Array.of(1, 2, 3, 4), [1, 4, 1, 1], 0)]).toEqual([1, 2, 3, 4]);
});
