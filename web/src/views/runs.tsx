// All runs of the store: live, sorted, filtered as one types, grouped, and kept in order by hand.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { bundle } from "../api/bundle";
import type { RunRow } from "../api/types";
import { unit } from "../charts/theme";
import { count, format } from "../lib/number";
import { compareAddress, runAddress } from "../lib/route";
import { BUILT_IN, groupRuns, offered, read, runQuery, sortRuns, type Field, type Order } from "../lib/runs";
import { now } from "./clock";
import { chosen as chosenColumns, ColumnChooser, columnsOf, labelOf } from "./columns";
import { Command } from "./copy";
import { discard, paint, rename, toggleTag } from "./edits";
import { Empty } from "./empty";
import { Cell, RunName } from "./run-cells";
import { Rows } from "./rows";
import { listed, listProblem, watchRuns } from "./store";
import { undoLast } from "./toast";
import { TrashPanel } from "./trash";

const query = signal("");
const order = signal<Order>({ column: "created", descending: true });
const grouping = signal<Field>("");
const withTrials = signal(false);
const selected = signal<ReadonlySet<string>>(new Set());
/** The marked run, and how far the list is scrolled: who comes back from a run goes on where they were. */
const marked = signal({ id: "", at: -1 });
const scrolled = { top: 0 };

type Item = { kind: "run"; run: RunRow } | { kind: "group"; value: string; runs: RunRow[] };
/** Values that are better the more there is come first when such a column is sorted. */
const ASCENDS = new Set(["name", "project", "loss", "state", "command"]);

