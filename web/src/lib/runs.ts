// Filtering and sorting of the list of runs.
import type { RunRow } from "../api/types";
import { toNumber } from "./number";

export type Column = "name" | "findings" | "loss" | "steps" | "created" | "duration" | "project";

export interface Order {
  column: Column;
  descending: boolean;
}

/**
 * Runs that fit every word of the query. A word is looked for in name, id, project, command, tags
 * and the first finding; `state:failed`, `project:digits`, `tag:x` and `rule:dead-relu` look in one
 * place only; a leading `-` turns a word around.
 */
export function filterRuns(runs: readonly RunRow[], query: string): RunRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => words.every((word) => (word.length > 1 && word.startsWith("-") ? !fits(run, word.slice(1)) : fits(run, word))));
}

function fits(run: RunRow, word: string): boolean {
  const [, field, value] = /^(state|project|tag|rule|kind):(.*)$/.exec(word) ?? [];
  const has = (text: string): boolean => text.toLowerCase().includes(value ?? word);
  switch (field) {
    case "state": return has(run.state);
    case "project": return has(run.project);
    case "tag": return run.tags.some(has);
    case "kind": return has(run.kind);
    case "rule": return has(run.summary?.top ?? "");
    default: return [run.name, run.id, run.project, run.command, run.state, run.summary?.top ?? "", ...run.tags].some(has);
  }
}

/** Sorted copies; runs that lack the value come last either way. */
export function sortRuns(runs: readonly RunRow[], { column, descending }: Order, now: number): RunRow[] {
  const keyed = runs.map((run) => ({ run, key: key(run, column, now) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * sign || b.run.created - a.run.created;
  });
  return keyed.map(({ run }) => run);
}

function key(run: RunRow, column: Column, now: number): number | string | null {
  const { summary } = run;
  switch (column) {
    case "name": return run.name.toLowerCase();
    case "project": return run.project.toLowerCase() || null;
    case "created": return run.created;
    case "duration": return (run.ended ?? now) - run.created;
    case "steps": return summary ? summary.steps : null;
    case "findings": return summary ? summary.errors * 1e6 + summary.warnings * 1e3 + summary.notes : null;
    case "loss": {
      const loss = toNumber(summary?.loss);
      // A loss that is no number is worse than any.
      return loss === null ? null : Number.isNaN(loss) ? Infinity : loss;
    }
  }
}
