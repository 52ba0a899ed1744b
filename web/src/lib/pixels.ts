// Pictures that the record keeps as bytes, as what a canvas takes.

/** Bytes of a text in base64. */
export function bytes(text: string): Uint8Array {
  const raw = atob(text);
  return Uint8Array.from({ length: raw.length }, (_, k) => raw.charCodeAt(k));
}

/**
 * One picture of [rows, channels, height, width] planes as RGBA: one channel is grey, of two the
 * first is shown, of four the last is opacity.
 */
export function rgba(planes: Uint8Array, [, channels, height, width]: readonly [number, number, number, number], row: number): Uint8ClampedArray {
  const size = height * width;
  const from = row * channels * size;
  const plane = (k: number): number => from + (channels < 3 ? 0 : k) * size;
  const found = new Uint8ClampedArray(size * 4);
  for (let at = 0; at < size; at++) {
    for (let k = 0; k < 3; k++) found[at * 4 + k] = planes[plane(k) + at] ?? 0;
    found[at * 4 + 3] = channels === 4 ? planes[from + 3 * size + at] ?? 255 : 255;
  }
  return found;
}
