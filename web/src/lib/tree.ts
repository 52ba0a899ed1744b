// The modules of a model as a tree that can be folded.

export interface Node {
  index: number;
  parent: number;
  parameters: readonly number[];
}

export interface Branch<T> {
  node: T;
  depth: number;
  children: number;
  /** Parameters of the module and all that is in it, each once. */
  parameters: number[];
}

/** Rows of the tree in order; what is inside of a folded module is left out. */
export function branches<T extends Node>(nodes: readonly T[], folded: ReadonlySet<number>): Branch<T>[] {
  const inside = new Map<number, T[]>();
  const known = new Set(nodes.map((node) => node.index));
  for (const node of nodes) {
    const parent = known.has(node.parent) && node.parent !== node.index ? node.parent : -1;
    inside.set(parent, [...(inside.get(parent) ?? []), node]);
  }
  const rows: Branch<T>[] = [];
  const owned = (node: T, seen: Set<number>): Set<number> => {
    for (const parameter of node.parameters) seen.add(parameter);
    for (const child of inside.get(node.index) ?? []) owned(child, seen);
    return seen;
  };
  const visit = (node: T, depth: number): void => {
    const children = inside.get(node.index) ?? [];
    rows.push({ node, depth, children: children.length, parameters: [...owned(node, new Set())] });
    if (!folded.has(node.index)) for (const child of children) visit(child, depth + 1);
  };
  for (const root of inside.get(-1) ?? []) visit(root, 0);
  return rows;
}

/** What to fold at first so that at most `most` rows show: the deepest level that has to go. */
export function foldedAtFirst<T extends Node>(nodes: readonly T[], most: number): Set<number> {
  const all = branches(nodes, new Set());
  for (let depth = Math.max(0, ...all.map((row) => row.depth)); depth > 0; depth--) {
    if (all.filter((row) => row.depth <= depth).length <= most) {
      return new Set(all.filter((row) => row.depth === depth && row.children).map((row) => row.node.index));
    }
  }
  return new Set(all.filter((row) => row.depth === 0 && all.length > most).map((row) => row.node.index));
}
