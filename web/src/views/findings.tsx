// What is wrong: causes with their symptoms, then notes, then what could not be seen.
import type { ComponentChildren, JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Finding, Findings as All, RunDetail } from "../api/types";
import type { Watched } from "../api/watched";
import { fold } from "../lib/fold";
import { count } from "../lib/number";
import type { Arm } from "../lib/proof";
import { Section } from "./empty";
import { FindingCard } from "./finding";

interface Props {
  run: Watched;
  proven: readonly Arm[];
  detail: RunDetail;
  findings: All | null;
  /** Asks for a look into the layer of that name. */
  onPlace: (name: string) => void;
}

export function Findings({ run, proven, detail, findings, onPlace }: Props): JSX.Element {
  const folded = useMemo(() => fold(findings?.findings ?? []), [findings]);
  const { alarms, notes } = folded;
  return (
    <Section id="findings" title="Findings">
      {findings?.error && <p class="problem">{findings.error}</p>}
      {!findings && <p class="hint">Reading the record …</p>}
      {findings && !alarms.length && !findings.error && <Silence detail={detail} />}
      {findings && named(alarms.map(({ finding }) => finding)).map((key, k) => (
        <FindingCard key={key} run={run} detail={detail} proven={proven} folded={alarms[k]!} all={findings} onPlace={onPlace} open={k === 0} />
      ))}
      {findings && notes.length > 0 && (
        <Disclosure class="notes" open={!alarms.length} summary={`${notes.length} ${notes.length === 1 ? "note" : "notes"}: worth knowing, nothing to fear`}>
          {named(notes).map((key, k) => <FindingCard key={key} run={run} detail={detail} proven={proven} folded={{ finding: notes[k]!, symptoms: [] }} all={findings} onPlace={onPlace} open={false} />)}
        </Disclosure>
      )}
      {detail.blind_spots.length > 0 && (
        <Disclosure class="blind" open={Boolean(findings && !alarms.length)} summary={`${detail.blind_spots.length} ${detail.blind_spots.length === 1 ? "thing" : "things"} the probe could not see`}>
          <ul>{detail.blind_spots.map((text) => <li key={text}>{text}</li>)}</ul>
        </Disclosure>
      )}
      {detail.damage.length > 0 && (
        <details class="blind">
          <summary>Parts of the record could not be read</summary>
          <ul>{detail.damage.map((text) => <li key={text}>{text}</li>)}</ul>
        </details>
      )}
    </Section>
  );
}

/** A name of each that stays when a live run is judged anew: what was opened stays open. */
function named(findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule }) => {
    const nth = seen.get(rule) ?? 0;
    seen.set(rule, nth + 1);
    return `${rule}/${nth}`;
  });
}

/** Open or not as the page thinks best, until somebody has chosen. */
function Disclosure({ class: name, open, summary, children }: { class: string; open: boolean; summary: string; children: ComponentChildren }): JSX.Element {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const shown = chosen ?? open;
  return (
    <details class={name} open={shown}>
      <summary onClick={(event) => { event.preventDefault(); setChosen(!shown); }}>{summary}</summary>
      {children}
    </details>
  );
}

function Silence({ detail }: { detail: RunDetail }): JSX.Element {
  if (!detail.steps) {
    return <p class="hint">{detail.run.state === "running" ? "Nothing to judge yet: no optimizer step has been seen." : "No optimizer step was seen, so there was nothing to judge. Does the script train a PyTorch model?"}</p>;
  }
  return (
    <p class="silence">
      <span aria-hidden="true">✓</span> Nothing wrong seen {detail.run.state === "running" ? "so far" : ""} in {count(detail.steps)} {detail.steps === 1 ? "step" : "steps"}.
    </p>
  );
}
