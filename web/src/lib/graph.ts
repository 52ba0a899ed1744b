// The operations of a forward pass as a drawing: modules folded to boxes or open, edges downwards.

export interface Op {
  index: number;
  name: string;
  module: number;
  inputs: readonly number[];
  shape: readonly number[];
  place: number;
}

export interface Mod {
  index: number;
  name: string;
  type: string;
  parent: number;
}

export interface Box {
  id: string;
  /** The folded module that the box stands for, or the one that calls the operation; −1: none. */
  module: number;
  folded: boolean;
  /** Of the operation, or "" for a folded module. */
  operation: string;
  operations: number[];
  shape: readonly number[];
  layer: number;
  /** Position within the layer, 0 is the middle. */
  at: number;
}

export interface Edge {
  from: number;
  to: number;
}

export interface Drawing {
  boxes: Box[];
  edges: Edge[];
  layers: number;
  /** Least and greatest `at`. */
  left: number;
  right: number;
}

/**
 * Boxes and edges with the modules of `open` unfolded. What one call of a folded module did is one
 * box: operations that follow each other; a module that is called twice is two boxes. So every edge
 * leads from an earlier box to a later one, and there is no cycle.
 */
export function draw(operations: readonly Op[], modules: readonly Mod[], open: ReadonlySet<number>): Drawing {
  const byIndex = new Map(modules.map((module) => [module.index, module]));
  const boxes: Box[] = [];
  const home = new Map<number, number>();
  let last: Box | null = null;
  for (const operation of operations) {
    const folded = outermost(operation.module, byIndex, open);
    if (folded === null || !last || !last.folded || last.module !== folded) {
      last = {
        id: folded === null ? `o${operation.index}` : `m${folded}/${operation.index}`,
        module: folded ?? operation.module,
        folded: folded !== null,
        operation: folded === null ? operation.name : "",
        operations: [], shape: operation.shape, layer: 0, at: 0,
      };
      boxes.push(last);
    }
    last.operations.push(operation.index);
    last.shape = operation.shape;
    home.set(operation.index, boxes.length - 1);
  }
  const edges: Edge[] = [];
  const seen = new Set<string>();
  for (const operation of operations) {
    const to = home.get(operation.index)!;
    for (const input of operation.inputs) {
      const from = home.get(input);
      const name = `${from}>${to}`;
      if (from === undefined || from >= to || seen.has(name)) continue;
      seen.add(name);
      edges.push({ from, to });
    }
  }
  return place(boxes, edges);
}

/** The outermost module around an operation that is not open; null where all are. */
function outermost(module: number, modules: ReadonlyMap<number, Mod>, open: ReadonlySet<number>): number | null {
  let found: number | null = null;
  const visited = new Set<number>();
  for (let at = modules.get(module); at && !visited.has(at.index); at = modules.get(at.parent)) {
    visited.add(at.index);
    if (!open.has(at.index)) found = at.index;
  }
  return found;
}

function place(boxes: Box[], edges: Edge[]): Drawing {
  const parents = boxes.map((): number[] => []);
  for (const { from, to } of edges) parents[to]!.push(from);
  let layers = 0;
  boxes.forEach((box, k) => {
    box.layer = parents[k]!.reduce((most, parent) => Math.max(most, boxes[parent]!.layer + 1), 0);
    layers = Math.max(layers, box.layer + 1);
  });
  const rows: number[][] = Array.from({ length: layers }, () => []);
  boxes.forEach((box, k) => rows[box.layer]!.push(k));
  let left = 0;
  let right = 0;
  for (const row of rows) {
    // Below the middle of what feeds it, as far as there is room.
    const wish = row.map((k) => {
      const above = parents[k]!;
      return above.length ? above.reduce((sum, parent) => sum + boxes[parent]!.at, 0) / above.length : 0;
    });
    const order = row.map((_, i) => i).sort((a, b) => wish[a]! - wish[b]! || a - b);
    const middle = wish.reduce((a, b) => a + b, 0) / (wish.length || 1);
    order.forEach((i, position) => {
      const at = row.length === 1 ? wish[i]! : middle + position - (row.length - 1) / 2;
      boxes[row[i]!]!.at = at;
      left = Math.min(left, at);
      right = Math.max(right, at);
    });
  }
  return { boxes, edges, layers, left, right };
}

/** The modules to open at first: as deep as at most `most` boxes allow. */
export function openAtFirst(operations: readonly Op[], modules: readonly Mod[], most: number): Set<number> {
  const byIndex = new Map(modules.map((module) => [module.index, module]));
  const depth = (module: Mod): number => {
    let found = 0;
    const visited = new Set<number>();
    for (let at = byIndex.get(module.parent); at && !visited.has(at.index); at = byIndex.get(at.parent)) {
      visited.add(at.index);
      found++;
    }
    return found;
  };
  const depths = new Map(modules.map((module) => [module.index, depth(module)]));
  const inner = new Set(modules.map(({ parent }) => parent));
  let best = new Set(modules.filter(({ index }) => depths.get(index) === 0).map(({ index }) => index));
  for (let level = 1; level <= Math.max(0, ...depths.values()); level++) {
    // A layer without parts stays one box: its operations say nothing more.
    const next = new Set(modules.filter(({ index }) => inner.has(index) && depths.get(index)! <= level).map(({ index }) => index));
    if (draw(operations, modules, next).boxes.length > most) break;
    best = next;
  }
  return best;
}
