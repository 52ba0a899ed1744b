// Columns of the list of runs: reading, filtering, sorting, grouping.
import type { RunRow } from "../api/types";
import { toNumber } from "./number";
import { parseQuery, type Query, type Value } from "./query";

/** `name`, `state` …, or `config.<key>` and `metric.<key>`. */
export type Field = string;

export interface Order {
  column: Field;
  descending: boolean;
}

export const BUILT_IN: Record<string, string> = {
  name: "Run", state: "State", findings: "Findings", loss: "Last loss", steps: "Steps", project: "Project", tags: "Tags",
  created: "Started", duration: "Took", command: "Command", group: "Group", host: "Host", id: "Id", notes: "Notes", kind: "Kind",
};

/** What a run has under a name; a bare key is looked for among metrics, then settings. */
export function read(run: RunRow, field: Field, now = Date.now() / 1000): Value {
  switch (field) {
    case "findings": return run.summary ? run.summary.errors * 1e6 + run.summary.warnings * 1e3 + run.summary.notes : null;
    case "errors": case "warnings": return run.summary ? run.summary[field] : null;
    case "loss": return toNumber(run.summary?.loss);
    case "steps": return run.summary?.steps;
    case "duration": case "seconds": {
      const end = run.ended ?? (run.state === "running" ? now : null);
      return end === null ? null : end - run.created;
    }
    case "age": return now - run.created;
    case "rule": return run.summary?.rules ?? [];
    case "tag": case "tags": return run.tags;
    case "job": return run.job_type;
    case "name": case "state": case "project": case "created": case "command": case "group": case "host": case "id": case "notes": case "kind":
      return run[field];
  }
  if (field.startsWith("config.")) return plain(run.config[field.slice(7)]);
  if (field.startsWith("metric.")) return plain(run.metrics[field.slice(7)]);
  return plain(run.metrics[field] ?? run.config[field]);
}

function plain(value: unknown): Value {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return value as Value;
}

const words = (run: RunRow): string[] => [run.name, run.id, run.project, run.command, run.state, run.group, run.notes, ...(run.summary?.rules ?? []), ...run.tags];

export function runQuery(text: string): Query<RunRow> {
  return parseQuery(text, read, words);
}

/** Runs that fit every word of the query. */
export function filterRuns(runs: readonly RunRow[], query: string): RunRow[] {
  return runs.filter(runQuery(query).test);
}

/** Sorted copies; runs that lack the value come last either way. */
export function sortRuns(runs: readonly RunRow[], { column, descending }: Order, now: number): RunRow[] {
  const keyed = runs.map((run) => ({ run, key: key(read(run, column, now)) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null) || b.run.created - a.run.created;
    return compare(a.key, b.key) * sign || b.run.created - a.run.created;
  });
  return keyed.map(({ run }) => run);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
}

function key(value: Value): number | string | null {
  if (value === null || value === undefined || value === "") return null;
  // What is no number is worse than any.
  if (typeof value === "number") return Number.isNaN(value) ? Infinity : value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return value.toLowerCase();
  return value.length ? value.join(" ").toLowerCase() : null;
}

export interface Group {
  value: string;
  runs: RunRow[];
}

/** Runs by what they have under a field, in the order in which the values first come. */
export function groupRuns(runs: readonly RunRow[], field: Field): Group[] {
  const found = new Map<string, RunRow[]>();
  for (const run of runs) {
    const value = read(run, field);
    const name = value === null || value === undefined || value === "" ? "–" : Array.isArray(value) ? value.join(", ") || "–" : String(value);
    found.set(name, [...(found.get(name) ?? []), run]);
  }
  return [...found].map(([value, members]) => ({ value, runs: members }));
}

export interface Offered {
  field: Field;
  label: string;
  /** How many runs have it, and how many different values there are (50 at most are counted). */
  runs: number;
  values: number;
}

/** Settings and metrics that these runs have, those that differ and that many have first. */
export function offered(runs: readonly RunRow[]): Offered[] {
  const found = new Map<Field, { runs: number; values: Set<unknown> }>();
  for (const run of runs) {
    for (const [kind, values] of [["config", run.config], ["metric", run.metrics]] as const) {
      for (const [name, value] of Object.entries(values)) {
        const field = `${kind}.${name}`;
        let one = found.get(field);
        if (!one) found.set(field, (one = { runs: 0, values: new Set() }));
        one.runs++;
        if (one.values.size < 50) one.values.add(value);
      }
    }
  }
  return [...found]
    .map(([field, { runs: count, values }]) => ({ field, label: field.replace(/^\w+\./, ""), runs: count, values: values.size }))
    .sort((a, b) => Number(b.values > 1) - Number(a.values > 1) || b.runs - a.runs || (a.field < b.field ? -1 : 1));
}

/** The delta of a table applied: rows that came replace those of their id; `ids` says who is left. */
export function patch(old: readonly RunRow[], rows: readonly RunRow[], ids: readonly string[] | null): RunRow[] {
  const known = new Map(old.map((run) => [run.id, run]));
  for (const run of rows) known.set(run.id, run);
  const order = ids ?? [...known.values()].sort((a, b) => b.created - a.created).map(({ id }) => id);
  return order.flatMap((id) => known.get(id) ?? []);
}
