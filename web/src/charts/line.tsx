// Lines over steps: zoom by dragging, double click to zoom out, cursors of all charts linked.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { align, type Aligned, type Line } from "../lib/aligned";
import { count, format } from "../lib/number";
import { extent, logTicks, padded } from "../lib/range";
import { drawMarks, drawNothing, explain, type Mark } from "./marks";
import { dark, font, palette, unit } from "./theme";

export type { Line } from "../lib/aligned";
export type { Mark } from "./marks";

interface Props {
  title: string;
  lines: readonly Line[];
  log: boolean;
  smoothing?: number;
  marks?: readonly Mark[];
  window?: readonly [number, number] | null;
  onWindow?: (window: [number, number] | null) => void;
  height?: number;
  /** Charts of one group have the same kind of step: their cursors and zooms are linked. */
  group?: string;
  tools?: JSX.Element | null;
}

/** Steps are whole: so are the ticks. */
const WHOLE = Array.from({ length: 36 }, (_, k) => [1, 2, 5][k % 3]! * 10 ** Math.floor(k / 3));

const NONE: readonly Mark[] = [];

export function LineChart(props: Props): JSX.Element {
  const { title, lines, log, smoothing = 0, marks = NONE, group = "steps", tools = null } = props;
  const scale = unit.value;
  const height = Math.round((props.height ?? 190) * scale);
  const window = props.window ?? null;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const aligned = useMemo(() => align(lines, log, smoothing), [lines, log, smoothing]);
  // What the hooks of a living plot read: always the newest.
  const latest = useRef({ aligned, marks, window, onWindow: props.onWindow, log });
  latest.current = { aligned, marks, window, onWindow: props.onWindow, log };
  const labels = lines.map((line) => line.label).join("\n");
  const isDark = dark.value;

  useLayoutEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = new uPlot(options(element, height, lines.length, smoothing > 0, log, scale, group, latest, setCursor), data(latest.current.aligned, smoothing > 0), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [labels, log, smoothing > 0, height, isDark, scale, group]);

  useEffect(() => {
    plot.current?.setData(data(aligned, smoothing > 0));
  }, [aligned, marks, window]);

  const odd = explain(aligned.odd);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title" title={title}>{title}</span>
        <Readout aligned={aligned} lines={lines} cursor={cursor} marks={marks} />
        {tools}
      </figcaption>
      <div ref={holder} class="plot" role="img" aria-label={`${title} over steps`} />
      {odd && <p class="chart-odd">{odd}</p>}
    </figure>
  );
}

function Readout({ aligned, lines, cursor, marks }: {
  aligned: Aligned; lines: readonly Line[]; cursor: number | null; marks: readonly Mark[];
}): JSX.Element {
  const many = lines.length > 1;
  const step = cursor === null ? null : aligned.x[cursor];
  const span = (aligned.x[aligned.x.length - 1] ?? 0) - (aligned.x[0] ?? 0);
  const near = typeof step === "number" ? marks.filter((mark) => Math.abs(mark.step - step) <= span / 100) : [];
  return (
    <span class="readout">
      {lines.map((line, k) => {
        const at = cursor ?? -1;
        const here = step === undefined || step === null ? line.y[line.y.length - 1] : valueAt(line, step, aligned.raw[k]?.[at]);
        return (
          <span key={line.label} class="read">
            {many && <i class={`swatch series-${(k % 6) + 1}`} />}
            {many && <span class="read-label">{line.label}</span>}
            <b>{format(here)}</b>
          </span>
        );
      })}
      {step !== null && step !== undefined && <span class="read-step">step {count(step)}</span>}
      {near.map((mark) => <span key={mark.label} class={`sign-${mark.severity}`}>▼ {mark.label}</span>)}
    </span>
  );
}

/** The value of a line at a step, also where it is none that can be drawn. */
function valueAt(line: Line, step: number, drawn: number | null | undefined): number | null {
  if (typeof drawn === "number") return drawn;
  for (let i = 0; i < line.x.length; i++) if (line.x[i] === step) return line.y[i]!;
  return null;
}

