// Lines over steps, time or a metric: zoom by dragging, double click to zoom out, cursors linked.
import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, duration, format } from "../lib/number";
import { nearest, prepare, rangeOfX, rangeOfY, type Prepared } from "../lib/plot";
import type { Range } from "../lib/range";
import { Canvas } from "./canvas";
import { drawAxes, drawLine, scale, type Look, type Scale } from "./draw-lines";
import { drawMarks, explain, type Mark } from "./marks";
import { font, palette } from "./theme";

export type { Mark } from "./marks";

export interface Line {
  label: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Number in the palette; the line's own place in the list where it is absent. */
  colour?: number;
  dash?: readonly number[];
  low?: ArrayLike<number>;
  high?: ArrayLike<number>;
}

export type Window = readonly [number, number] | null;

interface Props {
  title: string;
  lines: readonly Line[];
  log: boolean;
  logX?: boolean;
  smoothing?: number;
  /** Leave outliers out of the range. */
  clip?: boolean;
  marks?: readonly Mark[];
  window?: Window;
  onWindow?: (window: Window) => void;
  height?: number;
  /** Charts of one group have the same kind of x: their cursors are linked. */
  group?: string;
  /** What x is: "step", "time" or a metric. */
  axis?: string;
  tools?: JSX.Element | null;
  /** A line that is looked at elsewhere; the others step back. */
  highlight?: string | null;
  onHighlight?: (label: string | null) => void;
}

const NONE: readonly Mark[] = [];
const MANY = 8;
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3]];

const cursors = new Map<string, Signal<number | null>>();
function cursorOf(group: string): Signal<number | null> {
  let found = cursors.get(group);
  if (!found) cursors.set(group, (found = signal<number | null>(null)));
  return found;
}

export function LineChart(props: Props): JSX.Element {
  const { title, lines, log, logX = false, smoothing = 0, clip = false, marks = NONE, window = null, onWindow, group = "steps", axis = "step", tools = null } = props;
  const height = props.height ?? 190;
  const linked = useMemo(() => cursorOf(group), [group]);
  const [hovered, setHovered] = useState<string | null>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const ready = useMemo(() => prepare(lines, log, smoothing), [lines, log, smoothing]);
  const rangeX = useMemo(() => rangeOfX(ready.lines, window, logX), [ready, window, logX]);
  const y = useMemo(
    () => rangeOfY(ready.lines, lines.flatMap(({ low, high }) => (low && high ? [low, high] : [])), window, log, clip),
    [ready, window, log, clip],
  );
  const latest = useRef<Scale | null>(null);
  const lit = props.highlight ?? hovered;
  const labelX = useCallback((x: number) => (axis === "time" ? duration(x) : axis === "step" ? count(x) : format(x, 4)), [axis]);

  const draw = useCallback((context: CanvasRenderingContext2D, width: number, tall: number) => {
    const colours = palette.value;
    const to = (latest.current = scale(width, tall, rangeX, y.range, logX, log));
    drawAxes(context, to, rangeX, y.range, logX, log, axis === "step", labelX, tall, colours);
    context.save();
    context.beginPath();
    context.rect(to.box.left, to.box.top - 12, to.box.width, to.box.height + 12);
    context.clip();
    const look = (k: number): Look => {
      const { label, colour, dash, low, high } = lines[k]!;
      return {
        colour: colours.series[(colour ?? k) % colours.series.length]!, faint: lit !== null && lit !== label && lines.length > 1, bold: lit === label,
        ...(dash ? { dash } : {}), ...(low && high ? { low, high } : {}),
      };
    };
    ready.lines.forEach((line, k) => lines[k]!.label !== lit && drawLine(context, to, line, look(k), window, smoothing > 0));
    ready.lines.forEach((line, k) => lines[k]!.label === lit && drawLine(context, to, line, look(k), window, smoothing > 0));
    drawMarks(context, to.box, to.x, ready.odd, marks, colours);
    context.restore();
    if (!ready.lines.some(({ raw }) => raw.some((value) => !Number.isNaN(value)))) {
      context.fillStyle = colours.muted;
      context.font = font(1.1);
      context.textAlign = "center";
      context.fillText(ready.odd.length ? "no finite value" : "no value yet", to.box.left + to.box.width / 2, to.box.top + to.box.height / 2);
    }
  }, [ready, lines, rangeX, y, logX, log, marks, lit, window, smoothing > 0, axis]);

  const move = (px: number, py: number): void => {
    const to = latest.current;
    if (!to) return;
    const x = snap(ready.lines, to.back(px));
    linked.value = x;
    if (drag) setDrag([drag[0], px]);
    if (lines.length < 2) return;
    const over = x === null ? null : closest(ready.lines, lines, to, x, py);
    if (over !== hovered) {
      setHovered(over);
      props.onHighlight?.(over);
    }
  };
  const leave = (): void => {
    linked.value = null;
    setHovered(null);
    props.onHighlight?.(null);
  };
  const release = (px: number): void => {
    const to = latest.current;
    const from = drag?.[0];
    setDrag(null);
    if (!to || from === undefined || Math.abs(px - from) < 8) return;
    onWindow?.([to.back(Math.min(from, px)), to.back(Math.max(from, px))]);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onWindow?.(null);
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const x = ready.lines[0]?.x;
    if (!x?.length) return;
    const at = linked.value === null ? x.length - 1 : nearest(x, linked.value) + (event.key === "ArrowRight" ? 1 : -1);
    linked.value = x[Math.min(Math.max(at, 0), x.length - 1)] ?? null;
  };
  const odd = explain(ready.odd, y.above, y.below);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title" title={title}>{title}</span>
        <Readout lines={lines} ready={ready.lines} cursor={linked.value} marks={marks} span={rangeX[1] - rangeX[0]} lit={lit} axis={axis} labelX={labelX} />
        {tools}
      </figcaption>
      <div class="plot">
        <Canvas
          draw={draw} height={height} class="plot-canvas" label={`${title} over ${axis === "step" ? "steps" : axis}; arrow keys move the cursor`}
          onMove={move} onLeave={leave} onKey={key}
          onPress={(px) => onWindow && setDrag([px, px])} onRelease={release}
          onDouble={() => onWindow?.(null)}
        />
        <Cursor to={latest} x={linked.value} drag={drag} height={height} version={draw} />
      </div>
      {odd && <p class="chart-odd">{odd}</p>}
    </figure>
  );
}