export function RunsPage(): JSX.Element {
  const search = useRef<HTMLInputElement>(null);
  const place = marked.value;
  const [panel, setPanel] = useState<"" | "columns" | "trash" | "keys">("");
  const [naming, setNaming] = useState("");
  useEffect(watchRuns, []);

  const every = listed.value?.runs ?? [];
  const trials = useMemo(() => every.reduce((n, run) => n + Number(isTrial(run)), 0), [every]);
  const all = useMemo(() => (withTrials.value ? every : every.filter((run) => !isTrial(run))), [every, withTrials.value]);
  const asked = useMemo(() => runQuery(query.value), [query.value]);
  const shown = useMemo(() => sortRuns(all.filter(asked.test), order.value, now.peek()), [all, asked, order.value]);
  const fresh = useMemo<Item[]>(() => {
    if (!grouping.value) return shown.map((run) => ({ kind: "run", run }));
    return groupRuns(shown, grouping.value).flatMap(({ value, runs }): Item[] => [{ kind: "group", value, runs }, ...runs.map((run): Item => ({ kind: "run", run }))]);
  }, [shown, grouping.value]);
  const items = useHeld(fresh, every, naming !== "");
  const width = innerWidth / unit.value;
  const columns = useMemo(() => columnsOf(all, width), [all, width, chosenColumns.value]);
  const chosen = useMemo(() => every.filter(({ id }) => selected.value.has(id)), [every, selected.value]);
  // The mark stays on its run when others come above it. Where the run was thrown away the mark
  // stays on its place; where it only fits the filter no longer nothing is marked: keys hit nobody else.
  const found = place.id ? items.findIndex((item) => item.kind === "run" && item.run.id === place.id) : -1;
  const hidden = found < 0 && place.id !== "" && every.some(({ id }) => id === place.id);
  const at = found >= 0 ? found : hidden ? -1 : Math.min(place.at, items.length - 1);
  const setAt = (to: number): void => {
    const item = items[to];
    marked.value = { at: to, id: item?.kind === "run" ? item.run.id : "" };
  };
  const current = items[at]?.kind === "run" ? (items[at] as { run: RunRow }).run : null;
  const readOnly = listed.value?.readOnly ?? true;

  const latest = useRef({ items, at, left: place.at, current, chosen, readOnly, setAt });
  latest.current = { items, at, left: place.at, current, chosen, readOnly, setAt };
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      const element = event.target as HTMLElement;
      if (event.key === "Escape") {
        setPanel("");
        if (element === search.current) search.current.blur();
        else if (!element.matches("input")) selected.value = new Set();
      }
      if (element.matches("input:not([type=checkbox]), select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && element.matches("a, button")) return;
      const act = KEYS[event.key];
      if (!act) return;
      event.preventDefault();
      act({ ...latest.current, setPanel, setNaming, search: search.current });
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);

  if (listProblem.value && !listed.value) return <Empty title="No answer"><p>{listProblem.value}</p></Empty>;
  if (!listed.value) return <p class="hint page-hint">Reading the runs …</p>;
  if (!every.length) return <><NoRuns store={listed.value.store} /><TrashPanel quiet /></>;
  const narrow = (word: string): void => {
    query.value = query.value.includes(word) ? query.value : `${query.value} ${word}`.trim();
  };
  return (
    <div class="runs">
      <div class="runs-head">
        <h1>Runs</h1>
        <span class="search">
          <input
            ref={search} type="search" aria-label="filter runs" value={query.value} aria-invalid={asked.problem !== ""}
            placeholder="Filter: digits  loss<0.3  lr>=1e-3  state:failed  rule:dead-relu  -tag:old"
            onInput={(event) => { query.value = event.currentTarget.value; setAt(-1); }}
            onKeyDown={(event) => event.key === "Escape" && (query.value = "")}
          />
          {asked.problem && <span class="search-problem" role="alert">{asked.problem}</span>}
        </span>
        <span class="muted counted">{shown.length === all.length ? count(all.length) : `${count(shown.length)} of ${count(all.length)}`}</span>
        <label class="muted">group by <GroupBy runs={all} /></label>
        {trials > 0 && <label class="muted"><input type="checkbox" checked={withTrials.value} onChange={(event) => (withTrials.value = event.currentTarget.checked)} /> {count(trials)} trials</label>}
        <button type="button" class="wide-only" aria-expanded={panel === "columns"} onClick={() => setPanel(panel === "columns" ? "" : "columns")}>Columns</button>
        {!bundle && <button type="button" class="quiet" onClick={() => setPanel(panel === "trash" ? "" : "trash")}>Trash</button>}
        <button type="button" class="quiet wide-only" title="Keys (?)" aria-label="keys" onClick={() => setPanel(panel === "keys" ? "" : "keys")}>?</button>
      </div>
      {panel === "columns" && <ColumnChooser runs={all} shown={columns} onClose={() => setPanel("")} />}
      {panel === "trash" && <TrashPanel onClose={() => setPanel("")} />}
      {panel === "keys" && <Keys />}
      {chosen.length > 0 && <Chosen runs={chosen} readOnly={readOnly} onName={setNaming} />}
      {listProblem.value && <p class="problem" role="alert">{listProblem.value}</p>}
      <div class="table" role="table" aria-label="runs" aria-rowcount={shown.length}>
        <div class="row head" role="row" style={rowStyle(columns)}>
          <span role="columnheader" class="c-check">
            <label><input type="checkbox" aria-label="choose all that are shown" checked={shown.length > 0 && shown.every(({ id }) => selected.value.has(id))} onChange={(event) => (selected.value = new Set(event.currentTarget.checked ? shown.map(({ id }) => id) : []))} /></label>
          </span>
          <Head field="name" />
          {columns.map((field) => <Head key={field} field={field} />)}
          <SortBy columns={columns} />
        </div>
        <Rows
          items={items} reveal={at} asked={place} kept={scrolled}
          identify={(item) => (item.kind === "run" ? item.run.id : `/${item.value}`)}
          render={(item) =>
            item.kind === "group"
              ? <GroupRow group={item} columns={columns} />
              : (
                <div class={item.run === current ? "row current" : "row"} role="row" style={rowStyle(columns)}>
                  <span role="cell" class="c-check"><label><input type="checkbox" aria-label={`choose ${item.run.name}`} checked={selected.value.has(item.run.id)} onClick={(event) => pick(item.run.id, event.shiftKey, shown)} /></label></span>
                  <RunName run={item.run} naming={naming === item.run.id} onNamed={(name) => { setNaming(""); if (name !== null) void rename(item.run, name); }} onName={() => !readOnly && setNaming(item.run.id)} onNarrow={narrow} />
                  {columns.map((field) => <Cell key={field} run={item.run} field={field} onNarrow={narrow} />)}
                </div>
              )}
        />
        {!shown.length && <p class="hint">No run fits “{query.value}”. <button type="button" class="quiet" onClick={() => (query.value = "")}>Show all</button></p>}
      </div>
    </div>
  );
}

/** The rows, in the order that they had when something began to be written in one of them. */
function useHeld(items: readonly Item[], every: readonly RunRow[], hold: boolean): readonly Item[] {
  const held = useRef(items);
  if (!hold) {
    held.current = items;
    return items;
  }
  const now = new Map(every.map((run) => [run.id, run]));
  return held.current.map((item) => (item.kind === "run" ? { kind: "run", run: now.get(item.run.id) ?? item.run } : item));
}

/** A trial of another run; a study and a learning-rate test stand for themselves. */
function isTrial({ kind, job_type: job }: RunRow): boolean {
  return kind === "trial" && job !== "study" && job !== "lr";
}

let lastPicked = "";
function pick(id: string, range: boolean, shown: readonly RunRow[]): void {
  const next = new Set(selected.value);
  const from = shown.findIndex((run) => run.id === lastPicked);
  const to = shown.findIndex((run) => run.id === id);
  if (range && from >= 0 && to >= 0) for (const run of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(run.id);
  else if (!next.delete(id)) next.add(id);
  lastPicked = id;
  selected.value = next;
}

interface KeyState {
  items: readonly Item[];
  at: number;
  /** Where the mark was last put. */
  left: number;
  current: RunRow | null;
  chosen: readonly RunRow[];
  readOnly: boolean;
  setAt: (at: number) => void;
  setPanel: (panel: "" | "keys") => void;
  setNaming: (id: string) => void;
  search: HTMLInputElement | null;
}

function step(by: number): (state: KeyState) => void {
  return ({ items, at, left, setAt }) => {
    let next = at >= 0 || left < 0 ? at + by : by > 0 ? left : left - 1;
    while (items[next]?.kind === "group") next += by;
    if (items[next]) setAt(next);
  };
}
const those = ({ chosen, current }: KeyState): readonly RunRow[] => (chosen.length ? chosen : current ? [current] : []);

const KEYS: Record<string, (state: KeyState) => void> = {
  "/": ({ search }) => search?.focus(),
  j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1),
  x: ({ current }) => current && pick(current.id, false, []),
  Enter: ({ current }) => current && (location.hash = runAddress(current.id)),
  c: (state) => those(state).length > 1 && (location.hash = compareAddress(those(state).map(({ id }) => id))),
  r: ({ current, readOnly, setNaming }) => current && !readOnly && setNaming(current.id),
  t: (state) => !state.readOnly && askTag(those(state)),
  Delete: (state) => !state.readOnly && void discard(those(state)).then(() => (selected.value = new Set())),
  u: () => undoLast(),
  "?": ({ setPanel }) => setPanel("keys"),
};
const WORDS: readonly (readonly [string, string])[] = [
  ["/", "filter"], ["j k ↓ ↑", "down, up"], ["x", "choose"], ["Enter", "open"], ["c", "compare the chosen"], ["r", "rename"], ["t", "tag"], ["Delete", "into the trash"], ["u", "undo"], ["Esc", "choose none"],
];

function Keys(): JSX.Element {
  return <dl class="keys">{WORDS.map(([key, word]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{word}</dd></div>)}<div><dt>click</dt><dd>a tag, project or finding narrows the list; a double click on a name renames</dd></div></dl>;
}

function askTag(runs: readonly RunRow[]): void {
  const tag = runs.length ? prompt("Tag (given to all, or taken away where all have it)")?.trim() : "";
  if (tag) void toggleTag(runs, tag);
}

function Chosen({ runs, readOnly, onName }: { runs: readonly RunRow[]; readOnly: boolean; onName: (id: string) => void }): JSX.Element {
  return (
    <div class="chosen" role="toolbar" aria-label="chosen runs">
      <b>{runs.length} chosen</b>
      {runs.length > 1 ? <a class="button primary" href={compareAddress(runs.map(({ id }) => id))}>Compare</a> : <a class="button" href={runAddress(runs[0]!.id)}>Open</a>}
      {!readOnly && runs.length === 1 && <button type="button" onClick={() => onName(runs[0]!.id)}>Rename</button>}
      {!readOnly && <button type="button" onClick={() => askTag(runs)}>Tag</button>}
      {!readOnly && (
        <span class="paints" role="group" aria-label="colour">
          {[0, 1, 2, 3, 4, 5].map((k) => <button key={k} type="button" class="paint" aria-label={`colour ${k + 1}`} onClick={() => void paint(runs, String(k))}><i class={`swatch series-${k + 1}`} /></button>)}
          <button type="button" class="quiet" onClick={() => void paint(runs, "")}>no colour</button>
        </span>
      )}
      {!readOnly && <button type="button" onClick={() => void discard(runs).then(() => (selected.value = new Set()))}>Delete</button>}
      <button type="button" class="quiet none-chosen" aria-label="choose none" onClick={() => (selected.value = new Set())}><span class="wide-only">Choose none</span><span class="narrow-only" aria-hidden="true">×</span></button>
    </div>
  );
}

function GroupBy({ runs }: { runs: readonly RunRow[] }): JSX.Element {
  const fields = useMemo(() => offered(runs).filter(({ field, values }) => field.startsWith("config.") && values > 1 && values < 50), [runs]);
  return (
    <select value={grouping.value} onChange={(event) => (grouping.value = event.currentTarget.value)} aria-label="group by">
      <option value="">nothing</option>
      {["project", "group", "state", "tags", "rule", "command"].map((field) => <option key={field} value={field}>{BUILT_IN[field]?.toLowerCase() ?? "finding"}</option>)}
      {fields.map(({ field, label }) => <option key={field} value={field}>{label}</option>)}
    </select>
  );
}

function GroupRow({ group: { value, runs }, columns }: { group: { value: string; runs: readonly RunRow[] }; columns: readonly Field[] }): JSX.Element {
  return (
    <div class="row group" role="row" style={rowStyle(columns)}>
      <span role="cell" class="c-check"><label><input type="checkbox" aria-label={`choose the group ${value}`} checked={runs.every(({ id }) => selected.value.has(id))} onChange={(event) => {
        const next = new Set(selected.value);
        for (const { id } of runs) if (event.currentTarget.checked) next.add(id); else next.delete(id);
        selected.value = next;
      }} /></label></span>
      <span role="cell" class="c-name"><b>{value}</b> <span class="muted">{runs.length}</span></span>
      {columns.map((field) => {
        const said = summary(runs, field);
        return <span key={field} role="cell" class={`${cellClass(field)} muted`} title={said}>{said}</span>;
      })}
    </div>
  );
}

/** Mean and sample deviation over a group, of what is a number. */
function summary(runs: readonly RunRow[], field: Field): string {
  if (["created", "findings", "state"].includes(field)) return "";
  const values = runs.map((run) => read(run, field)).filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (!values.length || values.length < runs.length / 2) return "";
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
  return spread > 1e-9 * Math.abs(mean) ? `${format(mean, 3)} ± ${format(spread, 2)}` : format(mean, 4);
}

export function cellClass(field: Field): string {
  return field === "findings" ? "c-findings" : ["loss", "steps", "created", "duration"].includes(field) || /^(config|metric)\./.test(field) ? `c-${field.split(".")[0]} num` : `c-${field}`;
}

/** Least width in rem, and share of what is left over. */
const WIDTHS: Record<string, readonly [number, number]> = { name: [12, 1.6], findings: [14, 1.6], command: [10, 1], notes: [8, 1], loss: [5.5, 0], steps: [5, 0], state: [6, 0], project: [6, 0.6], created: [6.5, 0.2], duration: [6.5, 0.2] };
const OTHER: readonly [number, number] = [5, 0.5];
const CHECK = 1.2;

function template(columns: readonly Field[]): string {
  return [`${CHECK}rem`, ...["name", ...columns].map((field) => {
    const [least, share] = WIDTHS[field] ?? OTHER;
    return share ? `minmax(${least}rem, ${share}fr)` : `${least}rem`;
  })].join(" ");
}

/** All rows are equally wide, whatever is in them: their columns stand below each other. */
function rowStyle(columns: readonly Field[]): { gridTemplateColumns: string; minWidth: string } {
  const least = ["name", ...columns].reduce((sum, field) => sum + (WIDTHS[field] ?? OTHER)[0] + 1, CHECK + 2);
  return { gridTemplateColumns: template(columns), minWidth: `${least}rem` };
}

function Head({ field }: { field: Field }): JSX.Element {
  const here = order.value.column === field;
  const sort = here ? (order.value.descending ? "descending" : "ascending") : "none";
  const first = !ASCENDS.has(field);
  return (
    <span role="columnheader" aria-sort={sort} class={field === "name" ? "c-name" : cellClass(field)}>
      <button type="button" class="quiet" title={field === "loss" ? "Mean over the last ten steps" : labelOf(field)} onClick={() => (order.value = { column: field, descending: here ? !order.value.descending : first })}>
        {labelOf(field)}{here && <span aria-hidden="true">{order.value.descending ? " ↓" : " ↑"}</span>}
      </button>
    </span>
  );
}

/** On a phone, where columns have no heads. */
function SortBy({ columns }: { columns: readonly Field[] }): JSX.Element {
  const { column, descending } = order.value;
  const fields = [...new Set(["name", "created", "loss", ...columns, column])];
  return (
    <span class="c-sort" role="columnheader">
      <select aria-label="sort by" value={column} onChange={({ currentTarget: { value } }) => (order.value = { column: value, descending: !ASCENDS.has(value) })}>
        {fields.map((field) => <option key={field} value={field}>{labelOf(field)}</option>)}
      </select>
      <button type="button" class="quiet" aria-label={descending ? "sort upwards" : "sort downwards"} onClick={() => (order.value = { column, descending: !descending })}>{descending ? "↓" : "↑"}</button>
    </span>
  );
}

function NoRuns({ store }: { store: string }): JSX.Element {
  return (
    <Empty title="No run yet">
      <p>Run any PyTorch training script under the probe; it appears here while it trains:</p>
      <p><Command text="backprobe run train.py" /></p>
      <p>Nothing at hand? Four small networks, three of them sick:</p>
      <p><Command text="backprobe demo" /></p>
      <p class="muted">This page shows the runs in <code>{store}</code>. Are yours elsewhere? Set <code>BACKPROBE_DIR</code>.</p>
    </Empty>
  );
}
