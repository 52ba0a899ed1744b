// All runs of the store, as several pages look at them: fetched once, then only what changed.
import { signal } from "@preact/signals";
import { getRuns } from "../api/client";
import { listen } from "../api/live";
import type { RunRow } from "../api/types";
import { Pace } from "../lib/pace";
import { patch } from "../lib/runs";

const REFRESH_MS = 1000;

export interface Listed {
  store: string;
  readOnly: boolean;
  version: string;
  runs: RunRow[];
}

export const listed = signal<Listed | null>(null);
export const listProblem = signal("");

let watchers = 0;
let pace: Pace | null = null;
let unlisten: (() => void) | null = null;

/** Follows the list until the returned function is called. */
export function watchRuns(): () => void {
  if (watchers++ === 0) {
    pace = new Pace(refresh, REFRESH_MS);
    pace.poke();
    unlisten = listen(() => pace?.poke());
  }
  return () => {
    if (--watchers > 0) return;
    pace?.stop();
    unlisten?.();
    pace = unlisten = null;
  };
}

/** Looks again as soon as may be. */
export function pokeRuns(): void {
  pace?.poke();
}

/** Shows a change before the server has confirmed it. */
export function amendRuns(change: (runs: RunRow[]) => RunRow[]): void {
  if (listed.value) listed.value = { ...listed.value, runs: change(listed.value.runs) };
}

async function refresh(): Promise<void> {
  try {
    const before = listed.peek();
    const { store, read_only, version, runs, ids } = await getRuns(before?.version ?? "");
    listProblem.value = "";
    if (before && version === before.version && !runs.length && !ids) return;
    listed.value = { store, readOnly: read_only, version, runs: patch(before?.runs ?? [], runs, ids) };
  } catch (error) {
    listProblem.value = error instanceof Error ? error.message : String(error);
  }
}
