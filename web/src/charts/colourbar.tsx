// What the colours of a heat map mean.
import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { Quantity } from "../api/types";
import { format, percent } from "../lib/number";
import type { Range } from "../lib/range";
import { Canvas } from "./canvas";

interface Props {
  lut: Uint32Array;
  range: Range;
  quantity: Quantity;
  /** Whether some cell is NaN or infinite. */
  odd: boolean;
}

export function ColourBar({ lut, range, quantity, odd }: Props): JSX.Element {
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number) => {
    const image = new ImageData(256, 1);
    new Uint32Array(image.data.buffer).set(lut);
    const sheet = document.createElement("canvas");
    sheet.width = 256;
    sheet.height = 1;
    sheet.getContext("2d")!.putImageData(image, 0, 0);
    context.drawImage(sheet, 0, 0, width, height);
  }, [lut]);
  const read = (value: number): string => (quantity.scale === "share" ? percent(value) : format(value, 2));
  return (
    <div class="colourbar">
      <span>{quantity.scale === "log" ? "≤ " : ""}{read(range[0])}</span>
      <span class="colourbar-strip"><Canvas draw={draw} height={10} label="colour scale" /></span>
      <span>{quantity.scale === "log" ? "≥ " : ""}{read(range[1])}</span>
      {quantity.scale === "log" && <span class="key"><i class="swatch zero" />zero</span>}
      {odd && <span class="key"><i class="swatch odd" />NaN or ∞</span>}
    </div>
  );
}
