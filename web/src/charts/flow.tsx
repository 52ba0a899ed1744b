// A signal through the network at one step, from the input to the output; a second step beside it.
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Matrix, Quantity } from "../api/types";
import { count, format, percent } from "../lib/number";
import { extent, logTicks, padded, ticks, type Range } from "../lib/range";
import { Canvas } from "./canvas";
import { font, palette } from "./theme";

interface Props {
  matrix: Matrix;
  quantity: Pick<Quantity, "label" | "scale">;
  shown: readonly number[];
  /** Column of the matrix. */
  column: number;
  /** Another column to compare with. */
  other: number | null;
  /** Names of rows at which something was found. */
  found: ReadonlySet<string>;
  selected?: number | null;
  onPick?: (row: number) => void;
  height?: number;
}

const LEFT = 52;
const RIGHT = 10;
const TOP = 10;

export function Flow({ matrix, quantity, shown, column, other, found, selected = null, onPick, height = 230 }: Props): JSX.Element {
  const [over, setOver] = useState<number | null>(null);
  const columns = matrix.start.length;
  const log = quantity.scale === "log";
  const few = shown.length <= 40;
  // Slanting names below take what the longest of them needs.
  const longest = shown.reduce((most, row) => Math.max(most, matrix.rows[row]!.name.length), 0);
  const bottom = few ? Math.min(64, 20 + longest * 3.5) : 24;
  const spans = useMemo(() => envelope(matrix, shown), [matrix, shown]);
  const range = useMemo<Range>(() => {
    if (quantity.scale === "share") return [0, 1];
    if (quantity.scale === "signed") return [-1, 1];
    return padded(extent([...spans.low, ...spans.high], log), log);
  }, [spans, quantity.scale]);
  const valueAt = (row: number, at: number): number => matrix.values[row * columns + at]!;

  const draw = useCallback((context: CanvasRenderingContext2D, width: number, tall: number) => {
    const colours = palette.value;
    const inner = width - LEFT - RIGHT;
    const floor = tall - bottom;
    const x = (k: number): number => LEFT + (shown.length === 1 ? inner / 2 : (k / (shown.length - 1)) * inner);
    const share = (value: number): number => (log ? Math.log(value / range[0]) / Math.log(range[1] / range[0]) : (value - range[0]) / (range[1] - range[0]));
    const y = (value: number): number => floor - Math.min(Math.max(share(value), 0), 1) * (floor - TOP);
    context.font = font();
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.strokeStyle = colours.line;
    context.fillStyle = colours.muted;
    context.lineWidth = 1;
    for (const tick of log ? logTicks(range[0], range[1], 6) : ticks(range[0], range[1], 5)) {
      context.beginPath();
      context.moveTo(LEFT, Math.round(y(tick)) + 0.5);
      context.lineTo(width - RIGHT, Math.round(y(tick)) + 0.5);
      context.stroke();
      context.fillText(quantity.scale === "share" ? percent(tick) : format(tick, 2), LEFT - 6, y(tick));
    }
    // All that was ever measured, behind what is measured now.
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.1;
    context.beginPath();
    shown.forEach((_, k) => Number.isFinite(spans.high[k]!) && context.lineTo(x(k), y(spans.high[k]!)));
    for (let k = shown.length - 1; k >= 0; k--) if (Number.isFinite(spans.low[k]!)) context.lineTo(x(k), y(spans.low[k]!));
    context.fill();
    context.globalAlpha = 1;
    const line = (at: number, colour: string, dash: number[]): void => {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = 1.8;
      context.setLineDash(dash);
      context.beginPath();
      let begun = false;
      shown.forEach((row, k) => {
        const value = valueAt(row, at);
        const drawn = Number.isFinite(value) && (!log || value > 0);
        if (drawn && begun) context.lineTo(x(k), y(value));
        else if (drawn) context.moveTo(x(k), y(value));
        begun = drawn;
      });
      context.stroke();
      context.setLineDash([]);
      if (shown.length > 150) return;
      shown.forEach((row, k) => {
        const value = valueAt(row, at);
        const odd = Math.abs(value) === Infinity || (matrix.nonfinite?.[row * columns + at] ?? 0) > 0;
        const zero = log && value === 0;
        if (Number.isNaN(value) && !odd) return;
        context.fillStyle = odd || found.has(matrix.rows[row]!.name) ? colours.error : colour;
        context.beginPath();
        if (odd) context.rect(x(k) - 3.5, TOP - 3, 7, 7);
        else if (zero) context.rect(x(k) - 2.5, floor - 5, 5, 5);
        else context.arc(x(k), y(value), row === selected ? 5 : 3, 0, 7);
        context.fill();
      });
    };
    if (other !== null) line(other, colours.series[1]!, [5, 3]);
    line(column, colours.series[0]!, []);
    if (over !== null) {
      context.strokeStyle = colours.muted;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x(over), TOP);
      context.lineTo(x(over), floor);
      context.stroke();
    }
    context.fillStyle = colours.muted;
    if (few) {
      shown.forEach((row, k) => {
        context.save();
        context.translate(x(k) + 3, floor + 9);
        context.rotate(-0.6);
        context.textAlign = "right";
        const name = matrix.rows[row]!.name.replace(/\.weight$/, "");
        context.fillText(name.length > 13 ? `…${name.slice(-12)}` : name, 0, 0);
        context.restore();
      });
    } else {
      context.textAlign = "left";
      context.fillText("input", LEFT, tall - 10);
      context.textAlign = "right";
      context.fillText("output", width - RIGHT, tall - 10);
    }
  }, [matrix, shown, column, other, found, selected, range, spans, over]);

  const rowAt = (px: number, width: number): number => {
    const share = (px - LEFT) / (width - LEFT - RIGHT);
    return Math.min(Math.max(Math.round(share * (shown.length - 1)), 0), shown.length - 1);
  };
  const said = over === null ? null : shown[over];
  const read = (value: number): string => (Number.isNaN(value) ? "not measured" : quantity.scale === "share" ? percent(value) : format(value));
  return (
    <div class="flow">
      <p class="heat-read">
        {said === null || said === undefined
          ? <>From the input (left) to the output; the tint spans what was measured at all steps.</>
          : <>{matrix.rows[said]!.name} · step {count(matrix.start[column]!)}: {read(valueAt(said, column))}{other !== null && ` · step ${count(matrix.start[other]!)}: ${read(valueAt(said, other))}`}</>}
      </p>
      <Canvas
        draw={draw} height={height} label={`${quantity.label} of ${shown.length} tensors at step ${matrix.start[column]}`} class="plot-canvas"
        onMove={(px, _, width) => setOver(rowAt(px, width))} onLeave={() => setOver(null)}
        onPick={(px, _, width) => { const row = shown[rowAt(px, width)]; if (row !== undefined) onPick?.(row); }}
      />
    </div>
  );
}

/** The least and greatest value of each row over all columns. */
function envelope(matrix: Matrix, shown: readonly number[]): { low: number[]; high: number[] } {
  const columns = matrix.start.length;
  const low: number[] = [];
  const high: number[] = [];
  for (const row of shown) {
    const range = extent(matrix.values.subarray(row * columns, (row + 1) * columns));
    low.push(range?.[0] || NaN);
    high.push(range?.[1] ?? NaN);
  }
  return { low, high };
}

/** The column of a matrix that merges a step, or the nearest before it. */
export function columnOf(matrix: Matrix, step: number): number {
  let column = 0;
  while (column + 1 < matrix.start.length && matrix.start[column + 1]! <= step) column++;
  return column;
}
