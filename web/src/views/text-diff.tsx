// Script, uncommitted changes and console of two runs, line by line.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getConsole } from "../api/client";
import type { Json, RunDetail, RunRow } from "../api/types";
import { lines } from "../lib/diff";
import { screen } from "../lib/terminal";
import { Section } from "./empty";

const CONTEXT = 3;

export function TextDiff({ a, b, details }: { a: RunRow; b: RunRow; details: ReadonlyMap<string, RunDetail> }): JSX.Element | null {
  const one = details.get(a.id);
  const other = details.get(b.id);
  const consoles = useConsoles(a.id, b.id);
  if (!one || !other) return null;
  return (
    <Section id="texts" title="Source and console" about={`− only ${a.name}, + only ${b.name}`}>
      <Texts title="Script" left={text(one, "script", "text")} right={text(other, "script", "text")} />
      <Texts title="Changes that were not committed" left={text(one, "git", "diff")} right={text(other, "git", "diff")} />
      <Texts title="Console" left={consoles[0]} right={consoles[1]} />
    </Section>
  );
}

function text({ environment }: RunDetail, part: string, name: string): string {
  const found: Json | undefined = environment[part];
  const value = found !== null && typeof found === "object" && !Array.isArray(found) ? found[name] : "";
  return typeof value === "string" ? value : "";
}

function useConsoles(a: string, b: string): readonly [string, string] {
  const [found, setFound] = useState<readonly [string, string]>(["", ""]);
  useEffect(() => {
    let stale = false;
    const read = async (id: string): Promise<string> => {
      try {
        return screen((await getConsole(id, 0)).pieces).map(([, piece]) => piece).join("");
      } catch {
        return "";
      }
    };
    void Promise.all([read(a), read(b)]).then(([left, right]) => { if (!stale) setFound([left!, right!]); });
    return () => { stale = true; };
  }, [a, b]);
  return found;
}

function Texts({ title, left, right }: { title: string; left: string; right: string }): JSX.Element {
  const found = useMemo(() => (left === right ? [] : lines(left, right)), [left, right]);
  const changed = found?.filter(({ kind }) => kind !== "same").length ?? 0;
  const said = !left && !right ? "neither has any" : left === right ? "equal" : found === null ? "too unlike to compare line by line" : `${changed} lines differ`;
  const [open, setOpen] = useState<boolean | null>(null);
  // What is far from any change is left out.
  const near = useMemo(() => (found ?? []).map((_, k) => (found ?? []).slice(Math.max(0, k - CONTEXT), k + CONTEXT + 1).some(({ kind }) => kind !== "same")), [found]);
  if (!changed) return <p><b>{title}</b> <span class="muted">{said}</span></p>;
  return (
    <details open={open ?? changed < 60} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><b>{title}</b> {said}</summary>
      <pre class="code diff">
        {found!.map(({ kind, text: line }, k) =>
          near[k] ? <span key={k} class={kind === "left" ? "diff-left" : kind === "right" ? "diff-right" : ""}>{{ same: " ", left: "−", right: "+" }[kind]}{line}{"\n"}</span>
            : near[k - 1] ? <span key={k} class="diff-head">…{"\n"}</span> : null)}
      </pre>
    </details>
  );
}
