// What the list says of one run, column by column.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunRow } from "../api/types";
import { ago, count, duration, format } from "../lib/number";
import { runAddress } from "../lib/route";
import { read, type Field } from "../lib/runs";
import { now } from "./clock";
import { cellClass } from "./runs";
import { Sign, StateDot } from "./state";

interface NameProps {
  run: RunRow;
  /** Whether its name is being written. */
  naming: boolean;
  onName: () => void;
  onNamed: (name: string | null) => void;
  onNarrow: (word: string) => void;
}

export function RunName({ run, naming, onName, onNamed, onNarrow }: NameProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const open = useRef(false);
  // Once: an input that is taken away loses the focus too, and would tell its name a second time.
  const end = (name: string | null): void => {
    if (open.current) onNamed(name);
    open.current = false;
  };
  // Before the next key: what is typed at once belongs to the name, not to the page's keys.
  useLayoutEffect(() => {
    open.current = naming;
    if (!naming) return;
    field.current?.focus();
    field.current?.select();
  }, [naming]);
  return (
    <span role="cell" class="c-name">
      <StateDot state={run.state} />
      {/^\d$/.test(run.colour) && <i class={`swatch series-${Number(run.colour) + 1}`} aria-hidden="true" />}
      {naming
        ? <input ref={field} class="rename" aria-label="new name" defaultValue={run.name} onBlur={(event) => end(event.currentTarget.value)} onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
            if (event.key === "Escape") end(null);
          }} />
        : <a class="name" href={runAddress(run.id)} title={run.notes || run.name} onDblClick={(event) => { event.preventDefault(); onName(); }}>{run.name}</a>}
      {run.kind === "trial" && <span class="tag">{{ study: "study", lr: "learning-rate test" }[run.job_type] ?? "trial"}</span>}
      {run.tags.map((tag) => <button key={tag} type="button" class="tag" title={`Only runs tagged ${tag}`} onClick={() => onNarrow(`tag:${quoted(tag)}`)}>{tag}</button>)}
    </span>
  );
}

export function Cell({ run, field, onNarrow }: { run: RunRow; field: Field; onNarrow: (word: string) => void }): JSX.Element {
  const name = cellClass(field);
  switch (field) {
    case "findings": return <span role="cell" class={name}>{run.summary === null ? <span class="muted">…</span> : <Found run={run} onNarrow={onNarrow} />}</span>;
    case "state": case "project": case "group": {
      const value = run[field];
      return <span role="cell" class={name}>{value && <button type="button" class="cell-link" onClick={() => onNarrow(`${field}:${quoted(value)}`)}>{value}</button>}</span>;
    }
    case "steps": return <span role="cell" class={name}>{run.summary && (run.summary.steps || !["lr", "study"].includes(run.job_type)) ? count(run.summary.steps) : "–"}</span>;
    case "created": return <span role="cell" class={name} title={new Date(run.created * 1000).toLocaleString()}>{ago(run.created, now.value)}</span>;
    case "duration": {
      // Nobody knows when a crashed run stopped.
      const took = run.job_type === "study" ? null : read(run, field, now.value); // its trials took it
      return <span role="cell" class={name}>{typeof took === "number" ? duration(took) : "–"}</span>;
    }
  }
  const value = read(run, field);
  const text = typeof value === "number" ? format(value) : typeof value === "boolean" ? (value ? "yes" : "no") : Array.isArray(value) ? value.join(", ") : String(value ?? "–");
  return <span role="cell" class={name} title={typeof value === "string" ? value : ""}>{text}</span>;
}

function Found({ run: { summary, state, job_type: job, answer }, onNarrow }: { run: RunRow; onNarrow: (word: string) => void }): JSX.Element {
  if (!summary) return <></>;
  const { errors, warnings, notes, top, steps, error } = summary;
  if (error) return <span class="muted" title={error}>could not be diagnosed</span>;
  // A test of rates and a study train in trials of their own: what they answered is what counts.
  if (!steps && !errors && !warnings && (job === "study" || job === "lr")) return <span class="muted" title={answer}>{answer || (state === "running" ? "under way" : "no answer kept")}</span>;
  if (!steps && !errors && !warnings) return <span class="muted">{state === "running" ? "no step yet" : "no step seen"}</span>;
  if (!errors && !warnings) {
    return <span class="muted">{notes ? <><Sign severity="note" count={notes} /> {notes === 1 ? "note" : "notes"}</> : state === "running" ? "nothing so far" : "nothing wrong seen"}</span>;
  }
  return (
    <>
      {errors > 0 && <Sign severity="error" count={errors} />}
      {warnings > 0 && <Sign severity="warning" count={warnings} />}
      <button type="button" class="cell-link rule" title={summary.rules.join(", ")} onClick={() => onNarrow(`rule:${top}`)}>{top}</button>
    </>
  );
}

function quoted(text: string): string {
  return /[\s()]/.test(text) ? `"${text}"` : text;
}
