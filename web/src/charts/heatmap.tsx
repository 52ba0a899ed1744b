// A layer × step matrix on a canvas: rows in the order of execution, one colour a cell.
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Matrix, MatrixRow, Quantity } from "../api/types";
import { diverging, pixel, pixels, rgb, viridis } from "../lib/colour";
import { count, format, percent } from "../lib/number";
import { endOf, robust, ticks, type Range } from "../lib/range";
import { Canvas } from "./canvas";
import { ColourBar } from "./colourbar";
import type { Mark } from "./marks";
import { dark, font, palette, unit } from "./theme";

interface Props {
  matrix: Matrix;
  quantity: Quantity;
  /** Rows to show, as numbers of the matrix. */
  shown: readonly number[];
  selected: number | null;
  marks: readonly Mark[];
  /** Names of rows at which something was found. */
  found: ReadonlySet<string>;
  onPick: (row: number) => void;
  /** The most that a row is high. */
  tall?: number;
  /** What the colours span, where it is not this matrix alone. */
  span?: Range | null;
  /** The step at which the run ended, so far. */
  until?: number | undefined;
}

const AXIS = 22;
const TOP = 10;
const BLANK = 0;

interface Cell {
  row: number;
  column: number;
}

/** Where the plotting area begins: the labels take what they need, a third of the width at most. */
function margin(width: number, names: readonly string[]): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.max(40, Math.min(Math.round(longest * 6.4 + 20), Math.round(width / 3), 260));
}

export function Heatmap({ matrix, quantity, shown, selected, marks, found, onPick, tall = 32, span = null, until }: Props): JSX.Element {
  const [over, setOver] = useState<Cell | null>(null);
  const isDark = dark.value;
  const columns = matrix.start.length;
  const log = quantity.scale === "log";
  const own = useMemo(() => (span ? null : rangeOf(matrix, quantity, shown)), [matrix, quantity, shown, span]);
  const range = span ?? own;
  const lut = useMemo(
    () => pixels(quantity.scale === "signed" ? diverging(isDark ? [52, 56, 60] : [244, 244, 242]) : viridis),
    [quantity.scale, isDark],
  );
  const names = shown.map((row) => named(matrix.rows[row]!));
  const rowHeight = Math.max(1, Math.min(shown.length > 8 ? 22 : 32, tall, Math.floor(640 / Math.max(shown.length, 1))));
  const height = TOP + shown.length * rowHeight + AXIS;
  const last = endOf(matrix.start, matrix.end, until);
  const first = columns ? matrix.start[0]! : 0;

  const draw = useCallback((context: CanvasRenderingContext2D, width: number) => {
    const left = margin(width, names);
    const inner = width - left - 6;
    const colours = palette.value;
    paintCells(context, left, inner, rowHeight, first, last);
    context.font = font();
    context.textBaseline = "middle";
    const every = Math.ceil(12 / rowHeight);
    const chosen = selected === null ? -Infinity : shown.indexOf(selected);
    names.forEach((name, k) => {
      const row = shown[k]!;
      if (row !== selected && (k % every || Math.abs(k - chosen) < every)) return;
      const y = TOP + (k + 0.5) * rowHeight;
      context.textAlign = "right";
      context.fillStyle = row === selected ? colours.accent : colours.muted;
      context.fillText(fit(context, name, left - 18), left - 8, y);
      if (found.has(matrix.rows[row]!.name) && rowHeight >= 6) {
        context.fillStyle = colours.error;
        context.beginPath();
        context.arc(left - 3, y, 2.2, 0, 7);
        context.fill();
      }
    });
    context.textAlign = "center";
    context.fillStyle = colours.muted;
    for (const step of ticks(first, last, Math.max(2, inner / 110))) {
      if (Number.isInteger(step)) context.fillText(count(step), left + ((step - first) / (last - first)) * inner, height - 10);
    }
    for (const mark of marks) {
      if (mark.step < first || mark.step > last) continue;
      const x = left + ((mark.step - first) / (last - first)) * inner;
      context.fillStyle = colours[mark.severity];
      context.beginPath();
      context.moveTo(x - 4, 1);
      context.lineTo(x + 4, 1);
      context.lineTo(x, TOP - 2);
      context.fill();
    }
    if (selected !== null && shown.includes(selected)) {
      context.strokeStyle = colours.accent;
      context.lineWidth = 2;
      context.strokeRect(left - 1, TOP + shown.indexOf(selected) * rowHeight, inner + 2, rowHeight);
    }
  }, [matrix, quantity, shown, selected, marks, found, lut, range]);

  /** Device pixels, one row of them a tensor, stretched to the height of a row. */
  function paintCells(context: CanvasRenderingContext2D, left: number, inner: number, tall: number, low: number, high: number): void {
    const wide = Math.max(1, Math.round(inner * unit.value * (devicePixelRatio || 1)));
    if (!columns || !shown.length || !range) return;
    const colours = palette.value;
    const odd = pixel(rgb(colours.error));
    const zero = pixel(rgb(colours.zero));
    const image = new ImageData(wide, shown.length);
    const cells = new Uint32Array(image.data.buffer);
    let column = 0;
    for (let x = 0; x < wide; x++) {
      const step = low + ((x + 0.5) / wide) * (high - low);
      while (column + 1 < columns && matrix.start[column + 1]! <= step) column++;
      for (let k = 0; k < shown.length; k++) {
        const at = shown[k]! * columns + column;
        const value = matrix.values[at]!;
        const broken = matrix.nonfinite !== null && matrix.nonfinite[at]! > 0;
        cells[k * wide + x] =
          broken || Math.abs(value) === Infinity ? odd
            : Number.isNaN(value) ? BLANK
              : log && value <= 0 ? zero
                : lut[Math.round(share(value, range, log) * 255)]!;
      }
    }
    const sheet = document.createElement("canvas");
    sheet.width = wide;
    sheet.height = shown.length;
    sheet.getContext("2d")!.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, left, TOP, inner, shown.length * tall);
  }

  const cellAt = (x: number, y: number, width: number): Cell | null => {
    const left = margin(width, names);
    const row = shown[Math.floor((y - TOP) / rowHeight)];
    if (row === undefined || y < TOP || !columns) return null;
    const step = first + Math.min(Math.max((x - left) / (width - left - 6), 0), 1) * (last - first);
    let column = 0;
    while (column + 1 < columns && matrix.start[column + 1]! <= step) column++;
    return { row, column };
  };

  const move = (rows: number): void => {
    const at = selected === null ? -1 : shown.indexOf(selected);
    const row = shown[Math.min(Math.max(at + rows, 0), shown.length - 1)];
    if (row !== undefined) onPick(row);
  };

  return (
    <div class="heatmap">
      <div class="heat-top">
        <p class="heat-read" aria-live="polite">{over ? describe(matrix, quantity, over) : quantity.about}</p>
        {range && <ColourBar lut={lut} range={range} quantity={quantity} odd={hasOdd(matrix)} />}
      </div>
      <div class="heat-scroll">
        <Canvas
          draw={draw}
          height={height}
          label={`${quantity.label} of ${shown.length} tensors over ${columns} columns of steps; arrow keys choose a row`}
          class="heat-canvas"
          onMove={(x, y, width) => setOver(cellAt(x, y, width))}
          onLeave={() => setOver(null)}
          onPick={(x, y, width) => {
            const cell = cellAt(x, y, width);
            if (cell) onPick(cell.row);
          }}
          onKey={(event) => {
            if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
          }}
        />
      </div>
    </div>
  );
}

