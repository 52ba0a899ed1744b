// The distribution of one tensor as a row of hills, the earliest at the back.
import type { JSX } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import type { Histograms } from "../api/types";
import { axis, BINS, heights, shelves } from "../lib/bins";
import { viridis } from "../lib/colour";
import { count, format } from "../lib/number";
import { Canvas } from "./canvas";
import { font, palette } from "./theme";

const HEIGHT = 260;
const LEFT = 58;
const BOTTOM = 22;
const HILLS = 24;
const RISE = 56;

export function Ridgeline({ histograms, name }: { histograms: Histograms; name: string }): JSX.Element {
  const { start, counts } = histograms;
  const rows = useMemo(() => shelves(counts), [counts]);
  const draw = useCallback((context: CanvasRenderingContext2D, width: number) => {
    if (!rows.length || !start.length) return;
    const colours = palette.value;
    const inner = width - LEFT - 10;
    const floor = HEIGHT - BOTTOM;
    const hills = Math.min(HILLS, start.length);
    const x = (at: number): number => LEFT + (at / rows.length) * inner;
    context.font = font();
    context.textBaseline = "middle";
    for (let k = 0; k < hills; k++) {
      const column = hills === 1 ? 0 : Math.round((k / (hills - 1)) * (start.length - 1));
      const share = heights(counts.subarray(column * BINS, (column + 1) * BINS), rows);
      const base = hills === 1 ? floor : RISE + 6 + (k / (hills - 1)) * (floor - RISE - 6);
      context.beginPath();
      context.moveTo(x(0), base);
      for (let row = 0; row < rows.length; row++) context.lineTo(x(row + 0.5), base - share[row]! * RISE);
      context.lineTo(x(rows.length), base);
      const [r, g, b] = viridis(hills === 1 ? 0.5 : 0.1 + (0.75 * k) / (hills - 1));
      context.fillStyle = `rgba(${r}, ${g}, ${b}, 0.75)`;
      context.fill();
      context.strokeStyle = colours.panel;
      context.lineWidth = 1;
      context.stroke();
      if (k === 0 || k === hills - 1 || (hills > 4 && k === Math.floor(hills / 2))) {
        context.textAlign = "right";
        context.fillStyle = colours.muted;
        context.fillText(count(start[column]!), LEFT - 8, base - 3);
      }
    }
    context.textAlign = "center";
    context.fillStyle = colours.muted;
    for (const tick of axis(rows, (48 / inner) * rows.length)) context.fillText(format(tick.value, 2), x(tick.at), HEIGHT - 9);
  }, [histograms, rows]);
  if (!rows.length) return <p class="hint">No histogram of this tensor yet.</p>;
  return (
    <div class="histogram">
      <p class="heat-read">Each hill is one step (numbers at the left), its height the share of elements by value.</p>
      <Canvas draw={draw} height={HEIGHT} label={`distribution of ${name} over steps, as hills`} />
    </div>
  );
}
