// What the network was fed: scales, balance of classes, rows that come back or overlap.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { getData } from "../api/client";
import type { DataFacts, Json, Phase } from "../api/types";
import type { Watched } from "../api/watched";
import { count, format, percent } from "../lib/number";
import { Pace } from "../lib/pace";
import { Section } from "./empty";
import { show } from "./evidence";
import { Samples } from "./samples";

const MOST_CLASSES = 60;
const REFRESH_MS = 5000;
const LABELS: Record<string, string> = {
  rows: "rows a batch", mean: "mean", std: "standard deviation", min: "least", max: "greatest", nonfinite: "not finite", first_mean: "mean into the first layer",
  first_std: "deviation into the first layer", first_min: "least into the first layer", first_max: "greatest into the first layer", target_mean: "mean of the targets",
  target_std: "deviation of the targets", target_classes: "classes a batch", accuracy: "accuracy on the batch",
};

export function DataPart({ run, settled }: { run: Watched; settled: boolean }): JSX.Element | null {
  const [data, setData] = useState<DataFacts | null>(null);
  const pace = useRef<Pace | null>(null);
  useEffect(() => {
    const own = new Pace(async () => {
      try {
        setData(await getData(run.id));
      } catch {
        // What is shown stays.
      }
    }, REFRESH_MS);
    pace.current = own;
    own.poke();
    return () => own.stop();
  }, [run]);
  const version = run.version.value;
  useEffect(() => pace.current?.poke(), [version, settled]);
  if (!data) return null;
  const empty = !data.training.batches && !data.evaluation.batches && !data.targets.length;
  return (
    <Section id="data" title="Data" about="as the network was fed">
      {empty && <p class="hint">No batch was looked at.</p>}
      <Samples run={run} seen={data.training.batches > 0 ? (data.evaluation.batches > 0 ? 2 : 1) : 0} />
      {!empty && (
        <div class="details">
          <Scales training={data.training} evaluation={data.evaluation} />
          {data.targets.map((target, k) => <Balance key={k} target={target} />)}
          <div class="block">
            <h3>Rows</h3>
            <dl class="pairs">
              {data.repeats && <Fact name="training rows hashed" value={count(data.repeats.rows)} />}
              {data.repeats && <Fact name="distinct among them" value={count(data.repeats.distinct)} />}
              {data.repeats && data.repeats.returned > 0 && <Fact name="rows that came back" value={`${count(data.repeats.returned)}, of which ${percent(data.repeats.changed)} with another target`} />}
              {data.repeats && <Fact name="repeat within one batch" value={percent(data.repeats.within)} />}
              {data.overlap && <Fact name="evaluation rows seen in training" value={`${percent(data.overlap.share)} of ${count(data.overlap.rows)}`} />}
            </dl>
            {!data.repeats && !data.overlap && <p class="muted">No rows were hashed.</p>}
          </div>
        </div>
      )}
    </Section>
  );
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}

function Scales({ training, evaluation }: { training: Phase; evaluation: Phase }): JSX.Element {
  const names = Object.keys(LABELS).filter((name) => training.columns[name] || evaluation.columns[name]);
  const cell = (phase: Phase, name: string): JSX.Element => {
    const found = phase.columns[name];
    if (!found) return <td class="num muted">–</td>;
    const [least, middle, most] = found;
    return <td class="num" title={`least ${format(least)}, greatest ${format(most)}`}>{format(middle)}{least !== most && <small>{format(least, 3)} … {format(most, 3)}</small>}</td>;
  };
  return (
    <div class="block">
      <h3>Batches <small>median over those that were looked at, and their range</small></h3>
      <div class="scroll">
        <table class="scales">
          <thead><tr><th /><th class="num">training</th><th class="num">evaluation</th></tr></thead>
          <tbody>
            <tr><td>looked at</td><td class="num">{count(training.batches)}</td><td class="num">{count(evaluation.batches)}</td></tr>
            <tr><td>distinct</td><td class="num">{training.distinct === null ? "–" : count(training.distinct)}</td><td class="num">{evaluation.distinct === null ? "–" : count(evaluation.distinct)}</td></tr>
            {names.map((name) => <tr key={name}><td>{LABELS[name]}</td>{cell(training, name)}{cell(evaluation, name)}</tr>)}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Balance({ target: { loss, target, output, classes: declared, weighted } }: { target: DataFacts["targets"][number] }): JSX.Element {
  // Whole numbers that are measured, not named, have been counted too; they are no classes.
  const named = target["integer"] === true || declared > 0;
  const all = Array.isArray(target["classes"]) ? target["classes"].map(Number) : [];
  const counts = named || all.length <= 2 ? all : [];
  const total = counts.reduce((a, b) => a + b, 0);
  const most = Math.max(...counts, 0);
  const plain = Object.entries(target).filter(([key]) => key !== "classes");
  return (
    <div class="block">
      <h3>Targets <small>of {loss}{weighted ? ", weighted" : ""}</small></h3>
      {counts.length > 1 && (
        <div class="bars" role="img" aria-label={`share of ${counts.length} classes`}>
          {counts.slice(0, MOST_CLASSES).map((value, k) => (
            <div key={k} title={`class ${k}: ${count(value)} rows, ${percent(value / total)}`}>
              <span class="bar-label">{k}</span>
              <span class="bar"><i style={{ width: `${most ? (value / most) * 100 : 0}%` }} class={value === 0 ? "none" : ""} /></span>
              <span class="bar-value num">{percent(value / total)}</span>
            </div>
          ))}
        </div>
      )}
      {counts.length > MOST_CLASSES && <p class="hint">and {counts.length - MOST_CLASSES} more classes</p>}
      <dl class="pairs">
        {declared > 0 && <Fact name="classes of the output" value={count(declared)} />}
        {plain.map(([key, value]) => <Fact key={key} name={key} value={show(value as Json)} />)}
        {Object.entries(output).map(([key, value]) => <Fact key={`o${key}`} name={`prediction ${key.replaceAll("_", " ")}`} value={show(value as Json)} />)}
      </dl>
    </div>
  );
}