/** A module that is only a number in its parent says what it is. */
function named({ name, type }: MatrixRow): string {
  return /(^|\.)\d+(\.(weight|bias))?$/.test(name) && type ? `${name} ${type}` : name;
}

function describe(matrix: Matrix, quantity: Quantity, { row, column }: Cell): string {
  const at = row * matrix.start.length + column;
  const from = matrix.start[column]!;
  const to = matrix.end[column]!;
  const value = matrix.values[at]!;
  const broken = matrix.nonfinite?.[at] ?? 0;
  const steps = from === to ? `step ${count(from)}` : `steps ${count(from)}–${count(to)}`;
  const read = Number.isNaN(value) ? "not measured" : quantity.scale === "share" ? percent(value) : format(value);
  return `${named(matrix.rows[row]!)} · ${steps} · ${read}${broken > 0 ? ` · ${percent(broken)} NaN or infinite` : ""}`;
}

/** What the colours of these rows span. */
export function rangeOf(matrix: Matrix, quantity: Quantity, shown: readonly number[]): Range | null {
  if (quantity.scale === "share") return [0, 1];
  if (quantity.scale === "signed") return [-1, 1];
  const columns = matrix.start.length;
  const kept = new Float32Array(shown.length * columns);
  shown.forEach((row, k) => kept.set(matrix.values.subarray(row * columns, (row + 1) * columns), k * columns));
  return robust(kept, true) ?? [1e-3, 1];
}

function share(value: number, [low, high]: Range, log: boolean): number {
  const at = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return at < 0 ? 0 : at > 1 ? 1 : at;
}

function hasOdd(matrix: Matrix): boolean {
  return matrix.nonfinite !== null || matrix.values.some((value) => Math.abs(value) === Infinity);
}

/** The end of a long name says more than its beginning. */
function fit(context: CanvasRenderingContext2D, name: string, room: number): string {
  if (context.measureText(name).width <= room) return name;
  let kept = name;
  while (kept.length > 4 && context.measureText(`…${kept}`).width > room) kept = kept.slice(1);
  return `…${kept}`;
}
