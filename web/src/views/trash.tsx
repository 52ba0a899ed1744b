// What was thrown away and can still be had back.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { emptyTrash, getTrash, restoreRuns } from "../api/client";
import type { Trash } from "../api/types";
import { ago } from "../lib/number";
import { now } from "./clock";
import { listed, pokeRuns } from "./store";
import { attempt, say } from "./toast";

export function TrashPanel({ onClose, quiet = false }: { onClose?: () => void; quiet?: boolean }): JSX.Element | null {
  const [trash, setTrash] = useState<Trash | null>(null);
  const look = (): void => void attempt(async () => setTrash(await getTrash()));
  useEffect(look, []);
  const runs = trash?.runs ?? [];
  if (quiet && !runs.length) return null;
  const readOnly = listed.value?.readOnly ?? true;
  const restore = (ids: readonly string[]): void => void attempt(() => restoreRuns(ids)).then(() => { look(); pokeRuns(); });
  const empty = (): void => {
    if (!confirm(`Remove ${runs.length} runs for good?`)) return;
    void attempt(emptyTrash).then((done) => { if (done) say("The trash is empty."); look(); });
  };
  return (
    <div class="chooser" role="dialog" aria-label="trash">
      <div class="part-head">
        <h3>Trash</h3>
        {runs.length > 0 && !readOnly && <button type="button" onClick={() => restore(runs.map(({ id }) => id))}>Restore all</button>}
        {runs.length > 0 && !readOnly && <button type="button" onClick={empty}>Empty it</button>}
        {onClose && <button type="button" onClick={onClose}>Done</button>}
      </div>
      {trash && !runs.length && <p class="hint">Nothing in it. What you delete waits here until you empty it.</p>}
      <ul class="trash">
        {runs.slice(0, 200).map((run) => (
          <li key={run.id}><span>{run.name}</span> <small>{ago(run.created, now.value)}</small> {!readOnly && <button type="button" class="quiet" onClick={() => restore([run.id])}>Restore</button>}</li>
        ))}
      </ul>
    </div>
  );
}
