// What became of a run, as a dot with a shape of its own and a word.
import type { JSX } from "preact";
import type { Severity, State } from "../api/types";

const WORDS: Record<State, string> = {
  running: "training now",
  finished: "finished",
  failed: "failed: the script ended with an error",
  killed: "killed by a signal",
  crashed: "crashed: its process is gone and nobody closed the run",
};

export function StateDot({ state, word = false }: { state: State; word?: boolean }): JSX.Element {
  return (
    <span class={`state state-${state}`} title={WORDS[state]}>
      <i aria-hidden="true" />
      {word ? <span>{state}</span> : <span class="hidden">{state}</span>}
    </span>
  );
}

const SIGNS: Record<Severity, string> = { error: "▲", warning: "◆", note: "●" };

export function Sign({ severity, count }: { severity: Severity; count?: number }): JSX.Element {
  const word = count === undefined ? severity : `${count} ${severity}${count === 1 ? "" : "s"}`;
  return (
    <span class={`sign sign-${severity}`} title={word}>
      <span aria-hidden="true">{SIGNS[severity]}</span>
      {count !== undefined ? <span aria-hidden="true">{count}</span> : null}
      <span class="hidden">{word}</span>
    </span>
  );
}
