// One finding: what, where, on what evidence, what is normal, what to try and what trying it gave.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Finding, Findings, RunDetail } from "../api/types";
import type { Watched } from "../api/watched";
import type { Folded } from "../lib/fold";
import { count, format } from "../lib/number";
import { normal } from "../lib/normal";
import { effectText, verdictOf, type Arm } from "../lib/proof";
import { inline } from "../lib/markdown";
import { Command } from "./copy";
import { Evidence } from "./evidence";
import { Pictures } from "./pictures";
import { RuleText, Text } from "./rule";
import { SourceLines, short } from "./source";
import { Sign } from "./state";
import { Verdict } from "./trials";

interface Props {
  run: Watched;
  detail: RunDetail;
  folded: Folded<Finding>;
  all: Findings;
  proven: readonly Arm[];
  open: boolean;
  onPlace: (name: string) => void;
}

export function FindingCard({ run, detail, folded: { finding, symptoms }, all, proven, open: first, onPlace }: Props): JSX.Element {
  const [open, setOpen] = useState(first);
  const [rule, setRule] = useState(false);
  const measures = useMemo(() => normal(finding.message), [finding.message]);
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
          {measures.length > 0 && (
            <div class="normal">
              <h4>What is normal here</h4>
              <ul>{measures.map((part) => <li key={part}><Text parts={inline(part)} /></li>)}</ul>
            </div>
          )}
          {finding.source && <SourceLines id={all.run} source={finding.source} />}
          <Pictures run={run} detail={detail} finding={finding} />
          {finding.treatments.length > 0 && <Treatments finding={finding} all={all} proven={proven} />}
          <details class="numbers">
            <summary>Evidence in numbers</summary>
            <Evidence evidence={finding.evidence} />
          </details>
          {symptoms.length > 0 && (
            <details class="symptoms" open={symptoms.length <= 3}>
              <summary>Explains {symptoms.length} {symptoms.length === 1 ? "symptom" : "symptoms"}</summary>
              {symptoms.map((symptom, k) => <FindingCard key={`${symptom.rule}${k}`} run={run} detail={detail} folded={{ finding: symptom, symptoms: [] }} all={all} proven={proven} onPlace={onPlace} open={false} />)}
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

function Treatments({ finding, all, proven }: { finding: Finding; all: Findings; proven: readonly Arm[] }): JSX.Element {
  const tried = finding.treatments.some((treatment) => verdictOf(proven, treatment));
  return (
    <div>
      <h4>What to try</h4>
      <ul class="treatments">
        {finding.treatments.map((treatment) => {
          const arm = verdictOf(proven, treatment);
          return (
            <li key={treatment}>
              <code class="chip">{treatment}</code>
              {arm && <Verdict arm={arm} />}
              {arm && arm.effect !== null && <span class="num-left">{effectText(arm, (value) => format(value, 3))} {arm.outcome}</span>}
              {all.treatments[treatment] && <span>{all.treatments[treatment]}</span>}
            </li>
          );
        })}
      </ul>
      <p class="prove">{tried ? "Try again: " : "Prove it: "}<Command text={`backprobe prove ${all.run} ${finding.treatments.map((treatment) => `--treat ${treatment}`).join(" ")}`} /></p>
    </div>
  );
}

function steps([first, last]: [number, number]): string {
  return first === last ? `step ${count(first)}` : `steps ${count(first)}–${count(last)}`;
}
