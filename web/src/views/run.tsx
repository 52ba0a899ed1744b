// One run: findings first, then curves, the inside of the network, trials, graph, data, details.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Watched } from "../api/watched";
import type { Window } from "../charts/line";
import type { Mark } from "../charts/marks";
import { arms } from "../lib/proof";
import { crumb } from "./crumb";
import { Curves } from "./curves";
import { DataPart } from "./data";
import { Details } from "./details";
import { Empty } from "./empty";
import { Findings } from "./findings";
import { Graph } from "./graph";
import { RunHeader } from "./header";
import { tensorOf, type Tensor } from "./layer";
import { MediaPart } from "./media";
import { Near } from "./near";
import { Network } from "./network";
import { Structure } from "./structure";
import { TrialNote, Trials, useTrials } from "./trials";

const PARTS: readonly (readonly [string, string])[] = [
  ["findings", "Findings"], ["curves", "Curves"], ["network", "Network"], ["trials", "Trials"], ["graph", "Graph"], ["structure", "Structure"], ["data", "Data"], ["media", "Media"], ["details", "Reproduce"],
];

export function RunPage({ id }: { id: string }): JSX.Element {
  const [run] = useState(() => new Watched(id));
  useEffect(() => () => {
    run.stop();
    crumb.value = "";
  }, [run]);
  const [window, setWindow] = useState<Window>(null);
  const [tensor, setTensor] = useState<Tensor | null>(null);
  const [step, setStep] = useState<number | null>(null);
  const openPlace = (name: string): void => {
    const found = run.structure.value && tensorOf(run.structure.value, name);
    if (found) setTensor(found);
  };
  const trials = useTrials(id);
  const proven = useMemo(() => (trials ? arms(trials.answers, trials.trials) : []), [trials]);
  const detail = run.detail.value;
  const findings = run.findings.value;
  useEffect(() => {
    if (detail) crumb.value = detail.run.name;
  }, [detail?.run.name]);
  // The first step of each loud finding; several at one step are one mark.
  const marks = useMemo<Mark[]>(() => {
    const at = new Map<number, Mark>();
    for (const { rule, severity, steps } of findings?.findings ?? []) {
      if (severity === "note") continue;
      const known = at.get(steps[0]);
      if (known) known.label += `, ${rule}`;
      else at.set(steps[0], { step: steps[0], label: rule, severity });
    }
    return [...at.values()];
  }, [findings]);
  const places = useMemo(
    () => (findings?.findings ?? []).filter(({ severity }) => severity !== "note").flatMap(({ where }) => where),
    [findings],
  );
  const error = run.error.value;
  if (!detail) {
    return error ? <Empty title="This run can't be shown"><p>{error}</p><p><a href="#/">All runs</a></p></Empty> : <p class="hint page-hint">Reading the record …</p>;
  }
  const studied = ["study", "lr"].includes(detail.run.job_type) && !detail.steps;
  const settled = detail.run.state !== "running";
  // Of a script that trained nothing there is nothing to show but what it logged.
  const bare = studied || (settled && !detail.quantities.length && run.structure.value?.modules.length === 0);
  return (
    <div class="run">
      <RunHeader detail={detail} />
      <TrialNote id={id} data={trials} />
      {error && <p class="problem" role="alert">{error}</p>}
      <Parts />
      {!studied && <Findings run={run} detail={detail} findings={findings} proven={proven} onPlace={openPlace} />}
      <div class="pictures">
        {studied && <Trials detail={detail} data={trials} />}
        {!studied && <Curves run={run} keys={detail.keys} marks={marks} findings={findings} window={window} onWindow={setWindow} />}
        {!bare && <Network run={run} quantities={detail.quantities} marks={marks} places={places} window={window} tensor={tensor} onTensor={setTensor} step={step} onStep={setStep} until={detail.last_step ?? undefined} />}
        {!studied && <Trials detail={detail} data={trials} />}
        {!bare && <Near id="graph">{() => <Graph run={run} quantities={detail.quantities} places={places} step={step} onTensor={setTensor} />}</Near>}
        {!bare && <Structure data={run.structure.value} />}
        {!studied && <Near id="data">{() => <DataPart run={run} settled={settled} />}</Near>}
        <MediaPart run={run} />
      </div>
      <Details run={run} detail={detail} />
    </div>
  );
}

/** Links to the parts of the page: the address has the run, so they scroll instead. */
function Parts(): JSX.Element {
  const go = (id: string): void => (document.getElementById(id) ?? document.getElementById(`near-${id}`))?.scrollIntoView({ behavior: "smooth", block: "start" });
  const there = PARTS.filter(([id]) => document.getElementById(id) ?? document.getElementById(`near-${id}`));
  const [, drawn] = useState(0);
  useEffect(() => {
    const soon = setTimeout(() => drawn((n) => n + 1), 30);
    const timer = setInterval(() => drawn((n) => n + 1), 1500); // parts come as they are read
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, []);
  return <nav class="parts" aria-label="parts of this page">{there.map(([id, label]) => <button key={id} type="button" class="quiet" onClick={() => go(id)}>{label}</button>)}</nav>;
}
