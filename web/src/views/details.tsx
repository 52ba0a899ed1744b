// How the run was made and what it said: config, seeds, environment, source, diff, console.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { getConsole } from "../api/client";
import type { Json, RunDetail, Settings } from "../api/types";
import type { Watched } from "../api/watched";
import { flatten } from "../lib/flatten";
import { Pace } from "../lib/pace";
import { screen } from "../lib/terminal";
import { Command } from "./copy";
import { annotate } from "./edits";
import { Section } from "./empty";
import { show } from "./evidence";

const LONG_TEXT = 160;
const KEPT = 1 << 19;
/** Shown in places of their own. */
const APART = ["script", "git", "packages"];

export function Details({ run, detail }: { run: Watched; detail: RunDetail }): JSX.Element {
  const { run: head } = detail;
  const facts: Settings = {
    id: head.id, command: head.command.join(" "),
    ...(head.cwd ? { directory: head.cwd } : {}), ...(head.host ? { host: head.host } : {}), ...(head.pid ? { pid: String(head.pid) } : {}),
    ...(head.exit_code === null ? {} : { "exit status": head.exit_code }),
    ...(head.group ? { group: head.group } : {}), ...(head.job_type ? { "job type": head.job_type } : {}),
    ...(head.path ? { record: head.path } : {}),
  };
  const environment = detail.environment;
  const git = table(environment["git"]);
  const script = table(environment["script"]);
  const diff = typeof git["diff"] === "string" ? git["diff"] : "";
  return (
    <Section id="details" title="Reproduce" about="what it was given, and what it said" tools={head.command.length > 0 ? <Command text={`${head.cwd ? `cd ${head.cwd} && ` : ""}${spoken(head.command)}`} /> : undefined}>
      <Notes detail={detail} />
      <div class="details">
        <Block title="Run" data={facts} />
        <Block title="Config" data={detail.config} hint="Nothing was put in the config." />
        {Object.keys(detail.summary).length > 0 && <Block title="Summary" data={briefly(detail.summary)} />}
        <Environment data={Object.fromEntries(Object.entries(environment).filter(([key]) => !APART.includes(key)))} />
        {Object.keys(git).length > 0 && <Block title="Git" data={Object.fromEntries(Object.entries(git).filter(([key]) => key !== "diff"))} />}
        {detail.processes.length > 1 && (
          <Block title="Processes" data={Object.fromEntries(detail.processes.map((p) => [p.log, `rank ${p.rank} of ${p.world}, ${p.steps} steps`]))} />
        )}
        {detail.failures.length > 0 && <Block title="Parts of the probe that failed" data={Object.fromEntries(detail.failures.map((f, k) => [String(f["collector"] ?? k), String(f["error"] ?? "")]))} />}
      </div>
      {typeof script["text"] === "string" && <Fold title={`Script ${String(script["path"] ?? "")}`} note={`${script["text"].split("\n").length} lines`}><Code text={script["text"]} /></Fold>}
      {diff && <Fold title="Changes that were not committed" note={`${diff.split("\n").filter((line) => /^[+-](?![+-])/.test(line)).length} lines`}><Diff text={diff} /></Fold>}
      {Object.keys(table(environment["packages"])).length > 0 && <Fold title="Packages" note={String(Object.keys(table(environment["packages"])).length)}><Block title="" data={table(environment["packages"])} /></Fold>}
      <Console run={run} />
    </Section>
  );
}

function spoken([program = "", ...rest]: readonly string[]): string {
  return [program.replace(/^.*[\\/]/, ""), ...rest].map((word) => (/^[\w./=:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

function table(value: Json | undefined): Settings {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function Fold({ title, note, children }: { title: string; note: string; children: JSX.Element }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold-part" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title} <small>{note}</small></summary>
      {open && children}
    </details>
  );
}

function Code({ text }: { text: string }): JSX.Element {
  return <pre class="code">{text.split("\n").map((line, k) => <span key={k}><i>{k + 1}</i>{line || " "}{"\n"}</span>)}</pre>;
}

/** A unified diff with its lines tinted; signs say the same as the colours. */
export function Diff({ text }: { text: string }): JSX.Element {
  const kind = (line: string): string => (/^(diff|index|---|\+\+\+|@@)/.test(line) ? "diff-head" : line.startsWith("+") ? "diff-right" : line.startsWith("-") ? "diff-left" : "");
  return <pre class="code diff">{text.split("\n").map((line, k) => <span key={k} class={kind(line)}>{line || " "}{"\n"}</span>)}</pre>;
}

function Notes({ detail }: { detail: RunDetail }): JSX.Element | null {
  const { notes } = detail.run;
  const area = useRef<HTMLTextAreaElement>(null);
  const known = useRef(detail.run);
  known.current = detail.run;
  // What was written is kept when the page is left as well, by whatever way.
  useEffect(() => {
    const element = area.current;
    const keep = (): void => {
      if (element && element.value !== element.defaultValue) void annotate(known.current, element.value);
    };
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, []);
  if (detail.read_only) return notes ? <p class="notes-text">{notes}</p> : null;
  return <textarea ref={area} class="notes-text" rows={Math.min(8, notes.split("\n").length)} placeholder="Notes on this run" aria-label="notes" defaultValue={notes} onBlur={(event) => void annotate(detail.run, event.currentTarget.value)} />;
}

/** What is one value is a row; what is a table of its own unfolds. */
function Environment({ data }: { data: Settings }): JSX.Element {
  const nested = Object.entries(data).filter(([, value]) => isTable(value));
  const plain = Object.fromEntries(Object.entries(data).filter(([, value]) => !isTable(value)));
  return (
    <div class="block">
      <Block title="Environment" data={plain} hint={nested.length ? "" : "No environment was recorded."} />
      {nested.map(([name, value]) => (
        <details key={name} open={name === "torch"}>
          <summary>{name} ({flatten(value).length})</summary>
          <Block title="" data={value as Settings} />
        </details>
      ))}
    </div>
  );
}

/** Of a picture or a table that was logged only what it is: "Media" shows it. */
function briefly(summary: Settings): Settings {
  return Object.fromEntries(Object.entries(summary).map(([key, value]) => [key, typeof table(value)["_type"] === "string" ? `(${String(table(value)["_type"])})` : value]));
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
