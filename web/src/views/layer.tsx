// One layer: the signals of its tensors over steps, and how their values are distributed.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getHistograms, type Window } from "../api/client";
import type { Histograms, Module, Structure } from "../api/types";
import type { Watched } from "../api/watched";
import { HistogramHeat } from "../charts/histogram";
import { LineChart, type Mark } from "../charts/line";
import { Ridgeline } from "../charts/ridgeline";
import { flatten } from "../lib/flatten";
import { format, shape } from "../lib/number";
import { Pace } from "../lib/pace";
import { wantsLog } from "../lib/range";
import { SourceLines } from "./source";
import { Units } from "./units";
import { useSeries } from "./use-series";

/** A tensor of a layer: one of its parameters, or the output of a place. */
export interface Tensor {
  kind: "parameter" | "output";
  index: number;
}

interface Signal {
  name: string;
  label: string;
}

const SIGNALS: Record<Tensor["kind"], readonly Signal[]> = {
  parameter: [
    { name: "grad_rms", label: "Gradient RMS" }, { name: "update_ratio", label: "Update / weight" },
    { name: "weight_rms", label: "Weight RMS" }, { name: "grad_zero", label: "Zero gradients" },
    { name: "grad_cosine", label: "Gradient agreement" }, { name: "grad_nonfinite", label: "Non-finite gradients" },
    { name: "adam_lag", label: "Gradient / Adam's memory of it" },
  ],
  output: [
    { name: "out_rms", label: "Output RMS" }, { name: "out_mean", label: "Output mean" },
    { name: "out_batch_std", label: "Spread over the batch" }, { name: "out_zero", label: "Zero outputs" },
    { name: "out_saturated", label: "Saturated units" }, { name: "out_dead", label: "Dead units" },
    { name: "out_rank", label: "Directions in use" }, { name: "out_entropy", label: "Attention entropy" },
    { name: "bn_mean_gap", label: "Batch mean against running mean" }, { name: "bn_var_ratio", label: "Batch variance / running variance" },
  ],
};
const DISTRIBUTIONS: Record<Tensor["kind"], readonly string[]> = {
  parameter: ["gradient", "weight", "update"],
  output: ["output"],
};

interface Props {
  run: Watched;
  tensor: Tensor;
  marks: readonly Mark[];
  window: Window;
  onTensor: (tensor: Tensor) => void;
  onClose: () => void;
}

export function LayerPanel({ run, tensor, marks, window, onTensor, onClose }: Props): JSX.Element | null {
  const structure = run.structure.value;
  const signals = SIGNALS[tensor.kind];
  const keys = signals.map(({ name }) => `${tensor.kind}/${tensor.index}/${name}`);
  const tails = useSeries(run, keys, window);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Asked for from elsewhere on the page: the heat map comes into view with the layer below it.
    const top = panel.current?.getBoundingClientRect().top ?? 0;
    if (top < 0 || top > innerHeight * 0.75) panel.current?.closest("section")?.scrollIntoView({ behavior: "smooth" });
  }, [tensor.kind, tensor.index]);
  const about = useMemo(() => structure && describe(structure, tensor), [structure, tensor.kind, tensor.index]);
  if (!about) return null;
  return (
    <aside class="layer" ref={panel} aria-label={`layer ${about.title}`}>
      <div class="part-head">
        <h3>{about.title}</h3>
        <span class="muted">{about.type} · {about.detail}</span>
        <button type="button" class="quiet" onClick={onClose}>Close</button>
      </div>
      <div class="tabs" role="tablist">
        {about.siblings.map(({ tensor: other, label }) => (
          <button
            key={label} type="button" role="tab"
            aria-selected={other.kind === tensor.kind && other.index === tensor.index}
            onClick={() => onTensor(other)}
          >{label}</button>
        ))}
      </div>
      {about.module && <ModuleFacts run={run} module={about.module} />}
      <div class="charts small">
        {signals.map(({ name, label }, k) => {
          const tail = tails.get(keys[k]!);
          if (!tail?.x.length || (name === "grad_nonfinite" && tail.y.every((value) => value === 0))) return null;
          return <Small key={name} label={label} tail={tail} marks={marks} window={window} />;
        })}
      </div>
      <Distribution run={run} tensor={tensor} name={about.title} />
      {tensor.kind === "output" && <Units key={tensor.index} run={run} index={tensor.index} marks={marks} />}
    </aside>
  );
}

function Small({ label, tail, marks, window }: {
  label: string; tail: { x: Float64Array; y: Float64Array }; marks: readonly Mark[]; window: Window;
}): JSX.Element {
  const lines = useMemo(() => [{ label, x: tail.x, y: tail.y }], [label, tail]);
  const log = useMemo(() => wantsLog(tail.y), [tail]);
  return <LineChart title={log ? `${label} (log)` : label} lines={lines} log={log} marks={marks} window={window} height={140} />;
}

