// Runs beside each other: curves laid over, what they were given, where two of them part.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getData, getRun } from "../api/client";
import type { Curve, RunDetail, RunRow } from "../api/types";
import { DASHES, LineChart, type Line, type Window } from "../charts/line";
import { band } from "../lib/band";
import { differences } from "../lib/diff";
import { fed } from "../lib/fed";
import { flatten } from "../lib/flatten";
import { format } from "../lib/number";
import { wantsLog } from "../lib/range";
import { runAddress } from "../lib/route";
import { groupRuns, offered, read } from "../lib/runs";
import { sections } from "../lib/sections";
import { clip, LineTools, logX, smoothing } from "./curves";
import { Empty, Section } from "./empty";
import { show } from "./evidence";
import { HeatPair } from "./heat-pair";
import { Parting } from "./parting";
import { Sign, StateDot } from "./state";
import { listed, watchRuns } from "./store";
import { TextDiff } from "./text-diff";
import { useOverlay } from "./use-overlay";

const MANY_DETAILS = 8;
const axis = signal("step");
const grouping = signal("");

export function ComparePage({ ids }: { ids: readonly string[] }): JSX.Element {
  useEffect(watchRuns, []);
  const runs = useMemo(() => {
    const known = new Map((listed.value?.runs ?? []).map((run) => [run.id, run]));
    return ids.flatMap((id) => known.get(id) ?? []);
  }, [listed.value, ids.join()]);
  const details = useDetails(ids.slice(0, MANY_DETAILS), runs.filter(({ state }) => state === "running").length);
  if (listed.value && !runs.length) return <Empty title="None of these runs is here"><p><a href="#/">All runs</a></p></Empty>;
  if (!listed.value) return <p class="hint page-hint">Reading the runs …</p>;
  const pair = runs.length === 2 ? ([runs[0]!, runs[1]!] as const) : null;
  return (
    <div class="run compare">
      <Legend runs={runs} missing={ids.length - runs.length} />
      <div class="pictures">
        <Overlay runs={runs} details={details} />
        {pair && <Parting a={pair[0]} b={pair[1]} />}
        {pair && <HeatPair a={pair[0]} b={pair[1]} details={details} />}
      </div>
      <Given runs={runs} details={details} />
      {pair && <TextDiff a={pair[0]} b={pair[1]} details={details} />}
    </div>
  );
}

/** What each was fed, as rows of a table. */
function useFed(ids: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const [found, setFound] = useState<ReadonlyMap<string, ReadonlyMap<string, unknown>>>(new Map());
  useEffect(() => {
    let stale = false;
    for (const id of ids) getData(id).then((data) => { if (!stale) setFound((old) => new Map(old).set(id, fed(data))); }, () => undefined);
    return () => { stale = true; };
  }, [ids.join()]);
  return found;
}

function useDetails(ids: readonly string[], live: number): ReadonlyMap<string, RunDetail> {
  const [found, setFound] = useState<ReadonlyMap<string, RunDetail>>(new Map());
  useEffect(() => {
    let stale = false;
    for (const id of ids) getRun(id).then((detail) => { if (!stale) setFound((old) => new Map(old).set(id, detail)); }, () => undefined);
    return () => { stale = true; };
  }, [ids.join(), live]);
  return found;
}

/** A run's number in the palette: its own colour where it was given one. */
function colourOf(run: RunRow, place: number): number {
  return /^\d$/.test(run.colour) ? Number(run.colour) : place % 6;
}

const lit = signal<string | null>(null);

function Legend({ runs, missing }: { runs: readonly RunRow[]; missing: number }): JSX.Element {
  return (
    <div class="run-head">
      <div class="run-title"><h1>{runs.length} runs</h1>{missing > 0 && <span class="muted">{missing} more are not in this store</span>}</div>
      <ul class="legend">
        {runs.slice(0, 60).map((run, k) => (
          <li key={run.id} class={lit.value === run.id ? "lit" : ""} onPointerEnter={() => (lit.value = run.id)} onPointerLeave={() => (lit.value = null)}>
            <i class={`swatch series-${colourOf(run, k) + 1}`} />
            <StateDot state={run.state} />
            <a href={runAddress(run.id)}>{run.name}</a>
            {run.summary && run.summary.errors > 0 && <Sign severity="error" count={run.summary.errors} />}
            {run.summary && run.summary.warnings > 0 && <Sign severity="warning" count={run.summary.warnings} />}
          </li>
        ))}
        {runs.length > 60 && <li class="muted">and {runs.length - 60} more</li>}
      </ul>
    </div>
  );
}

