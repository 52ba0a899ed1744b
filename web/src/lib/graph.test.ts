import { expect, test } from "vitest";
import { draw, openAtFirst, type Mod, type Op } from "./graph";

const modules: Mod[] = [
  { index: 0, name: "", type: "Net", parent: -1 },
  { index: 1, name: "block", type: "Block", parent: 0 },
  { index: 2, name: "block.fc", type: "Linear", parent: 1 },
  { index: 3, name: "head", type: "Linear", parent: 0 },
];
const op = (index: number, name: string, module: number, inputs: number[]): Op => ({ index, name, module, inputs, shape: [1], place: -1 });
// x → linear → relu → add(x's linear) → head
const operations: Op[] = [op(0, "conv", 0, [-1]), op(1, "linear", 2, [0]), op(2, "relu", 1, [1]), op(3, "add", 0, [0, 2]), op(4, "linear", 3, [3])];

test("a folded module is one box, an open one shows its parts", () => {
  const folded = draw(operations, modules, new Set([0]));
  expect(folded.boxes.map(({ module, operation }) => operation || `#${module}`)).toEqual(["conv", "#1", "add", "#3"]);
  expect(folded.edges).toEqual([{ from: 0, to: 1 }, { from: 0, to: 2 }, { from: 1, to: 2 }, { from: 2, to: 3 }]);
  const open = draw(operations, modules, new Set([0, 1]));
  expect(open.boxes.map(({ module, operation }) => operation || `#${module}`)).toEqual(["conv", "#2", "relu", "add", "#3"]);
  expect(open.boxes.map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4]);
});

test("a module that is called twice makes no cycle", () => {
  const again = [op(0, "linear", 3, []), op(1, "relu", 0, [0]), op(2, "linear", 3, [1])];
  const found = draw(again, modules, new Set([0]));
  expect(found.boxes.length).toBe(3);
  expect(found.edges.every(({ from, to }) => from < to)).toBe(true);
});

test("branches lie beside each other", () => {
  const found = draw([op(0, "a", 0, []), op(1, "b", 0, [0]), op(2, "c", 0, [0])], modules, new Set([0]));
  expect(found.boxes.map(({ at }) => at)).toEqual([0, -0.5, 0.5]);
});

test("odd parents and a limit on boxes", () => {
  expect(draw([op(0, "a", 9, [0, 5])], [{ index: 9, name: "", type: "", parent: 9 }], new Set()).boxes.length).toBe(1);
  expect(openAtFirst(operations, modules, 100)).toEqual(new Set([0, 1]));
  expect(openAtFirst(operations, modules, 4)).toEqual(new Set([0]));
});