function ModuleFacts({ run, module }: { run: Watched; module: Module }): JSX.Element {
  const [open, setOpen] = useState(false);
  const settings = flatten(module.settings);
  return (
    <div class="facts">
      {settings.map(([key, value]) => <span key={key} class="fact">{key} <b>{String(value)}</b></span>)}
      {module.source && <button type="button" class="quiet" onClick={() => setOpen(!open)}>{open ? "Hide the code" : "Where it is made"}</button>}
      {open && module.source && <SourceLines id={run.id} source={module.source} />}
    </div>
  );
}

function Distribution({ run, tensor, name }: { run: Watched; tensor: Tensor; name: string }): JSX.Element {
  const choices = DISTRIBUTIONS[tensor.kind];
  const [chosen, setChosen] = useState(choices[0]!);
  const [hills, setHills] = useState(false);
  const quantity = choices.includes(chosen) ? chosen : choices[0]!;
  const histograms = useHistograms(run, quantity, tensor.index);
  return (
    <div class="distribution">
      <div class="part-head sub">
        <h4>Distribution of the {quantity}</h4>
        {choices.length > 1 && (
          <select aria-label="distribution of" value={quantity} onChange={(event) => setChosen(event.currentTarget.value)}>
            {choices.map((choice) => <option key={choice} value={choice}>{choice}</option>)}
          </select>
        )}
        <button type="button" class="quiet" aria-pressed={hills} onClick={() => setHills(!hills)}>{hills ? "As a heat map" : "As hills"}</button>
      </div>
      {!histograms ? <p class="hint">Reading …</p>
        : hills ? <Ridgeline histograms={histograms} name={name} /> : <HistogramHeat histograms={histograms} name={name} until={run.detail.value?.last_step ?? undefined} />}
    </div>
  );
}

function useHistograms(run: Watched, quantity: string, index: number): Histograms | null {
  const [found, setFound] = useState<{ of: string; histograms: Histograms } | null>(null);
  const of = `${quantity}/${index}`;
  const pace = useRef<Pace | null>(null);
  useEffect(() => {
    const own = new Pace(async () => {
      try {
        setFound({ of, histograms: await getHistograms(run.id, quantity, index, 240) });
      } catch {
        // What is drawn stays.
      }
    }, 1500);
    pace.current = own;
    own.poke();
    return () => own.stop();
  }, [run, of]);
  const version = run.version.value;
  useEffect(() => pace.current?.poke(), [version]);
  return found?.of === of ? found.histograms : null;
}

interface About {
  title: string;
  type: string;
  detail: string;
  module: Module | null;
  siblings: { tensor: Tensor; label: string }[];
}

/** The tensor to look at first of the module of that name; null where it has none. */
export function tensorOf(structure: Structure, name: string): Tensor | null {
  const module = structure.modules.find((other) => other.name === name);
  const parameter = structure.parameters.find((other) => other.module === module?.index);
  if (parameter) return { kind: "parameter", index: parameter.index };
  const place = structure.places.find((other) => other.module === module?.index && !other.functional);
  return place ? { kind: "output", index: place.index } : null;
}

/** What a tensor is, and the other tensors of the same module. */
function describe(structure: Structure, tensor: Tensor): About | null {
  const parameter = tensor.kind === "parameter" ? structure.parameters.find(({ index }) => index === tensor.index) : null;
  const place = tensor.kind === "output" ? structure.places.find(({ index }) => index === tensor.index) : null;
  const own = parameter ?? place;
  if (!own) return null;
  const module = place?.functional ? null : (structure.modules.find(({ index }) => index === own.module) ?? null);
  const siblings = module
    ? [
        ...structure.parameters.filter((other) => other.module === module.index).map((other) => ({ tensor: { kind: "parameter", index: other.index } as Tensor, label: other.name.slice(other.name.lastIndexOf(".") + 1) })),
        ...structure.places.filter((other) => !other.functional && other.module === module.index).map((other) => ({ tensor: { kind: "output", index: other.index } as Tensor, label: "output" })),
      ]
    : [{ tensor, label: "output" }];
  const initial = parameter ? Object.entries(parameter.initial).filter(([key]) => key === "mean" || key === "std") : [];
  const detail = [
    shape(own.shape),
    ...(parameter && parameter.optimizer < 0 ? ["no optimizer holds it"] : []),
    ...(parameter && !parameter.requires_grad ? ["frozen"] : []),
    ...initial.map(([key, value]) => `initial ${key} ${format(Number(value), 3)}`),
  ].join(" · ");
  const title = module ? module.name || module.type : place ? place.label : (parameter?.name ?? "");
  return { title, type: module?.type ?? place?.type ?? "", detail, module, siblings };
}
