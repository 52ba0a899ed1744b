// The distribution of one tensor over time, on bins that all tensors share: columns are steps,
// heights are values on a scale that is logarithmic in both directions from zero.
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Histograms } from "../api/types";
import { axis, BINS, centre, heights, nonfinite, percentile, shelfAt, shelves, ZERO } from "../lib/bins";
import { pixels, viridis } from "../lib/colour";
import { count, format, percent } from "../lib/number";
import { endOf, ticks } from "../lib/range";
import { Canvas } from "./canvas";
import { font, palette } from "./theme";

const HEIGHT = 260;
const LEFT = 58;
const TOP = 12;
const BOTTOM = 22;
const SHARES = [0.05, 0.5, 0.95] as const;
const LUT = pixels(viridis);

export function HistogramHeat({ histograms, name, until }: { histograms: Histograms; name: string; until?: number | undefined }): JSX.Element {
  const [over, setOver] = useState("");
  const { start, end, counts } = histograms;
  const columns = start.length;
  const rows = useMemo(() => shelves(counts), [counts]);
  const first = start[0] ?? 0;
  const last = endOf(start, end, until);

  const draw = useCallback((context: CanvasRenderingContext2D, width: number) => {
    if (!rows.length || !columns) return;
    const colours = palette.value;
    const inner = width - LEFT - 6;
    const tall = HEIGHT - TOP - BOTTOM;
    const wide = Math.max(1, Math.round(inner));
    const image = new ImageData(wide, rows.length);
    const cells = new Uint32Array(image.data.buffer);
    let column = -1;
    let share = heights(new Float32Array(BINS), rows);
    for (let x = 0; x < wide; x++) {
      const step = first + ((x + 0.5) / wide) * (last - first);
      const before = column;
      while (column + 1 < columns && (column < 0 || start[column + 1]! <= step)) column++;
      if (column !== before) share = heights(counts.subarray(column * BINS, (column + 1) * BINS), rows);
      for (let k = 0; k < rows.length; k++) {
        // The square root keeps thin tails visible beside the bulk.
        if (share[k]! > 0) cells[(rows.length - 1 - k) * wide + x] = LUT[Math.round(Math.sqrt(share[k]!) * 255)]!;
      }
    }
    const sheet = document.createElement("canvas");
    sheet.width = wide;
    sheet.height = rows.length;
    sheet.getContext("2d")!.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, LEFT, TOP, inner, tall);

    const y = (at: number): number => TOP + (1 - at / rows.length) * tall;
    const x = (step: number): number => LEFT + ((step - first) / (last - first)) * inner;
    context.lineWidth = 1.5;
    for (const share of SHARES) {
      context.strokeStyle = share === 0.5 ? "#ffffff" : "rgba(255,255,255,0.6)";
      context.beginPath();
      for (let k = 0; k < columns; k++) {
        const at = percentile(counts.subarray(k * BINS, (k + 1) * BINS), share);
        if (at === null) continue;
        context.moveTo(x(start[k]!), y(shelfAt(rows, at)));
        context.lineTo(x(start[k + 1] ?? last), y(shelfAt(rows, at)));
      }
      context.stroke();
    }
    context.fillStyle = colours.error;
    for (let k = 0; k < columns; k++) {
      if (nonfinite(counts.subarray(k * BINS, (k + 1) * BINS)) > 0) context.fillRect(x(start[k]!), 2, Math.max(3, x(start[k + 1] ?? last) - x(start[k]!)), TOP - 5);
    }
    context.font = font();
    context.fillStyle = colours.muted;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of axis(rows, (14 / tall) * rows.length)) context.fillText(format(tick.value, 2), LEFT - 6, y(tick.at));
    context.textAlign = "center";
    for (const step of ticks(first, last, Math.max(2, inner / 110))) {
      if (Number.isInteger(step)) context.fillText(count(step), LEFT + ((step - first) / (last - first)) * inner, HEIGHT - 10);
    }
  }, [histograms, rows]);

  const read = (x: number, y: number, width: number): void => {
    if (!rows.length || !columns) return;
    const step = first + Math.min(Math.max((x - LEFT) / (width - LEFT - 6), 0), 1) * (last - first);
    let column = 0;
    while (column + 1 < columns && start[column + 1]! <= step) column++;
    const here = counts.subarray(column * BINS, (column + 1) * BINS);
    const row = rows[Math.floor((1 - (y - TOP) / (HEIGHT - TOP - BOTTOM)) * rows.length)];
    if (!row) return;
    const total = here.reduce((a, b) => a + b, 0);
    const inside = here.subarray(row.low, row.high + 1).reduce((a, b) => a + b, 0);
    const zero = row.low <= ZERO && row.high >= ZERO;
    const where = zero ? "zero or next to it" : row.low === row.high ? `around ${format(centre(row.low), 2)}` : "in between";
    setOver(`step ${count(start[column]!)} · ${percent(inside / total)} ${where}`);
  };

  if (!rows.length) return <p class="hint">No histogram of this tensor yet.</p>;
  return (
    <div class="histogram">
      <p class="heat-read">{over || "Share of elements by value; lines: 5 %, median, 95 %. Powers of two, zero in the middle."}</p>
      <Canvas draw={draw} height={HEIGHT} label={`distribution of ${name} over steps`} onMove={read} onLeave={() => setOver("")} />
    </div>
  );
}
