// A series that grows: what the page has, and what the server adds.

export interface Tail {
  x: Float64Array;
  y: Float64Array;
  /** Rows that the server has counted so far: the cursor of the next request. */
  rows: number;
}

export interface Addition {
  x: Float64Array;
  y: Float64Array;
  rows: number;
  /** Whether the points replace all that the page had; else the first replaces its last. */
  reset: boolean;
}

export const EMPTY: Tail = { x: new Float64Array(), y: new Float64Array(), rows: 0 };

/** The series with the addition; the old one stays as it is. */
export function extend(old: Tail, addition: Addition): Tail {
  const { x, y, rows, reset } = addition;
  if (reset) return { x, y, rows };
  return { x: join(old.x, x), y: join(old.y, y), rows };
}

function join(old: Float64Array, added: Float64Array): Float64Array {
  const kept = Math.max(old.length - 1, 0);
  const both = new Float64Array(kept + added.length);
  both.set(old.subarray(0, kept));
  both.set(added, kept);
  return both;
}
