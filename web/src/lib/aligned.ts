// Lines as uPlot takes them: one shared x, numbers or gaps, and what can't be drawn as a line apart.
import { smooth } from "./smooth";

export interface Line {
  label: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** A value that has no height on the axis. */
export interface Odd {
  x: number;
  kind: "nan" | "above" | "below" | "nonpositive";
  line: number;
}

/** null is a gap; undefined is a step at which another line has a point. */
export type Column = (number | null | undefined)[];

export interface Aligned {
  x: number[];
  /** As they were measured, one a line. */
  raw: Column[];
  /** Smoothed, one a line; the same as `raw` where nothing is smoothed. */
  smoothed: Column[];
  odd: Odd[];
}

/** Brings lines to one x; `log` leaves no height to zero and what is below it. */
export function align(lines: readonly Line[], log: boolean, smoothing: number): Aligned {
  const odd: Odd[] = [];
  const prepared = lines.map((line, index) => {
    const soft = smoothing > 0 ? smooth(line.y, smoothing) : line.y;
    const raw: (number | null)[] = [];
    const smoothed: (number | null)[] = [];
    for (let i = 0; i < line.y.length; i++) {
      const kind = oddity(line.y[i]!, log);
      if (kind) odd.push({ x: line.x[i]!, kind, line: index });
      raw.push(kind ? null : line.y[i]!);
      smoothed.push(kind || oddity(soft[i]!, log) ? null : soft[i]!);
    }
    return { line, raw, smoothed };
  });
  const [only] = prepared;
  if (prepared.length === 1 && only) {
    return { x: Array.from(only.line.x), raw: [only.raw], smoothed: [only.smoothed], odd };
  }
  const x = [...new Set(prepared.flatMap(({ line }) => Array.from(line.x)))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const spread = (line: Line, values: (number | null)[]): Column => {
    const column: Column = new Array(x.length).fill(undefined);
    values.forEach((value, i) => (column[place.get(line.x[i]!)!] = value));
    return column;
  };
  return {
    x,
    raw: prepared.map(({ line, raw }) => spread(line, raw)),
    smoothed: prepared.map(({ line, smoothed }) => spread(line, smoothed)),
    odd,
  };
}

function oddity(value: number, log: boolean): Odd["kind"] | null {
  if (Number.isNaN(value)) return "nan";
  if (value === Infinity) return "above";
  if (value === -Infinity) return "below";
  return log && value <= 0 ? "nonpositive" : null;
}
