// One finding: what, where, on what evidence, what to try; its symptoms folded beneath.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Finding, Findings } from "../api/types";
import type { Folded } from "../lib/fold";
import { count } from "../lib/number";
import { inline } from "../lib/markdown";
import { Evidence } from "./evidence";
import { RuleText, Text } from "./rule";
import { SourceLines, short } from "./source";
import { Sign } from "./state";

interface Props {
  folded: Folded<Finding>;
  all: Findings;
  open: boolean;
  onPlace: (name: string) => void;
}

export function FindingCard({ folded: { finding, symptoms }, all, open: first, onPlace }: Props): JSX.Element {
  const [open, setOpen] = useState(first);
  const [rule, setRule] = useState(false);
  return (
    <article class={`finding finding-${finding.severity}`}>
      <button type="button" class="finding-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Sign severity={finding.severity} />
        <span class="rule">{finding.rule}</span>
        <span class="muted">{finding.kind}</span>
        <span class="sure" title="Of findings this sure, so many are right">{Math.round(finding.confidence * 100)} % sure</span>
        <span class="chevron" aria-hidden="true">{open ? "▾" : "▸"}</span>
      </button>
      <p class="message"><Text parts={inline(finding.message)} /></p>
      <p class="where">
        {finding.where.slice(0, 8).map((name) => (
          <button key={name} type="button" class="chip" title={`Look into ${name || "the model"}`} onClick={() => onPlace(name)}>{name || "the model"}</button>
        ))}
        {finding.where.length > 8 && <span class="muted">and {finding.where.length - 8} more</span>}
        {finding.source && <code class="chip plain">{short(finding.source.file)}:{finding.source.line}</code>}
        <span class="muted">{steps(finding.steps)}</span>
      </p>
      {open && (
        <div class="finding-body">
          {finding.source && <SourceLines id={all.run} source={finding.source} />}
          {finding.treatments.length > 0 && (
            <div>
              <h4>What to try</h4>
              <ul class="treatments">
                {finding.treatments.map((treatment) => (
                  <li key={treatment}>
                    <code class="chip">{treatment}</code>
                    {all.treatments[treatment] && <span>{all.treatments[treatment]}</span>}
                  </li>
                ))}
              </ul>
            </div>
          )}
          <div>
            <h4>Evidence</h4>
            <Evidence evidence={finding.evidence} />
          </div>
          {symptoms.length > 0 && (
            <details class="symptoms" open={symptoms.length <= 3}>
              <summary>Explains {symptoms.length} {symptoms.length === 1 ? "symptom" : "symptoms"}</summary>
              {symptoms.map((symptom, k) => <FindingCard key={`${symptom.rule}${k}`} folded={{ finding: symptom, symptoms: [] }} all={all} onPlace={onPlace} open={false} />)}
            </details>
          )}
          <div>
            <button type="button" class="quiet" aria-expanded={rule} onClick={() => setRule(!rule)}>{rule ? "Hide the rule" : `About ${finding.rule}`}</button>
            {rule && <RuleText name={finding.rule} />}
          </div>
        </div>
      )}
      {!open && symptoms.length > 0 && <p class="muted folded">explains {symptoms.map(({ rule: name }) => name).join(", ")}</p>}
    </article>
  );
}

function steps([first, last]: [number, number]): string {
  return first === last ? `step ${count(first)}` : `steps ${count(first)}–${count(last)}`;
}
