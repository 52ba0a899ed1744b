// The picture of a line chart: axes, bands, lines. Everything is in units of a 1280-pixel screen.
import { format } from "../lib/number";
import { within, type Prepared } from "../lib/plot";
import { logTicks, ticks, type Range } from "../lib/range";
import type { Box } from "./marks";
import { font, type Palette } from "./theme";

export interface Look {
  colour: string;
  dash?: readonly number[];
  /** Around the line, at its x: what lies between is tinted. */
  low?: ArrayLike<number>;
  high?: ArrayLike<number>;
  faint?: boolean;
  bold?: boolean;
}

export interface Scale {
  box: Box;
  x: (value: number) => number;
  y: (value: number) => number;
  /** The value of x at a place on the screen. */
  back: (place: number) => number;
}

const TOP = 14;
const BOTTOM = 24;
const RIGHT = 10;
const FEW = 40;

/** Where values lie on a picture of this size. */
export function scale(width: number, height: number, rangeX: Range, rangeY: Range, logX: boolean, logY: boolean): Scale {
  const labels = yTicks(rangeY, height, logY).map((value) => format(value, 3).length);
  const left = 14 + 6.2 * Math.max(3, ...labels);
  const box = { left, top: TOP, width: Math.max(10, width - left - RIGHT), height: height - TOP - BOTTOM };
  const to = (value: number, [low, high]: Range, log: boolean): number =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return {
    box,
    x: (value) => box.left + to(value, rangeX, logX) * box.width,
    y: (value) => box.top + (1 - to(value, rangeY, logY)) * box.height,
    back: (place) => {
      const share = Math.min(Math.max((place - box.left) / box.width, 0), 1);
      return logX ? rangeX[0] * (rangeX[1] / rangeX[0]) ** share : rangeX[0] + share * (rangeX[1] - rangeX[0]);
    },
  };
}

function yTicks([low, high]: Range, height: number, log: boolean): number[] {
  const wanted = Math.max(2, (height - TOP - BOTTOM) / 32);
  return log ? logTicks(low, high, wanted) : ticks(low, high, wanted).filter((tick) => tick >= low && tick <= high);
}

export function drawAxes(context: CanvasRenderingContext2D, to: Scale, rangeX: Range, rangeY: Range, logX: boolean, logY: boolean, whole: boolean, label: (x: number) => string, height: number, palette: Palette): void {
  const { box } = to;
  context.font = font();
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.fillStyle = palette.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of yTicks(rangeY, height, logY)) {
    const y = Math.round(to.y(tick)) + 0.5;
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(box.left + box.width, y);
    context.stroke();
    context.fillText(format(tick, 3), box.left - 6, y);
  }
  context.textAlign = "center";
  const wanted = Math.max(2, box.width / 90);
  const places = logX ? logTicks(rangeX[0], rangeX[1], wanted) : ticks(rangeX[0], rangeX[1], wanted);
  for (const tick of places) {
    const x = to.x(tick);
    if (x < box.left - 1 || x > box.left + box.width + 1 || (whole && !Number.isInteger(tick))) continue;
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, box.top);
    context.lineTo(Math.round(x) + 0.5, box.top + box.height + 4);
    context.stroke();
    context.fillText(label(tick), Math.min(x, box.left + box.width - 2), height - 9);
  }
}

export function drawLine(context: CanvasRenderingContext2D, to: Scale, line: Prepared, look: Look, window: Range | null, smoothing: boolean): void {
  const [first, last] = within(line.x, window);
  context.strokeStyle = context.fillStyle = look.colour;
  context.lineJoin = "round";
  if (look.low && look.high) tint(context, to, line.x, look.low, look.high, first, last);
  context.setLineDash(look.dash ? [...look.dash] : []);
  if (smoothing) {
    context.globalAlpha = look.faint ? 0.08 : 0.25;
    context.lineWidth = 1;
    stroke(context, to, line.x, line.raw, first, last);
  }
  context.globalAlpha = look.faint ? 0.2 : 1;
  context.lineWidth = look.bold || smoothing ? 2 : 1.5;
  const lonely = stroke(context, to, line.x, line.soft, first, last);
  context.setLineDash([]);
  const dots = last - first <= FEW && !smoothing ? range(first, last) : lonely;
  for (const i of dots) {
    if (Number.isNaN(line.soft[i]!)) continue;
    context.beginPath();
    context.arc(to.x(line.x[i]!), to.y(line.soft[i]!), 2.1, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** One path; returns the places of points that have no neighbour to be joined with. */
function stroke(context: CanvasRenderingContext2D, to: Scale, x: ArrayLike<number>, y: Float64Array, first: number, last: number): number[] {
  const lonely: number[] = [];
  context.beginPath();
  let begun = false;
  for (let i = first; i < last; i++) {
    const value = y[i]!;
    if (Number.isNaN(value)) {
      begun = false;
      continue;
    }
    if (begun) context.lineTo(to.x(x[i]!), to.y(value));
    else {
      context.moveTo(to.x(x[i]!), to.y(value));
      if (i + 1 >= last || Number.isNaN(y[i + 1]!)) lonely.push(i);
    }
    begun = true;
  }
  context.stroke();
  return lonely;
}

function tint(context: CanvasRenderingContext2D, to: Scale, x: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>, first: number, last: number): void {
  const { top, height } = to.box;
  const inside = (y: number): number => (Number.isFinite(y) ? Math.min(Math.max(y, top), top + height) : top + height);
  context.globalAlpha = 0.16;
  context.beginPath();
  let begun = false;
  for (let i = first; i < last; i++) {
    if (!Number.isFinite(high[i]!)) continue;
    if (begun) context.lineTo(to.x(x[i]!), inside(to.y(high[i]!)));
    else context.moveTo(to.x(x[i]!), inside(to.y(high[i]!)));
    begun = true;
  }
  for (let i = last - 1; i >= first; i--) if (Number.isFinite(low[i]!)) context.lineTo(to.x(x[i]!), inside(to.y(low[i]!)));
  context.fill();
  context.globalAlpha = 1;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first }, (_, i) => first + i);
}
