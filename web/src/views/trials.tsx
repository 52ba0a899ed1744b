// What was tried on a run: verdicts, control against treated with bands over seeds, studies, rates.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getTrials } from "../api/client";
import { listen } from "../api/live";
import type { RunDetail, Trials as Data } from "../api/types";
import { Interval } from "../charts/interval";
import { LineChart, type Line } from "../charts/line";
import { band } from "../lib/band";
import { ago, format } from "../lib/number";
import { Pace } from "../lib/pace";
import { arms, effectText, rateTest, study, type Arm } from "../lib/proof";
import { wantsLog } from "../lib/range";
import { compareAddress, runAddress } from "../lib/route";
import { now } from "./clock";
import { Command } from "./copy";
import { LineTools, clip, logX, smoothing } from "./curves";
import { Section } from "./empty";
import { RateTestView } from "./rate-test";
import { StudyView } from "./study";
import { useOverlay } from "./use-overlay";

/** What was tried on a run, followed while trials run; null before the first answer. */
export function useTrials(id: string): Data | null {
  const [data, setData] = useState<Data | null>(null);
  useEffect(() => {
    const pace = new Pace(async () => {
      try {
        setData(await getTrials(id));
      } catch {
        // The run's own request says what is wrong.
      }
    }, 2000);
    pace.poke();
    const unlisten = listen((word) => word?.type === "runs" && pace.poke());
    return () => {
      pace.stop();
      unlisten();
    };
  }, [id]);
  return data;
}

/** Above all else on the page of a trial: what is found there is of the script as it ran that time. */
export function TrialNote({ id, data }: { id: string; data: Data | null }): JSX.Element | null {
  if (!data?.original) return null;
  return (
    <p class="trial-note">
      A trial: the script again, with something changed or swept on purpose. See <a href={runAddress(data.original)}>what it is a trial of</a>, or <a href={compareAddress([data.original, id])}>compare the two</a>.
    </p>
  );
}

export function Trials({ detail, data }: { detail: RunDetail; data: Data | null }): JSX.Element | null {
  const { run } = detail;
  const proven = useMemo(() => (data ? arms(data.answers, data.trials) : []), [data]);
  const studies = useMemo(() => (data?.answers ?? []).flatMap(({ kind, data: answer, time }) => (kind === "study" ? [{ study: study(answer), time }] : [])), [data]);
  const rates = useMemo(() => (data?.answers ?? []).flatMap(({ kind, data: answer, time }) => (kind === "lr" ? [{ test: rateTest(answer), time }] : [])), [data]);
  const newest = studies.find(({ study: found }) => found)?.study;
  const rate = rates.find(({ test }) => test)?.test;
  if (!data) return null;
  if (data.original) return null; // said at the head of the page
  const repeatable = run.command.length > 0;
  return (
    <Section id="trials" title="Trials" about="the same script again, with one thing changed" tools={proven.length > 0 ? <div class="tools"><LineTools /></div> : undefined}>
      {!proven.length && !newest && !rate && (
        <div class="hint trial-hint">
          <p>Nothing was tried yet. A trial runs the script again, with one thing changed, over several seeds and against a control.</p>
          {repeatable && <p><Command text={`backprobe prove ${run.id}`} /> tries what the findings propose.</p>}
        </div>
      )}
      {proven.length > 0 && <Proof id={run.id} all={proven} data={data} />}
      {newest && <StudyView study={newest} />}
      {rate && <RateTestView test={rate} />}
    </Section>
  );
}

const ORDER: Record<string, number> = { helps: 0, "no effect": 1, "no verdict": 2, harms: 3, "not applicable": 4 };
const SIGNS: Record<string, string> = { helps: "▲", "no effect": "=", harms: "▼", "not applicable": "–", "no verdict": "…" };

export function Verdict({ arm }: { arm: Arm }): JSX.Element {
  return <span class={`verdict verdict-${arm.word.replaceAll(" ", "-")}`} title={arm.reason}><span aria-hidden="true">{SIGNS[arm.word] ?? "?"}</span> {arm.word}</span>;
}

