// What is wrong: causes with their symptoms, then notes, then what could not be seen.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Findings as All, RunDetail } from "../api/types";
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
      {findings && alarms.map((one, k) => (
        <FindingCard key={`${one.finding.rule}/${one.finding.where.join()}`} run={run} detail={detail} proven={proven} folded={one} all={findings} onPlace={onPlace} open={k === 0} />
      ))}
      {findings && notes.length > 0 && (
        <details class="notes" open={!alarms.length}>
          <summary>{notes.length} {notes.length === 1 ? "note" : "notes"}: worth knowing, nothing to fear</summary>
          {notes.map((note, k) => <FindingCard key={`${note.rule}${k}`} run={run} detail={detail} proven={proven} folded={{ finding: note, symptoms: [] }} all={findings} onPlace={onPlace} open={false} />)}
        </details>
      )}
      {detail.blind_spots.length > 0 && (
        <details class="blind" open={Boolean(findings && !alarms.length)}>
          <summary>{detail.blind_spots.length} {detail.blind_spots.length === 1 ? "thing" : "things"} the probe could not see</summary>
          <ul>{detail.blind_spots.map((text) => <li key={text}>{text}</li>)}</ul>
        </details>
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
