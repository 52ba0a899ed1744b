// The list of runs, the tree of modules, settings, addresses, growing series.
import { expect, test } from "vitest";
import type { RunRow } from "../api/types";
import { flatten } from "./flatten";
import { compareAddress, parseRoute, runAddress } from "./route";
import { filterRuns, groupRuns, offered, patch, sortRuns } from "./runs";
import { EMPTY, extend } from "./tail";
import { branches, foldedAtFirst } from "./tree";

const run = (name: string, over: Partial<RunRow> = {}): RunRow => ({
  id: `id-${name}`, name, project: "", kind: "run", state: "finished", created: 0, ended: 1, tags: [], command: "python train.py", group: "", job_type: "", notes: "", answer: "", exit_code: 0, host: "", colour: "", config: {}, metrics: {}, summary: null, ...over,
});
const summary = { loss: 1, steps: 10, errors: 0, warnings: 0, notes: 0, top: "", rules: [] as string[], error: "" };

test("every word must fit; a field narrows, a minus turns around", () => {
  const runs = [run("alpha", { tags: ["lr"] }), run("beta", { state: "failed" }), run("gamma", { summary: { ...summary, top: "dead-relu", rules: ["dead-relu"] } })];
  const names = (query: string): string[] => filterRuns(runs, query).map(({ name }) => name);
  expect(names("")).toEqual(["alpha", "beta", "gamma"]);
  expect(names("TRAIN.py al")).toEqual(["alpha"]);
  expect(names("state:failed")).toEqual(["beta"]);
  expect(names("rule:dead")).toEqual(["gamma"]);
  expect(names("-tag:lr -beta")).toEqual(["gamma"]);
});

test("what has no value comes last, either way; NaN is worse than any loss", () => {
  const runs = [run("none"), run("nan", { summary: { ...summary, loss: "NaN" } }), run("good", { summary })];
  const names = (descending: boolean): string[] => sortRuns(runs, { column: "loss", descending }, 0).map(({ name }) => name);
  expect(names(false)).toEqual(["good", "nan", "none"]);
  expect(names(true)).toEqual(["nan", "good", "none"]);
});

test("one error outweighs any number of warnings", () => {
  const runs = [run("w", { summary: { ...summary, warnings: 9 } }), run("e", { summary: { ...summary, errors: 1 } })];
  expect(sortRuns(runs, { column: "findings", descending: true }, 0)[0]!.name).toBe("e");
});

test("settings and metrics are found by their bare names, and sorted and grouped by", () => {
  const runs = [run("a", { config: { lr: 0.1, opt: "sgd" }, metrics: { acc: 0.5 } }), run("b", { config: { lr: 0.01, opt: "sgd" }, metrics: { acc: "NaN" } })];
  const names = (query: string): string[] => filterRuns(runs, query).map(({ name }) => name);
  expect(names("lr<0.05")).toEqual(["b"]);
  expect(names("config.opt=sgd metric.acc>0.1")).toEqual(["a"]);
  expect(sortRuns(runs, { column: "config.lr", descending: false }, 0).map(({ name }) => name)).toEqual(["b", "a"]);
  expect(groupRuns(runs, "config.opt").map(({ value, runs: { length } }) => [value, length])).toEqual([["sgd", 2]]);
  expect(offered(runs).map(({ field, values }) => [field, values])).toEqual([["config.lr", 2], ["metric.acc", 2], ["config.opt", 1]]);
});

test("a delta of the table replaces, adds and removes", () => {
  const old = [run("b", { created: 2 }), run("a", { created: 1 })];
  const names = (rows: typeof old): string[] => rows.map(({ name, state }) => `${name} ${state}`);
  expect(names(patch(old, [run("a", { created: 1, state: "failed" })], null))).toEqual(["b finished", "a failed"]);
  expect(names(patch(old, [run("c", { created: 3 })], ["id-c", "id-a"]))).toEqual(["c finished", "a finished"]);
});

test("a tree in order, folded parts left out, shared parameters counted once", () => {
  const nodes = [
    { index: 0, parent: -1, parameters: [] }, { index: 1, parent: 0, parameters: [0, 1] },
    { index: 2, parent: 0, parameters: [] }, { index: 3, parent: 2, parameters: [1, 2] },
  ];
  expect(branches(nodes, new Set()).map(({ node, depth }) => [node.index, depth])).toEqual([[0, 0], [1, 1], [2, 1], [3, 2]]);
  expect(branches(nodes, new Set([2])).map(({ node }) => node.index)).toEqual([0, 1, 2]);
  expect(branches(nodes, new Set())[0]!.parameters).toEqual([0, 1, 2]);
  expect(foldedAtFirst(nodes, 3)).toEqual(new Set([2]));
  expect(foldedAtFirst(nodes, 10)).toEqual(new Set());
});

test("modules whose parent is unknown or themselves are roots", () => {
  const nodes = [{ index: 5, parent: 5, parameters: [] }, { index: 6, parent: 99, parameters: [] }];
  expect(branches(nodes, new Set()).map(({ depth }) => depth)).toEqual([0, 0]);
});

test("nested settings become rows", () => {
  expect(flatten({ a: { b: 1, c: [1, 2] }, d: [{ lr: 0.1 }], e: {} })).toEqual([["a.b", 1], ["a.c", [1, 2]], ["d[0].lr", 0.1], ["e", "{}"]]);
  expect(flatten({})).toEqual([]);
});

test("an address leads to a run and back; any other is the list", () => {
  expect(parseRoute(runAddress("a b/c"))).toEqual({ view: "run", id: "a b/c" });
  expect(parseRoute(compareAddress(["a,b", "c"]))).toEqual({ view: "compare", ids: ["a,b", "c"] });
  for (const hash of ["", "#/compare/", "#/", "#/runs/", "#/elsewhere/x", "#/runs/%zz"]) expect(parseRoute(hash)).toEqual({ view: "runs" });
});

test("an addition replaces the last point, a reset all of them", () => {
  const points = (...values: number[]): Float64Array => Float64Array.from(values);
  const first = extend(EMPTY, { x: points(0, 1), y: points(5, 6), rows: 2, reset: true });
  const second = extend(first, { x: points(1, 2), y: points(7, 8), rows: 3, reset: false });
  expect([...second.x]).toEqual([0, 1, 2]);
  expect([...second.y]).toEqual([5, 7, 8]);
  expect([...first.y]).toEqual([5, 6]);
  expect([...extend(second, { x: points(9), y: points(9), rows: 900, reset: true }).x]).toEqual([9]);
});
