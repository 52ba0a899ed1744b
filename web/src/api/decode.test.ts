import { expect, test } from "vitest";
import { decode } from "./decode";

/** As docs/reference/http.md describes it. */
function pack(header: object, arrays: ArrayBufferView[]): ArrayBuffer {
  let text = JSON.stringify(header);
  while ((4 + text.length) % 8) text += " ";
  const size = 4 + text.length + arrays.reduce((sum, { byteLength }) => sum + Math.ceil(byteLength / 8) * 8, 0);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(new TextEncoder().encode(text), 4);
  let at = 4 + text.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += Math.ceil(array.byteLength / 8) * 8;
  }
  return bytes.buffer;
}

test("header and arrays come back, each where it begins", () => {
  const header = { schema: 1, arrays: [["a", "<f4", [3]], ["b", "<f8", [1, 2]]] };
  const packed = decode(pack(header, [Float32Array.of(1, 2, 3), Float64Array.of(NaN, Infinity)]));
  expect(packed.header["schema"]).toBe(1);
  expect([...packed.arrays.get("a")!]).toEqual([1, 2, 3]);
  expect([...packed.arrays.get("b")!]).toEqual([NaN, Infinity]);
});

test("an array of an unknown type is an error, not a wrong number", () => {
  expect(() => decode(pack({ arrays: [["a", "<i2", [4]]] }, [new Int16Array(4)]))).toThrow("array a: unexpected type <i2");
});
