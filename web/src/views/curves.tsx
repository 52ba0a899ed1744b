// Loss and metrics, live.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Findings } from "../api/types";
import type { Watched } from "../api/watched";
import { LineChart, type Line, type Mark, type Window } from "../charts/line";
import { wantsLog } from "../lib/range";
import { sections } from "../lib/sections";
import { EMPTY, type Tail } from "../lib/tail";
import { Section } from "./empty";
import { useSeries } from "./use-series";

interface Chart {
  title: string;
  series: { key: string; label: string }[];
  /** Loss and the like have a page-wide place. */
  wide?: boolean;
}

const STEP_CHARTS: readonly Chart[] = [
  { title: "Loss", wide: true, series: [{ key: "step/loss", label: "training, each step" }, { key: "evaluation/loss", label: "evaluation" }] },
  { title: "Accuracy", series: [{ key: "evaluation/accuracy", label: "evaluation" }] },
  { title: "Gradient norm", series: [{ key: "step/grad_norm", label: "as the optimizer saw it" }, { key: "step/clip_norm", label: "before clipping" }] },
  { title: "Learning rate", series: [{ key: "step/lr", label: "first group" }] },
  { title: "Loss scale", series: [{ key: "step/scale", label: "GradScaler" }] },
  { title: "Seconds a step", series: [{ key: "step/seconds", label: "wall clock" }] },
];
const MANY = 24;
/** So many metrics need no sections. */
const FEW = 9;

/** What holds for all charts of lines, on every page. */
export const smoothing = signal(0);
export const clip = signal(false);
export const logX = signal(false);

interface Props {
  run: Watched;
  keys: readonly string[];
  marks: readonly Mark[];
  findings: Findings | null;
  window: Window;
  onWindow: (window: Window) => void;
}

export function Curves({ run, keys, marks, findings, window, onWindow }: Props): JSX.Element {
  const [filter, setFilter] = useState("");
  const [axis, setAxis] = useState("step");
  const [logged, setLogged] = useState<Window>(null);
  const [timed, setTimed] = useState<Window>(null);
  const present = new Set(keys);
  const wanted = filter.toLowerCase();
  const charts = STEP_CHARTS
    .map((chart) => ({ ...chart, series: chart.series.filter(({ key }) => present.has(key)) }))
    .filter((chart) => chart.series.length && (!wanted || chart.title.toLowerCase().includes(wanted)));
  const history = keys.filter((key) => key.startsWith("history/"));
  const parts = sections(history.filter((key) => key.toLowerCase().includes(wanted)), FEW);
  const clocked = useMemo(() => placed(marks, findings), [marks, findings]);
  useEffect(() => setTimed(null), [axis]);
  const stepWindow = axis === "step" ? window : timed;
  const stepKeys = charts.flatMap((chart) => chart.series.map(({ key }) => key));
  const steps = useSeries(run, stepKeys, stepWindow, axis);
  const zoomed = axis === "step" ? window ?? logged : timed;
  return (
    <Section
      id="curves"
      title="Curves"
      tools={
        <div class="tools">
          <LineTools />
          <label>
            over
            <select value={axis} onChange={(event) => setAxis(event.currentTarget.value)}>
              <option value="step">steps</option>
              <option value="time">time</option>
              {history.length > 0 && (
                <optgroup label="a metric">{history.map((key) => <option key={key} value={key}>{key.slice(8)}</option>)}</optgroup>
              )}
            </select>
          </label>
          {zoomed && <button type="button" onClick={() => { onWindow(null); setLogged(null); setTimed(null); }}>Zoom out</button>}
          {history.length + charts.length > 4 && <input type="search" placeholder="Filter curves" aria-label="filter metrics" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />}
        </div>
      }
    >
      {!charts.length && !history.length && <p class="hint">{filter ? `No curve fits “${filter}”.` : run.detail.value?.run.state === "running" ? "No step yet. Curves appear with the first one." : "The script took no step and logged nothing."}</p>}
      <div class="charts">
        {charts.map((chart) => (
          <div key={chart.title} class={chart.wide ? "wide" : ""}>
            <Curve chart={chart} tails={steps} axis={axis} group={axis} marks={clocked(axis, "step")} window={stepWindow} onWindow={axis === "step" ? onWindow : setTimed} />
          </div>
        ))}
      </div>
      {parts.map(({ prefix, keys: members }) => (
        <Logged
          key={prefix} run={run} prefix={prefix} keys={members} open={parts.length <= 3 || wanted !== ""} axis={axis} marks={clocked(axis, "history")}
          window={axis === "step" ? logged : timed} onWindow={axis === "step" ? setLogged : setTimed}
        />
      ))}
    </Section>
  );
}