/** The cursor and the stretch that is dragged over, above the picture so that it need not be drawn anew. */
function Cursor({ to, x, drag, height, version }: { to: { current: Scale | null }; x: number | null; drag: readonly [number, number] | null; height: number; version: unknown }): JSX.Element | null {
  const [, drawn] = useState(0);
  useEffect(() => drawn((n) => n + 1), [version]);
  if (!to.current || (x === null && !drag)) return null;
  const { box } = to.current;
  const at = x === null ? null : to.current.x(x);
  return (
    <svg class="plot-cursor" style={{ height: `${height / 14}rem` }} viewBox={`0 0 ${box.left + box.width + 10} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {drag && <rect x={Math.min(...drag)} y={box.top} width={Math.abs(drag[1] - drag[0])} height={box.height} />}
      {at !== null && at >= box.left - 1 && at <= box.left + box.width + 1 && <line x1={at} x2={at} y1={box.top} y2={box.top + box.height} />}
    </svg>
  );
}

function snap(lines: readonly Prepared[], x: number): number | null {
  let best: number | null = null;
  for (const line of lines) {
    const at = nearest(line.x, x);
    if (at >= 0 && (best === null || Math.abs(line.x[at]! - x) < Math.abs(best - x))) best = line.x[at]!;
  }
  return best;
}

/** The line that passes nearest below the pointer, within reach. */
function closest(ready: readonly Prepared[], lines: readonly Line[], to: Scale, x: number, py: number): string | null {
  let best: string | null = null;
  let least = lines.length > MANY ? Infinity : 24;
  ready.forEach((line, k) => {
    const at = nearest(line.x, x);
    if (at < 0 || Number.isNaN(line.soft[at]!)) return;
    const away = Math.abs(to.y(line.soft[at]!) - py);
    if (away < least) {
      least = away;
      best = lines[k]!.label;
    }
  });
  return best;
}

function Readout({ lines, ready, cursor, marks, span, lit, axis, labelX }: {
  lines: readonly Line[]; ready: readonly Prepared[]; cursor: number | null; marks: readonly Mark[]; span: number; lit: string | null; axis: string; labelX: (x: number) => string;
}): JSX.Element {
  const near = cursor === null ? [] : marks.filter((mark) => Math.abs(mark.step - cursor) <= span / 100);
  const shown = lines.length <= MANY ? lines.map((_, k) => k) : lines.flatMap(({ label }, k) => (label === lit ? [k] : []));
  return (
    <span class="readout">
      {lines.length > MANY && !shown.length && <span class="read">{lines.length} lines</span>}
      {shown.map((k) => {
        const { label, x, y, colour } = lines[k]!;
        const at = cursor === null ? y.length - 1 : nearest(x, cursor);
        const far = cursor !== null && at >= 0 && Math.abs(x[at]! - cursor) > span / 50;
        const soft = ready[k]!.soft !== ready[k]!.raw && at >= 0 && !far && Number.isFinite(ready[k]!.soft[at]!) ? ready[k]!.soft[at]! : null;
        return (
          <span key={label} class="read">
            {lines.length > 1 && <i class={`swatch series-${((colour ?? k) % 6) + 1}`} />}
            {lines.length > 1 && <span class="read-label">{label}</span>}
            <b>{at < 0 || far ? "–" : format(y[at]!)}</b>
            {soft !== null && <span class="read-soft"> ~{format(soft)}</span>}
          </span>
        );
      })}
      {cursor !== null && <span class="read-step">{axis === "step" ? `step ${count(cursor)}` : labelX(cursor)}</span>}
      {near.map((mark) => <span key={mark.label} class={`sign-${mark.severity}`}>▼ {mark.label}</span>)}
    </span>
  );
}

export type { Range };
