// What a person does to runs: each is shown at once and can be taken back.
import { discardRuns, labelRun, restoreRuns, type Label } from "../api/client";
import type { RunRow } from "../api/types";
import { amendRuns, pokeRuns } from "./store";
import { attempt, say } from "./toast";

/** What is needed of a run to change it. */
type Labelled = Pick<RunRow, "id" | "name">;

const few = (runs: readonly Labelled[]): string => (runs.length === 1 ? `“${runs[0]!.name}”` : `${runs.length} runs`);

async function write(changes: readonly [Labelled, Label][]): Promise<void> {
  const by = new Map(changes.map(([run, label]) => [run.id, label]));
  amendRuns((runs) => runs.map((run) => (by.has(run.id) ? { ...run, ...by.get(run.id) } : run)));
  for (const [run, label] of changes) await labelRun(run.id, label);
  pokeRuns();
}

async function change(text: string, changes: readonly [Labelled, Label, Label][]): Promise<void> {
  if (!changes.length) return;
  const done = await attempt(() => write(changes.map(([run, after]) => [run, after])));
  if (done) say(text, () => write(changes.map(([run, , before]) => [run, before])));
  else pokeRuns();
}

export function rename(run: RunRow, name: string): Promise<void> {
  if (!name.trim() || name.trim() === run.name) return Promise.resolve();
  return change(`Renamed ${few([run])}`, [[run, { name: name.trim() }, { name: run.name }]]);
}

export function annotate(run: Labelled & { notes: string }, notes: string): Promise<void> {
  return notes === run.notes ? Promise.resolve() : change("Notes kept", [[run, { notes }, { notes: run.notes }]]);
}

/** Gives the tag to all, or takes it away where all have it. */
export function toggleTag(runs: readonly RunRow[], tag: string): Promise<void> {
  const all = runs.every(({ tags }) => tags.includes(tag));
  const affected = runs.filter(({ tags }) => tags.includes(tag) === all);
  return change(
    all ? `Took “${tag}” from ${few(runs)}` : `Tagged ${few(affected)} “${tag}”`,
    affected.map((run) => [run, { tags: all ? run.tags.filter((other) => other !== tag) : [...run.tags, tag] }, { tags: run.tags }]),
  );
}

export function paint(runs: readonly RunRow[], colour: string): Promise<void> {
  return change(`Coloured ${few(runs)}`, runs.map((run) => [run, { colour }, { colour: run.colour }]));
}

/** Into the trash; a run that still trains stays. */
export async function discard(runs: readonly RunRow[]): Promise<void> {
  const ended = runs.filter(({ state }) => state !== "running");
  if (!ended.length) return say("A run that still trains can't be thrown away.", null, true);
  const ids = ended.map(({ id }) => id);
  const gone = new Set(ids);
  amendRuns((all) => all.filter(({ id }) => !gone.has(id)));
  if (await attempt(() => discardRuns(ids))) {
    say(`Moved ${few(ended)} to the trash`, async () => {
      await restoreRuns(ids);
      pokeRuns();
    });
  }
  pokeRuns();
}
