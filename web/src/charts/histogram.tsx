// The distribution of one tensor over time, on bins that all tensors share: columns are steps,
// heights are values on a scale that is logarithmic in both directions from zero.
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Histograms } from "../api/types";
import { axis, BINS, centre, nonfinite, occupied, percentile, ZERO } from "../lib/bins";
import { pixels, viridis } from "../lib/colour";
import { count, format, percent } from "../lib/number";
import { ticks } from "../lib/range";
import { Canvas } from "./canvas";
import { FONT, palette } from "./theme";

const HEIGHT = 260;
const LEFT = 58;
const TOP = 12;
const BOTTOM = 22;
const SHARES = [0.05, 0.5, 0.95] as const;
const LUT = pixels(viridis);

export function HistogramHeat({ histograms, name }: { histograms: Histograms; name: string }): JSX.Element {
  const [over, setOver] = useState("");
  const { start, end, counts } = histograms;
  const columns = start.length;
  const span = useMemo(() => occupied(counts), [counts]);
  const first = start[0] ?? 0;
  const last = Math.max(end[columns - 1] ?? 1, first + 1);

  const draw = useCallback((context: CanvasRenderingContext2D, width: number) => {
    if (!span || !columns) return;
    const [low, high] = span;
    const colours = palette.value;
    const bins = high - low + 1;
    const inner = width - LEFT - 6;
    const tall = HEIGHT - TOP - BOTTOM;
    const wide = Math.max(1, Math.round(inner));
    const image = new ImageData(wide, bins);
    const cells = new Uint32Array(image.data.buffer);
    let column = 0;
    for (let x = 0; x < wide; x++) {
      const step = first + ((x + 0.5) / wide) * (last - first);
      while (column + 1 < columns && start[column + 1]! <= step) column++;
      const here = counts.subarray(column * BINS, (column + 1) * BINS);
      const most = here.reduce((a, b) => Math.max(a, b), 1);
      for (let bin = low; bin <= high; bin++) {
        // The square root keeps thin tails visible beside the bulk.
        const value = Math.sqrt(here[bin]! / most);
        if (here[bin]! > 0) cells[(high - bin) * wide + x] = LUT[Math.round(value * 255)]!;
      }
    }
    const sheet = document.createElement("canvas");
    sheet.width = wide;
    sheet.height = bins;
    sheet.getContext("2d")!.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, LEFT, TOP, inner, tall);

    const y = (bin: number): number => TOP + ((high + 1 - bin) / bins) * tall;
    const x = (k: number): number => LEFT + (((start[k]! + end[k]!) / 2 - first) / (last - first)) * inner;
    context.lineWidth = 1.5;
    for (const share of SHARES) {
      context.strokeStyle = share === 0.5 ? "#ffffff" : "rgba(255,255,255,0.6)";
      context.beginPath();
      for (let k = 0; k < columns; k++) {
        const at = percentile(counts.subarray(k * BINS, (k + 1) * BINS), share);
        if (at !== null) context.lineTo(x(k), y(at));
      }
      context.stroke();
    }
    context.fillStyle = colours.error;
    for (let k = 0; k < columns; k++) {
      if (nonfinite(counts.subarray(k * BINS, (k + 1) * BINS)) > 0) context.fillRect(x(k) - 2, 1, 4, TOP - 3);
    }
    context.font = FONT;
    context.fillStyle = colours.muted;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of axis(low, high, (14 / tall) * bins)) context.fillText(format(tick.value, 2), LEFT - 6, y(tick.bin));
    context.textAlign = "center";
    for (const step of ticks(first, last, Math.max(2, inner / 110))) {
      if (Number.isInteger(step)) context.fillText(count(step), LEFT + ((step - first) / (last - first)) * inner, HEIGHT - 10);
    }
  }, [histograms, span]);

  const read = (x: number, y: number, width: number): void => {
    if (!span || !columns) return;
    const [low, high] = span;
    const step = first + Math.min(Math.max((x - LEFT) / (width - LEFT - 6), 0), 1) * (last - first);
    let column = 0;
    while (column + 1 < columns && start[column + 1]! <= step) column++;
    const here = counts.subarray(column * BINS, (column + 1) * BINS);
    const bin = Math.floor(high + 1 - ((y - TOP) / (HEIGHT - TOP - BOTTOM)) * (high - low + 1));
    const total = here.reduce((a, b) => a + b, 0);
    const where = bin === ZERO ? "exactly zero" : `around ${format(centre(bin), 2)}`;
    if (bin >= low && bin <= high) setOver(`step ${count(start[column]!)} · ${percent(here[bin]! / total)} ${where}`);
  };

  if (!span) return <p class="hint">No histogram of this tensor yet.</p>;
  return (
    <div class="histogram">
      <p class="heat-read">{over || "Share of elements by value; lines: 5 %, median, 95 %. Powers of two, zero in the middle."}</p>
      <Canvas draw={draw} height={HEIGHT} label={`distribution of ${name} over steps`} onMove={read} onLeave={() => setOver("")} />
    </div>
  );
}
