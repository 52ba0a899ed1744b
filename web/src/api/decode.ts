// The server's binary answers: a JSON header, then little-endian arrays (docs/reference/http.md).

export interface Packed {
  header: Record<string, unknown>;
  arrays: Map<string, Float64Array | Float32Array>;
}

/** Views into the answer; nothing is copied. */
export function decode(buffer: ArrayBuffer): Packed {
  const length = new DataView(buffer).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  const header = JSON.parse(text) as Record<string, unknown>;
  const arrays = new Map<string, Float64Array | Float32Array>();
  let at = 4 + length;
  for (const [name, dtype, shape] of header["arrays"] as [string, string, number[]][]) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (dtype === "<f8") arrays.set(name, new Float64Array(buffer, at, size));
    else if (dtype === "<f4") arrays.set(name, new Float32Array(buffer, at, size));
    else throw new Error(`array ${name}: unexpected type ${dtype}`);
    at += Math.ceil((size * Number(dtype.slice(2))) / 8) * 8;
  }
  return { header, arrays };
}