function data(aligned: Aligned, smoothing: boolean): uPlot.AlignedData {
  const columns = smoothing ? [...aligned.raw, ...aligned.smoothed] : aligned.raw;
  return [aligned.x, ...columns] as uPlot.AlignedData;
}

interface Latest {
  current: { aligned: Aligned; marks: readonly Mark[]; window: readonly [number, number] | null; onWindow: Props["onWindow"]; log: boolean };
}

function options(
  element: HTMLElement, height: number, lines: number, smoothing: boolean, log: boolean, scale: number, group: string,
  latest: Latest, setCursor: (index: number | null) => void,
): uPlot.Options {
  const { muted, line: grid, series: colours, panel } = palette.value;
  const stroke = (k: number): string => colours[k % colours.length]!;
  const indexes = Array.from({ length: lines }, (_, k) => k);
  const axis = { stroke: muted, font: font(scale), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
  return {
    width: element.clientWidth || 300,
    height,
    legend: { show: false },
    padding: [14, 10, 0, 0],
    cursor: {
      sync: { key: group, scales: ["x", null], setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7, width: 2, fill: panel, stroke: (_, k) => stroke((k - 1) % lines) },
      y: false,
      bind: { dblclick: () => () => { latest.current.onWindow?.(null); return null; } },
    },
    scales: {
      x: { time: false, range: () => rangeOfX(latest) },
      y: { distr: log ? 3 : 1, range: (u) => rangeOfY(u, latest) },
    },
    axes: [
      { ...axis, size: 26 * scale, space: 70 * scale, incrs: WHOLE, values: (_, values) => values.map((v) => (Number.isInteger(v) ? count(v) : "")) },
      {
        ...axis,
        space: 30 * scale,
        ...(log ? { splits: (_: uPlot, __: number, low: number, high: number) => logTicks(low, high, (height / scale - 50) / 30), filter: (_: uPlot, splits: number[]) => splits } : {}),
        values: (_, values) => values.map((v) => (v === null ? "" : format(v, 3))),
        size: (_, values) => scale * (16 + 6.4 * Math.max(3, ...(values ?? []).map((text) => text.length))),
      },
    ],
    series: [
      {},
      ...indexes.map((k) => ({
        stroke: stroke(k), width: smoothing ? 1 : 1.6, alpha: smoothing ? 0.3 : 1,
        points: { size: 4, ...(smoothing ? { show: false } : {}) },
      })),
      ...(smoothing ? indexes.map((k) => ({ stroke: stroke(k), width: 2, points: { show: false } })) : []),
    ],
    hooks: {
      draw: [(u) => {
        const { aligned, marks } = latest.current;
        drawMarks(u, aligned.odd, marks, palette.value);
        if (!aligned.raw.some((column) => column.some((value) => typeof value === "number"))) {
          drawNothing(u, palette.value, aligned.odd.length ? "no finite value" : "no value yet");
        }
      }],
      setCursor: [(u) => setCursor(u.cursor.idx ?? null)],
      setSelect: [(u) => {
        if (u.select.width < 8) return;
        const low = u.posToVal(u.select.left, "x");
        const high = u.posToVal(u.select.left + u.select.width, "x");
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        latest.current.onWindow?.([low, high]);
      }],
    },
  };
}

function rangeOfX({ current }: Latest): [number, number] {
  const { window, aligned } = current;
  if (window) return [window[0], window[1]];
  const first = aligned.x[0] ?? 0;
  const last = aligned.x[aligned.x.length - 1] ?? 1;
  return first < last ? [first, last] : [first - 1, last + 1];
}

/** Of the values within the x range; never what uPlot found, which may be NaN. */
function rangeOfY(_: uPlot, { current }: Latest): [number, number] {
  const { aligned, window, log } = current;
  const inside: number[] = [];
  for (const column of aligned.raw) {
    column.forEach((value, i) => {
      const x = aligned.x[i]!;
      if (typeof value === "number" && (!window || (x >= window[0] && x <= window[1]))) inside.push(value);
    });
  }
  return padded(extent(inside, log), log);
}