/** What the script logged under one prefix; fetched only while it is open. */
function Logged({ run, prefix, keys, open: first, axis, marks, window, onWindow }: {
  run: Watched; prefix: string; keys: readonly string[]; open: boolean; axis: string; marks: readonly Mark[]; window: Window; onWindow: (window: Window) => void;
}): JSX.Element {
  const [chosen, setOpen] = useState<boolean | null>(null);
  const [all, setAll] = useState(false);
  const open = chosen ?? first;
  const shown = open ? (all ? keys : keys.slice(0, MANY)) : [];
  const tails = useSeries(run, shown, window, axis);
  return (
    <div class="logged">
      <button type="button" class="quiet logged-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {prefix || "Logged by the script"} <small>{keys.length} {keys.length === 1 ? "metric" : "metrics"}{axis === "step" ? ", over the script's own steps" : ""}</small>
      </button>
      {open && (
        <div class="charts">
          {shown.map((key) => {
            const name = key.slice("history/".length);
            const title = prefix ? name.slice(prefix.length + 1) : name;
            return <Curve key={key} chart={{ title, series: [{ key, label: name }] }} tails={tails} axis={axis} group={axis === "step" ? "logged" : axis} marks={marks} window={window} onWindow={onWindow} />;
          })}
        </div>
      )}
      {open && keys.length > shown.length && <button type="button" onClick={() => setAll(true)}>Show all {keys.length} metrics</button>}
    </div>
  );
}

/** Smoothing, outliers, the scale of x: the same for all charts. */
export function LineTools(): JSX.Element {
  return (
    <>
      <label title="An average that never looks ahead">
        Smoothing
        <input type="range" min="0" max="0.99" step="0.01" value={smoothing.value} onInput={(event) => (smoothing.value = Number(event.currentTarget.value))} />
        <output>{smoothing.value.toFixed(2)}</output>
      </label>
      <label title="The axis spans the inner 99 % of the values; how many lie beyond is said below"><input type="checkbox" checked={clip.value} onChange={(event) => (clip.value = event.currentTarget.checked)} /> ignore outliers</label>
      <label><input type="checkbox" checked={logX.value} onChange={(event) => (logX.value = event.currentTarget.checked)} /> log x</label>
    </>
  );
}

/** Marks as they lie on an axis, for charts of the optimizer's steps or of the script's. */
function placed(marks: readonly Mark[], findings: Findings | null): (axis: string, clock: "step" | "history") => readonly Mark[] {
  const clock = new Map((findings?.clock ?? []).map((one) => [one.step, one]));
  const moved = (at: (step: number) => number | null | undefined): readonly Mark[] =>
    marks.flatMap((mark) => {
      const place = at(mark.step);
      return place === null || place === undefined ? [] : [{ ...mark, step: place }];
    });
  const time = moved((step) => clock.get(step)?.time);
  const history = moved((step) => clock.get(step)?.history);
  return (axis, of) => (axis === "step" ? (of === "step" ? marks : history) : axis === "time" ? time : []);
}

function Curve({ chart, tails, axis, group, marks, window, onWindow }: {
  chart: Chart; axis: string; group: string; tails: ReadonlyMap<string, Tail>; marks: readonly Mark[]; window: Window; onWindow: (window: Window) => void;
}): JSX.Element {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const own = chart.series.map(({ key }) => tails.get(key));
  const lines = useMemo<Line[]>(
    () => chart.series.map(({ key, label }, k) => ({ label, colour: k, ...(tails.get(key) ?? EMPTY) })),
    own,
  );
  const automatic = useMemo(() => lines.some(({ y }) => wantsLog(Array.from(y))), [lines]);
  const log = chosen ?? automatic;
  return (
    <LineChart
      title={chart.title}
      lines={lines}
      log={log}
      logX={logX.value}
      clip={clip.value}
      smoothing={smoothing.value}
      marks={marks}
      window={window}
      onWindow={onWindow}
      group={group}
      axis={axis.startsWith("history/") ? axis.slice(8) : axis}
      height={chart.wide ? 280 : 190}
      tools={<button type="button" class="quiet scale" aria-pressed={log} title="Logarithmic or linear axis" onClick={() => setChosen(!log)}>{log ? "log" : "linear"}</button>}
    />
  );
}
