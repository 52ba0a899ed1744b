// Who a run is: state, command, time, cost.
import type { JSX } from "preact";
import type { RunDetail } from "../api/types";
import { ago, count, duration, percent } from "../lib/number";
import { now } from "./clock";
import { StateDot } from "./state";

export function RunHeader({ detail }: { detail: RunDetail }): JSX.Element {
  const { run, cost } = detail;
  const took = (run.ended ?? (run.state === "running" ? now.value : run.created)) - run.created;
  // A study or a learning-rate test is no training itself.
  const measured = detail.steps > 0 || !["study", "lr"].includes(run.job_type);
  const share = Number(cost?.["share"]);
  return (
    <div class="run-head">
      <div class="run-title">
        <h1>{run.name}</h1>
        <StateDot state={run.state} word />
        {run.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
      </div>
      <dl class="facts">
        {run.project && <Fact name="project" value={run.project} />}
        <Fact name="started" value={ago(run.created, now.value)} title={new Date(run.created * 1000).toLocaleString()} />
        {took > 0 && measured && <Fact name={run.state === "running" ? "for" : "took"} value={duration(took)} />}
        {measured && <Fact name="steps" value={count(detail.steps)} />}
        {Number.isFinite(share) && cost !== null && <Fact name="probe's cost" value={`${percent(share)} of the time`} />}
        {run.exit_code !== null && run.exit_code !== 0 && <Fact name="exit status" value={String(run.exit_code)} />}
        {detail.processes.length > 1 && <Fact name="processes" value={String(detail.processes.length)} />}
        {run.host && <Fact name="host" value={run.host} />}
      </dl>
      {run.command.length > 0 && <code class="run-command" title={`${run.command.join(" ")}\nin ${run.cwd}`}>{spoken(run.command)}</code>}
      {run.state === "crashed" && <p class="problem">The process is gone and nobody closed the run: a kill -9, a lost machine or too little memory. What it wrote is all here.</p>}
    </div>
  );
}

/** The command as one would type it: `python train.py`, wherever that python is. */
function spoken([program = "", ...rest]: readonly string[]): string {
  return [program.replace(/^.*[\\/]/, ""), ...rest].join(" ");
}

function Fact({ name, value, title = "" }: { name: string; value: string; title?: string }): JSX.Element {
  return <div class="fact" title={title}><dt>{name}</dt> <dd>{value}</dd></div>;
}
