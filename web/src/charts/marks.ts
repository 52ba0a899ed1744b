// Marks on a chart: values without a height (NaN, the infinities, zero on a log axis), and the steps
// at which something was found.
import type { Odd } from "../lib/plot";
import type { Severity } from "../api/types";
import type { Palette } from "./theme";

export interface Mark {
  step: number;
  label: string;
  severity: Severity;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const SIZE = 4;

/** Draws in and above the plotting area; `x` is where a step lies. */
export function drawMarks(context: CanvasRenderingContext2D, box: Box, x: (step: number) => number, odd: readonly Odd[], marks: readonly Mark[], palette: Palette): void {
  const { left, top, width, height } = box;
  const right = left + width;
  for (const mark of [...marks].reverse()) {
    const at = x(mark.step);
    if (!(at >= left - 0.5 && at <= right + 0.5)) continue;
    context.strokeStyle = context.fillStyle = palette[mark.severity];
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.globalAlpha = 0.75;
    line(context, at, top, at, top + height);
    context.setLineDash([]);
    context.globalAlpha = 1;
    triangle(context, at, top - 2, SIZE, 1);
  }
  const drawn = new Set<string>();
  context.lineWidth = 1.6;
  for (const { x: step, kind } of odd) {
    const at = x(step);
    const seen = `${kind}${Math.round(at / 2)}`;
    if (!(at >= left - 1 && at <= right + 1) || drawn.has(seen)) continue;
    drawn.add(seen);
    context.strokeStyle = context.fillStyle = palette.error;
    const y = kind === "below" || kind === "nonpositive" ? top + height - 2 * SIZE : top + 2 * SIZE;
    if (kind === "nan") {
      line(context, at - SIZE, y - SIZE, at + SIZE, y + SIZE);
      line(context, at - SIZE, y + SIZE, at + SIZE, y - SIZE);
    } else if (kind === "above") triangle(context, at, y, SIZE * 1.2, -1);
    else if (kind === "below") triangle(context, at, y, SIZE * 1.2, 1);
    else {
      context.strokeStyle = palette.muted;
      context.strokeRect(at - SIZE * 0.7, y + SIZE * 0.6, SIZE * 1.4, SIZE * 1.4);
    }
  }
}

/** One line on what the marks of a chart mean; "" where there are none. */
export function explain(odd: readonly Odd[], above = 0, below = 0): string {
  const words = { nan: "× NaN", above: "▲ +∞", below: "▼ −∞", nonpositive: "□ zero or less" } as const;
  const counts = new Map<Odd["kind"], number>();
  for (const { kind } of odd) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [
    ...[...counts].map(([kind, count]) => `${words[kind]}: ${count}`),
    ...(above ? [`${above} outlier${above > 1 ? "s" : ""} above`] : []),
    ...(below ? [`${below} outlier${below > 1 ? "s" : ""} below`] : []),
  ].join("   ");
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** `down` is 1 for a point below its base and -1 for one above. */
function triangle(context: CanvasRenderingContext2D, x: number, y: number, size: number, down: number): void {
  context.beginPath();
  context.moveTo(x - size, y - size * down);
  context.lineTo(x + size, y - size * down);
  context.lineTo(x, y + size * 0.6 * down);
  context.fill();
}
