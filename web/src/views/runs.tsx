// All runs of the store: live, sortable, filtered as one types.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { getRuns } from "../api/client";
import { listen } from "../api/live";
import type { RunRow, Runs } from "../api/types";
import { ago, count, duration, format, toNumber } from "../lib/number";
import { Pace } from "../lib/pace";
import { runAddress } from "../lib/route";
import { filterRuns, sortRuns, type Column, type Order } from "../lib/runs";
import { now } from "./clock";
import { Command } from "./copy";
import { Empty } from "./empty";
import { Sign, StateDot } from "./state";
import { Rows } from "./rows";

const REFRESH_MS = 1000;
const HEADS: { column: Column; label: string; class: string; descends: boolean }[] = [
  { column: "name", label: "Run", class: "c-name", descends: false },
  { column: "findings", label: "Findings", class: "c-findings", descends: true },
  { column: "loss", label: "Last loss", class: "c-loss", descends: false },
  { column: "steps", label: "Steps", class: "c-steps", descends: true },
  { column: "project", label: "Project", class: "c-project", descends: false },
  { column: "created", label: "Started", class: "c-created", descends: true },
  { column: "duration", label: "Took", class: "c-duration", descends: true },
];

const list = signal<Runs | null>(null);
const problem = signal("");
const query = signal("");
const order = signal<Order>({ column: "created", descending: true });

export function RunsPage(): JSX.Element {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pace = new Pace(async () => {
      try {
        list.value = await getRuns();
        problem.value = "";
      } catch (error) {
        problem.value = error instanceof Error ? error.message : String(error);
      }
    }, REFRESH_MS);
    pace.poke();
    const unlisten = listen(() => pace.poke());
    const keys = (event: KeyboardEvent): void => {
      if (event.key === "/" && document.activeElement !== search.current) {
        event.preventDefault();
        search.current?.focus();
      }
    };
    addEventListener("keydown", keys);
    return () => {
      pace.stop();
      unlisten();
      removeEventListener("keydown", keys);
    };
  }, []);

  const all = list.value?.runs ?? [];
  const shown = useMemo(
    () => sortRuns(filterRuns(all, query.value), order.value, now.peek()),
    [list.value, query.value, order.value],
  );
  if (problem.value && !list.value) return <Empty title="No answer"><p>{problem.value}</p></Empty>;
  if (!list.value) return <p class="hint page-hint">Reading the runs …</p>;
  if (!all.length) return <NoRuns store={list.value.store} />;
  return (
    <div class="runs">
      <div class="runs-head">
        <h1>Runs</h1>
        <input
          ref={search}
          type="search"
          placeholder="Filter: words, state:failed, rule:dead-relu, -project:x   ( / )"
          aria-label="filter runs"
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && (query.value = "")}
        />
        <span class="muted">{shown.length === all.length ? count(all.length) : `${count(shown.length)} of ${count(all.length)}`}</span>
      </div>
      {problem.value && <p class="problem" role="alert">{problem.value}</p>}
      <div class="table" role="table" aria-label="runs" aria-rowcount={shown.length}>
        <div class="row head" role="row">{HEADS.map((head) => <Head key={head.column} {...head} />)}</div>
        <Rows items={shown} key={`${order.value.column}${query.value}`} identify={(run) => run.id} render={(run) => <Row run={run} />} />
        {!shown.length && <p class="hint">No run fits “{query.value}”. <button type="button" class="quiet" onClick={() => (query.value = "")}>Show all</button></p>}
      </div>
    </div>
  );
}

function Head({ column, label, class: name, descends }: (typeof HEADS)[number]): JSX.Element {
  const here = order.value.column === column;
  const sort = here ? (order.value.descending ? "descending" : "ascending") : "none";
  return (
    <span role="columnheader" aria-sort={sort} class={name}>
      <button type="button" class="quiet" title={column === "loss" ? "Mean over the last ten steps" : ""} onClick={() => (order.value = { column, descending: here ? !order.value.descending : descends })}>
        {label}{here && <span aria-hidden="true">{order.value.descending ? " ↓" : " ↑"}</span>}
      </button>
    </span>
  );
}

function Row({ run }: { run: RunRow }): JSX.Element {
  const { summary } = run;
  return (
    <div class="row" role="row">
      <span role="cell" class="c-name">
        <StateDot state={run.state} />
        <a class="name" href={runAddress(run.id)}>{run.name}</a>
        {run.kind === "trial" && <span class="tag">trial</span>}
        {run.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
      </span>
      <span role="cell" class="c-findings">
        {summary === null ? <span class="muted">…</span> : <Found run={run} />}
      </span>
      <span role="cell" class="c-loss num">{format(toNumber(summary?.loss))}</span>
      <span role="cell" class="c-steps num">{summary ? count(summary.steps) : "–"}</span>
      <span role="cell" class="c-project">{run.project}</span>
      <span role="cell" class="c-created num">{ago(run.created, now.value)}</span>
      <span role="cell" class="c-duration num">{took(run)}</span>
    </div>
  );
}

function took(run: RunRow): string {
  // Nobody knows when a crashed run stopped.
  const end = run.ended ?? (run.state === "running" ? now.value : null);
  return end === null ? "–" : duration(end - run.created);
}

function Found({ run: { summary, state } }: { run: RunRow }): JSX.Element {
  if (!summary) return <></>;
  const { errors, warnings, notes, top, steps, error } = summary;
  if (error) return <span class="muted" title={error}>could not be diagnosed</span>;
  if (!steps && !errors && !warnings) return <span class="muted">{state === "running" ? "no step yet" : "no step seen"}</span>;
  if (!errors && !warnings) {
    return <span class="muted">{notes ? <><Sign severity="note" count={notes} /> {notes === 1 ? "note" : "notes"}</> : state === "running" ? "nothing so far" : "nothing wrong seen"}</span>;
  }
  return (
    <>
      {errors > 0 && <Sign severity="error" count={errors} />}
      {warnings > 0 && <Sign severity="warning" count={warnings} />}
      <span class="rule">{top}</span>
    </>
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
