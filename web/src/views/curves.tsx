// Loss and metrics, live.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Window } from "../api/client";
import type { Watched } from "../api/watched";
import { LineChart, type Line, type Mark } from "../charts/line";
import { wantsLog } from "../lib/range";
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
const NONE: readonly Mark[] = [];

export const smoothing = signal(0);

interface Props {
  run: Watched;
  keys: readonly string[];
  marks: readonly Mark[];
  window: Window;
  onWindow: (window: Window) => void;
}

export function Curves({ run, keys, marks, window, onWindow }: Props): JSX.Element {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const [logged, setLogged] = useState<Window>(null);
  const present = new Set(keys);
  const charts = STEP_CHARTS.map((chart) => ({ ...chart, series: chart.series.filter(({ key }) => present.has(key)) })).filter((chart) => chart.series.length);
  const history = keys.filter((key) => key.startsWith("history/"));
  const fitting = history.filter((key) => key.toLowerCase().includes(filter.toLowerCase()));
  const shown = all ? fitting : fitting.slice(0, MANY);
  const stepKeys = charts.flatMap((chart) => chart.series.map(({ key }) => key));
  const steps = useSeries(run, stepKeys, window);
  const history_ = useSeries(run, shown, logged);
  return (
    <Section
      id="curves"
      title="Curves"
      about="over optimizer steps"
      tools={
        <div class="tools">
          <label>
            Smoothing
            <input type="range" min="0" max="0.99" step="0.01" value={smoothing.value} onInput={(event) => (smoothing.value = Number(event.currentTarget.value))} />
            <output>{smoothing.value.toFixed(2)}</output>
          </label>
          {window && <button type="button" onClick={() => onWindow(null)}>Zoom out</button>}
        </div>
      }
    >
      {!charts.length && !history.length && <p class="hint">No step yet. Curves appear with the first one.</p>}
      <div class="charts">
        {charts.map((chart) => (
          <div key={chart.title} class={chart.wide ? "wide" : ""}>
            <Curve chart={chart} tails={steps} marks={marks} window={window} onWindow={onWindow} />
          </div>
        ))}
      </div>
      {history.length > 0 && (
        <>
          <div class="part-head sub">
            <h3>Logged by the script <small>over its own steps</small></h3>
            {history.length > 6 && <input type="search" placeholder="Filter metrics" aria-label="filter metrics" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />}
            {logged && <button type="button" onClick={() => setLogged(null)}>Zoom out</button>}
          </div>
          <div class="charts">
            {shown.map((key) => {
              const name = key.slice("history/".length);
              return <Curve key={key} chart={{ title: name, series: [{ key, label: name }] }} tails={history_} group="logged" marks={NONE} window={logged} onWindow={setLogged} />;
            })}
          </div>
          {fitting.length > shown.length && <button type="button" onClick={() => setAll(true)}>Show all {fitting.length} metrics</button>}
        </>
      )}
    </Section>
  );
}

function Curve({ chart, tails, group = "steps", marks, window, onWindow }: {
  chart: Chart; group?: string; tails: ReadonlyMap<string, Tail>; marks: readonly Mark[]; window: Window; onWindow: (window: Window) => void;
}): JSX.Element {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const own = chart.series.map(({ key }) => tails.get(key));
  const lines = useMemo<Line[]>(
    () => chart.series.map(({ key, label }) => ({ label, ...(tails.get(key) ?? EMPTY) })),
    own,
  );
  const automatic = useMemo(() => wantsLog(lines.flatMap((line) => Array.from(line.y))), [lines]);
  const log = chosen ?? automatic;
  return (
    <LineChart
      title={chart.title}
      lines={lines}
      log={log}
      smoothing={smoothing.value}
      marks={marks}
      window={window}
      onWindow={onWindow}
      group={group}
      height={chart.wide ? 280 : 190}
      tools={<button type="button" class="quiet scale" aria-pressed={log} title="Logarithmic or linear axis" onClick={() => setChosen(!log)}>{log ? "log" : "linear"}</button>}
    />
  );
}
