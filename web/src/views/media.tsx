// Pictures and tables that the script logged, by key, with a slider over the steps.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getMedia, getTable, pictureAddress } from "../api/client";
import type { Json, Media, MediaItem } from "../api/types";
import type { Watched } from "../api/watched";
import { count } from "../lib/number";
import { Section } from "./empty";
import { show } from "./evidence";

const MOST_ROWS = 200;
const MOST_PICTURES = 64;

export function MediaPart({ run }: { run: Watched }): JSX.Element | null {
  const [data, setData] = useState<Media | null>(null);
  const version = run.version.value;
  const settled = run.detail.value?.run.state !== "running";
  useEffect(() => {
    let stale = false;
    getMedia(run.id).then((found) => { if (!stale) setData(found); }, () => undefined);
    return () => { stale = true; };
  }, [run, settled, Math.floor(version / 8)]);
  const keys = useMemo(() => {
    const found = new Map<string, MediaItem[]>();
    for (const item of data?.items ?? []) found.set(item.key, [...(found.get(item.key) ?? []), item]);
    return [...found];
  }, [data]);
  if (!keys.length) return null;
  return (
    <Section id="media" title="Media" about="pictures and tables that the script logged">
      {data && data.all > data.items.length && <p class="hint">The newest {count(data.items.length)} of {count(data.all)}.</p>}
      {keys.map(([key, items]) => <Key key={key} id={run.id} name={key} items={items} />)}
    </Section>
  );
}

function Key({ id, name, items }: { id: string; name: string; items: readonly MediaItem[] }): JSX.Element {
  const steps = useMemo(() => [...new Set(items.map(({ step }) => step))], [items]);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = chosen !== null && steps.includes(chosen) ? chosen : steps[steps.length - 1]!;
  const shown = items.filter(({ step }) => step === at);
  return (
    <div class="media">
      <div class="part-head sub">
        <h3>{name} <small>step {count(at)}</small></h3>
        {steps.length > 1 && <input class="step-slider" type="range" min="0" max={steps.length - 1} value={steps.indexOf(at)} aria-label={`step of ${name}`} onInput={(event) => setChosen(steps[Number(event.currentTarget.value)]!)} />}
      </div>
      <div class="pictures-grid">
        {shown.filter(({ kind }) => kind === "image").slice(0, MOST_PICTURES).map((item) => (
          <figure key={item.path}>
            <img src={pictureAddress(id, item.path)} alt={item.caption || name} loading="lazy" />
            {item.caption && <figcaption>{item.caption}</figcaption>}
          </figure>
        ))}
      </div>
      {shown.filter(({ kind }) => kind === "table").map((item) => <TableView key={item.path} id={id} path={item.path} />)}
    </div>
  );
}

function TableView({ id, path }: { id: string; path: string }): JSX.Element {
  const [table, setTable] = useState<{ columns: unknown[]; data: unknown[][] } | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let stale = false;
    getTable(id, path).then((found) => { if (!stale) setTable(found); }, (error: unknown) => setProblem(String(error instanceof Error ? error.message : error)));
    return () => { stale = true; };
  }, [id, path]);
  if (problem) return <p class="problem">{problem}</p>;
  if (!table || !Array.isArray(table.columns) || !Array.isArray(table.data)) return <p class="hint">Reading …</p>;
  return (
    <div class="scroll">
      <table>
        <thead><tr>{table.columns.map((column, k) => <th key={k}>{String(column)}</th>)}</tr></thead>
        <tbody>{table.data.slice(0, MOST_ROWS).map((row, k) => <tr key={k}>{(Array.isArray(row) ? row : []).map((value, j) => <td key={j} class={typeof value === "number" ? "num" : ""}>{cell(value)}</td>)}</tr>)}</tbody>
      </table>
      {table.data.length > MOST_ROWS && <p class="hint">The first {MOST_ROWS} of {count(table.data.length)} rows.</p>}
    </div>
  );
}

function cell(value: unknown): JSX.Element | string {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const { path, _type: type } = value as { path?: unknown; _type?: unknown };
    // Pictures in a table are no rows of the log: the server shows only those that are.
    return type === "image-file" && typeof path === "string" ? path.split("/").pop() ?? "" : JSON.stringify(value).slice(0, 200);
  }
  return show(value as Json);
}
