// What uPlot can't draw: values without a height (NaN, the infinities, zero on a log axis), and the
// steps at which something was found. uPlot draws nothing at all of a line that holds an infinity
// or begins with NaN, so they never reach it.
import type uPlot from "uplot";
import type { Odd } from "../lib/aligned";
import type { Severity } from "../api/types";
import { font, unit, type Palette } from "./theme";

export interface Mark {
  step: number;
  label: string;
  severity: Severity;
}

const SIZE = 4;

/** Draws in the plotting area, above the lines. */
export function drawMarks(u: uPlot, odd: readonly Odd[], marks: readonly Mark[], palette: Palette): void {
  const { ctx } = u;
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left - SIZE * ratio, top - 14 * ratio, width + 2 * SIZE * ratio, height + 14 * ratio);
  ctx.clip();
  for (const mark of [...marks].reverse()) {
    const x = u.valToPos(mark.step, "x", true);
    if (x < left || x > left + width) continue;
    ctx.strokeStyle = ctx.fillStyle = palette[mark.severity];
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.globalAlpha = 0.75;
    line(ctx, x, top, x, top + height);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    triangle(ctx, x, top - 2 * ratio, SIZE * ratio, 1);
  }
  const drawn = new Set<string>();
  ctx.lineWidth = 1.6 * ratio;
  for (const { x: step, kind } of odd) {
    const x = u.valToPos(step, "x", true);
    const seen = `${kind}${Math.round(x / (2 * ratio))}`;
    if (x < left - 1 || x > left + width + 1 || drawn.has(seen)) continue;
    drawn.add(seen);
    const size = SIZE * ratio;
    ctx.strokeStyle = ctx.fillStyle = palette.error;
    const y = kind === "below" || kind === "nonpositive" ? top + height - 2 * size : top + 2 * size;
    if (kind === "nan") {
      line(ctx, x - size, y - size, x + size, y + size);
      line(ctx, x - size, y + size, x + size, y - size);
    } else if (kind === "above") triangle(ctx, x, y, size * 1.2, -1);
    else if (kind === "below") triangle(ctx, x, y, size * 1.2, 1);
    else {
      ctx.strokeStyle = palette.muted;
      ctx.strokeRect(x - size * 0.7, y + size * 0.6, size * 1.4, size * 1.4);
    }
  }
  ctx.restore();
}

/** One line on what the marks of a chart mean; "" where there are none. */
export function explain(odd: readonly Odd[]): string {
  const words = { nan: "× NaN", above: "▲ +∞", below: "▼ −∞", nonpositive: "□ zero or less" } as const;
  const counts = new Map<Odd["kind"], number>();
  for (const { kind } of odd) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${words[kind]}: ${count}`).join("   ");
}

/** Writes "no finite value" where there is nothing else to see. */
export function drawNothing(u: uPlot, palette: Palette, text: string): void {
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.fillStyle = palette.muted;
  u.ctx.font = font(1.1 * ratio * unit.value);
  u.ctx.textAlign = "center";
  u.ctx.fillText(text, left + width / 2, top + height / 2);
  u.ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** `down` is 1 for a point below its base and -1 for one above. */
function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, size: number, down: number): void {
  ctx.beginPath();
  ctx.moveTo(x - size, y - size * down);
  ctx.lineTo(x + size, y - size * down);
  ctx.lineTo(x, y + size * 0.6 * down);
  ctx.fill();
}
