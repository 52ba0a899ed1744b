// The distribution of one tensor as a row of hills, the earliest at the back.
import type { JSX } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import type { Histograms } from "../api/types";
import { axis, BINS, occupied } from "../lib/bins";
import { viridis } from "../lib/colour";
import { count, format } from "../lib/number";
import { Canvas } from "./canvas";
import { FONT, palette } from "./theme";

const HEIGHT = 260;
const LEFT = 58;
const BOTTOM = 22;
const HILLS = 24;
const RISE = 56;

export function Ridgeline({ histograms, name }: { histograms: Histograms; name: string }): JSX.Element {
  const { start, counts } = histograms;
  const span = useMemo(() => occupied(counts), [counts]);
  const draw = useCallback((context: CanvasRenderingContext2D, width: number) => {
    if (!span || !start.length) return;
    const [low, high] = span;
    const colours = palette.value;
    const bins = high - low + 1;
    const inner = width - LEFT - 10;
    const floor = HEIGHT - BOTTOM;
    const hills = Math.min(HILLS, start.length);
    const x = (bin: number): number => LEFT + ((bin - low) / bins) * inner;
    context.font = FONT;
    context.textBaseline = "middle";
    for (let k = 0; k < hills; k++) {
      const column = hills === 1 ? 0 : Math.round((k / (hills - 1)) * (start.length - 1));
      const here = counts.subarray(column * BINS, (column + 1) * BINS);
      let most = 1;
      for (let bin = low; bin <= high; bin++) most = Math.max(most, here[bin]!);
      const base = hills === 1 ? floor : RISE + 6 + (k / (hills - 1)) * (floor - RISE - 6);
      context.beginPath();
      context.moveTo(x(low), base);
      for (let bin = low; bin <= high; bin++) context.lineTo(x(bin + 0.5), base - (here[bin]! / most) * RISE);
      context.lineTo(x(high + 1), base);
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
    for (const tick of axis(low, high, (48 / inner) * bins)) context.fillText(format(tick.value, 2), x(tick.bin), HEIGHT - 9);
  }, [histograms, span]);
  if (!span) return <p class="hint">No histogram of this tensor yet.</p>;
  return (
    <div class="histogram">
      <p class="heat-read">Each hill is one step (numbers at the left), its height the share of elements by value.</p>
      <Canvas draw={draw} height={HEIGHT} label={`distribution of ${name} over steps, as hills`} />
    </div>
  );
}
