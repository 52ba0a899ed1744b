// What differs between runs: settings side by side, texts line by line.

export interface Difference {
  key: string;
  /** One a run, undefined where it has none. */
  values: (unknown | undefined)[];
  same: boolean;
}

/** All keys of flat settings, those that differ first, otherwise in the order in which they come. */
export function differences(all: readonly ReadonlyMap<string, unknown>[]): Difference[] {
  const keys = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const rows = keys.map((key) => {
    const values = all.map((one) => one.get(key));
    const first = JSON.stringify(values[0]);
    return { key, values, same: values.every((value) => JSON.stringify(value) === first) };
  });
  return [...rows.filter(({ same }) => !same), ...rows.filter(({ same }) => same)];
}

export interface Line {
  kind: "same" | "left" | "right";
  text: string;
}

const MOST_LINES = 4000;

/**
 * The lines of two texts in one order: those of both, of the left only, of the right only (Myers'
 * greedy algorithm over what is between the common beginning and end). null: too long to compare.
 */
export function lines(left: string, right: string): Line[] | null {
  const a = left.split("\n");
  const b = right.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = myers(a.slice(start, a.length - end), b.slice(start, b.length - end));
  if (!middle) return null;
  const same = (text: string): Line => ({ kind: "same", text });
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
}

function myers(a: readonly string[], b: readonly string[]): Line[] | null {
  const most = a.length + b.length;
  if (most > MOST_LINES) return null;
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(furthest));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && furthest.get(k - 1)! < furthest.get(k + 1)!);
      let x = down ? furthest.get(k + 1)! : furthest.get(k - 1)! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(a, b, trace, d);
    }
  }
  return [];
}

function back(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[], edits: number): Line[] {
  const found: Line[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = edits; d >= 0; d--) {
    const reached = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && reached.get(k - 1)! < reached.get(k + 1)!);
    const before = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : reached.get(before)!;
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      found.push({ kind: "same", text: a[--x]! });
      y--;
    }
    if (d > 0) found.push(down ? { kind: "right", text: b[--y]! } : { kind: "left", text: a[--x]! });
  }
  return found.reverse();
}