function Proof({ id, all, data }: { id: string; all: readonly Arm[]; data: Data }): JSX.Element {
  const sorted = useMemo(() => [...all].sort((a, b) => (ORDER[a.word] ?? 9) - (ORDER[b.word] ?? 9) || (b.effect ?? -Infinity) - (a.effect ?? -Infinity)), [all]);
  const [chosen, setChosen] = useState("");
  const name = (arm: Arm): string => arm.treatments.join(" + ");
  const current = sorted.find((arm) => name(arm) === chosen) ?? sorted[0]!;
  const reach = Math.max(...sorted.flatMap(({ effect, interval }) => [effect ?? 0, ...(interval ?? [])]).filter(Number.isFinite).map(Math.abs), 0);
  const running = data.trials.filter(({ state }) => state === "running").length;
  return (
    <>
      <div class="scroll">
        <table class="verdicts">
          <thead><tr><th>Treatment</th><th>Verdict</th><th>Effect</th><th class="wide-only">worse · better</th><th class="wide-only">Judged by</th><th class="num">Control</th><th class="num">Treated</th><th class="num">Seeds</th><th class="wide-only wider-only">Asked for by</th></tr></thead>
          <tbody>
            {sorted.map((arm) => (
              <tr key={name(arm)} class={arm === current ? "here" : ""} onClick={() => setChosen(name(arm))}>
                <td><button type="button" class="cell-link" aria-pressed={arm === current} onClick={() => setChosen(name(arm))}><code>{name(arm)}</code></button></td>
                <td><Verdict arm={arm} /></td>
                <td class="num-left">{effectText(arm, (value) => format(value, 3))}<small class="narrow-only">{arm.outcome}</small></td>
                <td class="wide-only">{arm.effect !== null && Number.isFinite(arm.effect) && <Interval effect={arm.effect} interval={arm.interval} reach={reach} label={effectText(arm, (value) => format(value, 3))} />}</td>
                <td class="wide-only">{arm.outcome}{arm.better && arm.better !== "unknown" && <small>{arm.better} is better</small>}</td>
                <td class="num" title={arm.control.map((value) => format(value)).join("\n")}>{mean(arm.control)}</td>
                <td class="num" title={arm.treated.map((value) => format(value)).join("\n")}>{mean(arm.treated)}</td>
                <td class="num">{arm.treated.length || arm.runs.length}</td>
                <td class="wide-only wider-only"><span class="rule">{arm.finding}</span></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {current.reason && <p class="hint">{name(current)}: {current.reason}.</p>}
      <ArmCurves arm={current} name={name(current)} />
      <p class="hint">
        {running > 0 ? `${running} trials are running. ` : `Last proof ${ago(current.time, now.value)}. `}
        <a href={compareAddress([...current.controls, ...current.runs])}>Compare these runs in full</a>.{" "}
        <Command text={`backprobe prove ${id} --treat ${current.treatments.join("+")}`} />
      </p>
    </>
  );
}

function mean(values: readonly number[]): string {
  return values.length ? format(values.reduce((a, b) => a + b, 0) / values.length) : "–";
}

const KEYS = ["step/loss", "evaluation/loss", "evaluation/accuracy"] as const;
const TITLES: Record<string, string> = { "step/loss": "Training loss", "evaluation/loss": "Loss in evaluation", "evaluation/accuracy": "Accuracy in evaluation" };
const WISH = { reduce: "mean", points: 300 } as const;

function ArmCurves({ arm, name }: { arm: Arm; name: string }): JSX.Element {
  const runs = useMemo(() => [...arm.controls, ...arm.runs], [arm]);
  const { curves, whole } = useOverlay(runs, KEYS, WISH);
  const charts = useMemo(() => KEYS.flatMap((key) => {
    const of = (ids: readonly string[]): Line | null => {
      const members = curves.filter((curve) => curve.key === key && ids.includes(curve.run) && curve.x.length);
      if (!members.length) return null;
      const { x, mean: y, low, high } = band(members);
      return { label: "", x, y, ...(members.length > 1 ? { low, high } : {}) };
    };
    const control = of(arm.controls);
    const treated = of(arm.runs);
    const lines = [...(control ? [{ ...control, label: "control", colour: 0 }] : []), ...(treated ? [{ ...treated, label: name, colour: 1 }] : [])];
    return lines.length ? [{ key, lines }] : [];
  }), [curves, arm, name]);
  if (!charts.length) return <p class="hint">{whole ? "These trials have no curve in common." : "Reading the trials …"}</p>;
  return (
    <div class="charts evidence">
      {charts.map(({ key, lines }) => (
        <LineChart key={key} title={TITLES[key]!} lines={lines} log={lines.some(({ y }) => wantsLog(Array.from(y)))} logX={logX.value} clip={clip.value} smoothing={smoothing.value} group="trials" height={210} />
      ))}
    </div>
  );
}