const FIXED: readonly (readonly [string, string])[] = [["step/loss", "Training loss"], ["evaluation/loss", "Loss in evaluation"], ["evaluation/accuracy", "Accuracy in evaluation"], ["step/grad_norm", "Gradient norm"], ["step/lr", "Learning rate"]];
const MOST_KEYS = 16;

function Overlay({ runs, details }: { runs: readonly RunRow[]; details: ReadonlyMap<string, RunDetail> }): JSX.Element {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const [window, setWindow] = useState<Window>(null);
  // Metrics are known from the list; step series from the runs that were opened.
  const keys = useMemo(() => {
    const present = new Set([...details.values()].flatMap((detail) => detail.keys));
    const logged = new Set([...runs.flatMap((run) => Object.keys(run.metrics).map((key) => `history/${key}`)), ...[...present].filter((key) => key.startsWith("history/"))]);
    const fixed = FIXED.map(([key]) => key).filter((key) => present.has(key) || key === "step/loss");
    return [...fixed, ...sections([...logged].sort()).flatMap(({ keys: members }) => members)].filter((key) => key.toLowerCase().includes(filter.toLowerCase()));
  }, [runs, details, filter]);
  const shown = all ? keys : keys.slice(0, MOST_KEYS);
  const fields = useMemo(() => offered(runs).filter(({ field, values, runs: count }) => field.startsWith("config.") && values > 1 && values < count), [runs]);
  const groups = grouping.value;
  useEffect(() => setWindow(null), [axis.value]);
  // All charts in one request: the server then reads each run once.
  const ids = useMemo(() => runs.map(({ id }) => id), [runs.map(({ id }) => id).join()]);
  const points = runs.length > 40 ? 240 : runs.length > 8 ? 500 : 1200;
  const { curves, whole } = useOverlay(ids, shown, { x: axis.value, points, reduce: groups ? "mean" : "extremes", window });
  const byKey = useMemo(() => {
    const found = new Map<string, Curve[]>();
    for (const curve of curves) found.set(curve.key, [...(found.get(curve.key) ?? []), curve]);
    return found;
  }, [curves]);
  return (
    <Section
      id="overlay" title="Curves"
      tools={
        <div class="tools">
          <LineTools />
          <label>over <select value={axis.value} onChange={(event) => (axis.value = event.currentTarget.value)}><option value="step">steps</option><option value="time">time</option>{keys.filter((key) => key.startsWith("history/")).map((key) => <option key={key} value={key}>{key.slice(8)}</option>)}</select></label>
          <label title="One line a group: the mean, and a band of one standard deviation">mean over <select value={groups} onChange={(event) => (grouping.value = event.currentTarget.value)}>
            <option value="">each run alone</option><option value="*">all of them</option>
            {["name", "group", "project", "tags", "command"].filter((field) => new Set(runs.map((run) => String(read(run, field)))).size < runs.length).map((field) => <option key={field} value={field}>equal {field}</option>)}
            {fields.map(({ field, label }) => <option key={field} value={field}>equal {label}</option>)}
          </select></label>
          {window && <button type="button" onClick={() => setWindow(null)}>Zoom out</button>}
          {keys.length > 6 || filter ? <input type="search" placeholder="Filter curves" aria-label="filter curves" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} /> : null}
        </div>
      }
    >
      <div class="charts">
        {shown.map((key, k) => <OverlayChart key={key} runs={runs} of={key} curves={byKey.get(key) ?? NONE} whole={whole} wide={k === 0} window={window} onWindow={setWindow} />)}
      </div>
      {!keys.length && <p class="hint">No curve fits.</p>}
      {keys.length > shown.length && <button type="button" onClick={() => setAll(true)}>Show all {keys.length} curves</button>}
    </Section>
  );
}

const NONE: readonly Curve[] = [];

