// Config, environment, summary and console: how the run was made and what it said.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { getConsole } from "../api/client";
import type { Json, RunDetail, Settings } from "../api/types";
import type { Watched } from "../api/watched";
import { flatten } from "../lib/flatten";
import { Pace } from "../lib/pace";
import { screen } from "../lib/terminal";
import { Section } from "./empty";
import { show } from "./evidence";

const LONG_TEXT = 160;
const KEPT = 1 << 19;

export function Details({ run, detail }: { run: Watched; detail: RunDetail }): JSX.Element {
  const { run: head } = detail;
  const facts: Settings = {
    id: head.id, command: head.command.join(" "), directory: head.cwd, host: head.host, pid: head.pid,
    ...(head.exit_code === null ? {} : { "exit status": head.exit_code }),
    ...(head.group ? { group: head.group } : {}), ...(head.job_type ? { "job type": head.job_type } : {}),
    ...(head.notes ? { notes: head.notes } : {}), record: head.path,
  };
  return (
    <Section id="details" title="Details">
      <div class="details">
        <Block title="Run" data={facts} />
        <Block title="Config" data={detail.config} hint="Nothing was put in the config." />
        {Object.keys(detail.summary).length > 0 && <Block title="Summary" data={detail.summary} />}
        <Environment data={detail.environment} />
        {detail.processes.length > 1 && (
          <Block title="Processes" data={Object.fromEntries(detail.processes.map((p) => [p.log, `rank ${p.rank} of ${p.world}, ${p.steps} steps`]))} />
        )}
        {detail.failures.length > 0 && <Block title="Parts of the probe that failed" data={Object.fromEntries(detail.failures.map((f, k) => [String(f["collector"] ?? k), String(f["error"] ?? "")]))} />}
      </div>
      <Console run={run} />
    </Section>
  );
}

/** What is one value is a row; what is a table of its own (packages, git …) unfolds. */
function Environment({ data }: { data: Settings }): JSX.Element {
  const nested = Object.entries(data).filter(([, value]) => isTable(value));
  const plain = Object.fromEntries(Object.entries(data).filter(([, value]) => !isTable(value)));
  return (
    <div class="block">
      <Block title="Environment" data={plain} hint={nested.length ? "" : "No environment was recorded."} />
      {nested.map(([name, value]) => (
        <details key={name}>
          <summary>{name} ({flatten(value).length})</summary>
          <Block title="" data={value as Settings} />
        </details>
      ))}
    </div>
  );
}

function isTable(value: Json): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function Block({ title, data, hint = "" }: { title: string; data: Settings; hint?: string }): JSX.Element {
  const rows = flatten(data);
  return (
    <div class="block">
      {title && <h3>{title}</h3>}
      {!rows.length && <p class="muted">{hint}</p>}
      <dl class="pairs">
        {rows.map(([key, value]) => {
          const text = show(value as never);
          return (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{text.length > LONG_TEXT || text.includes("\n") ? <details><summary>{text.slice(0, 80)}…</summary><pre>{text}</pre></details> : text}</dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

function Console({ run }: { run: Watched }): JSX.Element {
  const [pieces, setPieces] = useState<readonly [number, string][]>([]);
  const [open, setOpen] = useState(true);
  const next = useRef(0);
  const box = useRef<HTMLPreElement>(null);
  const pace = useRef<Pace | null>(null);
  useEffect(() => {
    const own = new Pace(async () => {
      try {
        const got = await getConsole(run.id, next.current);
        const restarted = got.next < next.current;
        next.current = got.next;
        if (got.pieces.length) setPieces((old) => trim(restarted ? got.pieces : [...old, ...got.pieces]));
      } catch {
        // What was read stays.
      }
    }, 1000);
    pace.current = own;
    own.poke();
    return () => own.stop();
  }, [run]);
  const version = run.version.value;
  useEffect(() => pace.current?.poke(), [version]);
  useEffect(() => {
    // Follows the end as long as one has not scrolled away from it.
    const element = box.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 120) element.scrollTop = element.scrollHeight;
  }, [pieces]);
  return (
    <details class="console" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Console</summary>
      {pieces.length
        ? <pre ref={box} tabIndex={0}>{screen(pieces).map(([fd, text], k) => (fd === 2 ? <span key={k} class="stderr">{text}</span> : text))}</pre>
        : <p class="muted">The script printed nothing, or its output was not kept.</p>}
    </details>
  );
}

/** The newest pieces, half a megabyte of them at most. */
function trim(pieces: readonly [number, string][]): readonly [number, string][] {
  let size = 0;
  for (let k = pieces.length - 1; k >= 0; k--) {
    size += pieces[k]![1].length;
    if (size > KEPT) return pieces.slice(k + 1);
  }
  return pieces;
}
