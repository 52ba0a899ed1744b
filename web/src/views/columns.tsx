// Which columns the list of runs has: chosen once, kept by the browser.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { RunRow } from "../api/types";
import { BUILT_IN, offered, type Field } from "../lib/runs";

const KEY = "backprobe-columns";
export const DEFAULT: readonly Field[] = ["findings", "loss", "steps", "project", "created", "duration"];
/** So many settings that differ are shown without being asked for. */
const UNASKED = 3;

/** What the user chose; null: the default, with a few settings that differ. */
export const chosen = signal<readonly Field[] | null>(kept());

function kept(): readonly Field[] | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(found) && found.every((one) => typeof one === "string") ? found : null;
  } catch {
    return null;
  }
}

export function choose(fields: readonly Field[] | null): void {
  chosen.value = fields;
  try {
    if (fields) localStorage.setItem(KEY, JSON.stringify(fields));
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing shows the default anew.
  }
}

/** From so many pixels on there is room for all that is shown unasked; below another number for the most important. */
const WIDE = 1100, NARROW = 900;

/** The columns after the name, in a window of that width. */
export function columnsOf(runs: readonly RunRow[], width: number): readonly Field[] {
  if (chosen.value) return chosen.value;
  const wide = width > WIDE;
  const differ = offered(runs).filter(({ field, values, runs: count }) => field.startsWith("config.") && values > 1 && count > 1).slice(0, wide ? UNASKED : 0);
  const projects = new Set(runs.map(({ project }) => project));
  const plain = DEFAULT.filter((field) => (field !== "project" || projects.size > 1) && (width > NARROW || !["project", "duration"].includes(field)));
  return [...plain.slice(0, 3), ...differ.map(({ field }) => field), ...plain.slice(3)];
}

export function labelOf(field: Field): string {
  return BUILT_IN[field] ?? field.replace(/^(config|metric)\./, "");
}

export function ColumnChooser({ runs, shown, onClose }: { runs: readonly RunRow[]; shown: readonly Field[]; onClose: () => void }): JSX.Element {
  const [filter, setFilter] = useState("");
  const all = useMemo(() => offered(runs), [runs]);
  const wanted = filter.toLowerCase();
  const toggle = (field: Field): void => choose(shown.includes(field) ? shown.filter((other) => other !== field) : [...shown, field]);
  const part = (title: string, fields: readonly { field: Field; label: string; note: string }[]): JSX.Element | null => {
    const fitting = fields.filter(({ label }) => label.toLowerCase().includes(wanted));
    if (!fitting.length) return null;
    return (
      <fieldset>
        <legend>{title}</legend>
        {fitting.slice(0, 200).map(({ field, label, note }) => (
          <label key={field}><input type="checkbox" checked={shown.includes(field)} onChange={() => toggle(field)} /> <span>{label}</span> <small>{note}</small></label>
        ))}
      </fieldset>
    );
  };
  const of = (kind: string): { field: Field; label: string; note: string }[] =>
    all.filter(({ field }) => field.startsWith(kind)).map(({ field, label, values, runs: count }) => ({ field, label, note: values > 1 ? `${values >= 50 ? "50+" : values} values` : `the same in ${count}` }));
  return (
    <div class="chooser" role="dialog" aria-label="columns">
      <div class="part-head">
        <input type="search" placeholder="Find a column" aria-label="find a column" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        <button type="button" onClick={() => choose(null)}>Default</button>
        <button type="button" onClick={onClose}>Done</button>
      </div>
      <div class="chooser-parts">
        {part("Run", Object.entries(BUILT_IN).filter(([field]) => field !== "name").map(([field, label]) => ({ field, label, note: "" })))}
        {part("Settings", of("config."))}
        {part("Metrics, last value", of("metric."))}
      </div>
    </div>
  );
}