function OverlayChart({ runs, of, curves, whole, wide, window, onWindow }: {
  runs: readonly RunRow[]; of: string; curves: readonly Curve[]; whole: boolean; wide: boolean; window: Window; onWindow: (window: Window) => void;
}): JSX.Element | null {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const by = grouping.value;
  const labels = useMemo(() => {
    const names = runs.map(({ name }) => name);
    return new Map(runs.map(({ id, name }) => [id, names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} · ${id}`]));
  }, [runs]);
  const lines = useMemo<Line[]>(() => {
    const known = new Map(curves.filter(({ x }) => x.length).map((curve) => [curve.run, curve]));
    if (!by) {
      return runs.flatMap((run, k) => {
        const curve = known.get(run.id);
        const dash = DASHES[Math.floor(k / 6) % DASHES.length]!;
        return curve ? [{ label: labels.get(run.id)!, x: curve.x, y: curve.y, colour: colourOf(run, k), ...(dash.length ? { dash } : {}) }] : [];
      });
    }
    const groups = by === "*" ? [{ value: "all", runs: [...runs] }] : groupRuns(runs, by);
    return groups.flatMap(({ value, runs: members }, k) => {
      const own = members.flatMap((run) => known.get(run.id) ?? []);
      if (!own.length) return [];
      const { x, mean, low, high } = band(own);
      return [{ label: `${value} (${own.length})`, x, y: mean, colour: k % 6, ...(own.length > 1 ? { low, high } : {}) }];
    });
  }, [curves, runs, by, labels]);
  const automatic = useMemo(() => lines.slice(0, 40).some(({ y }) => wantsLog(Array.from(y))), [lines]);
  if (!lines.length && whole) return null;
  const log = chosen ?? automatic;
  const title = FIXED.find(([key]) => key === of)?.[1] ?? of.replace(/^history\//, "");
  const highlight = lit.value === null || by ? null : (labels.get(lit.value) ?? null);
  return (
    <div class={wide ? "wide" : ""}><LineChart
      title={title} lines={lines} log={log} logX={logX.value} clip={clip.value} smoothing={smoothing.value} window={window} onWindow={onWindow}
      group={`compare ${axis.value} ${of.startsWith("history/") ? "logged" : "steps"}`} axis={axis.value.startsWith("history/") ? axis.value.slice(8) : axis.value} height={wide ? 320 : 210} highlight={highlight}
      tools={<button type="button" class="quiet scale" aria-pressed={log} onClick={() => setChosen(!log)}>{log ? "log" : "linear"}</button>}
    /></div>
  );
}

/** Settings, environment and results side by side, what differs first. */
function Given({ runs, details }: { runs: readonly RunRow[]; details: ReadonlyMap<string, RunDetail> }): JSX.Element {
  const [same, setSame] = useState(false);
  const shown = runs.slice(0, 24);
  const data = useFed(shown.length <= MANY_DETAILS ? shown.map(({ id }) => id) : []);
  const parts = useMemo(() => {
    const environment = (run: RunRow): Map<string, unknown> => {
      const { script, git, packages, ...plain } = details.get(run.id)?.environment ?? {};
      const facts = typeof git === "object" && git !== null && !Array.isArray(git) ? git : {};
      void script;
      return new Map(flatten({ ...plain, git: { commit: facts["commit"] ?? null, branch: facts["branch"] ?? null, dirty: facts["dirty"] ?? null }, packages: packages ?? {} }));
    };
    return [
      ["Config", differences(shown.map((run) => new Map<string, unknown>([["command", run.command], ...Object.entries(run.config)])))],
      ["Results", differences(shown.map((run) => new Map<string, unknown>([["last loss", run.summary?.loss ?? null], ["steps", run.summary?.steps ?? null], ["findings", run.summary?.rules.join(", ") ?? null], ...Object.entries(run.metrics)])))],
      ...(shown.length <= MANY_DETAILS ? [["Data", differences(shown.map(({ id }) => data.get(id) ?? new Map<string, unknown>()))] as const, ["Environment", differences(shown.map(environment))] as const] : []),
    ] as const;
  }, [runs, details, data]);
  return (
    <Section id="given" title="What they were given, and what came out" tools={<label class="muted"><input type="checkbox" checked={same} onChange={(event) => setSame(event.currentTarget.checked)} /> show what is equal</label>}>
      {parts.map(([title, rows]) => {
        const kept = rows.filter((row) => same || !row.same);
        return (
          <div key={title} class="scroll">
            <table class="sides" style={{ minWidth: `${7 + 6.5 * shown.length}rem` }}>
              <thead><tr><th>{title}</th>{shown.map((run) => <th key={run.id}>{run.name}</th>)}</tr></thead>
              <tbody>
                {kept.map(({ key, values, same: equal }) => (
                  <tr key={key} class={equal ? "muted" : ""}><td>{key}</td>{values.map((value, k) => <td key={k} title={typeof value === "string" && value.length > 40 ? value : ""}>{value === undefined ? "–" : typeof value === "number" ? format(value) : show(value as never)}</td>)}</tr>
                ))}
                {!kept.length && <tr><td class="muted" colSpan={shown.length + 1}>{rows.length ? `${rows.length} values, all equal` : "nothing"}</td></tr>}
              </tbody>
            </table>
          </div>
        );
      })}
      {runs.length > shown.length && <p class="hint">The first {shown.length} of {runs.length} runs.</p>}
    </Section>
  );
}
