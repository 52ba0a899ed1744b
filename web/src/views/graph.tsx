// The path that the forward really took: modules folded and open, coloured by a signal at a step.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getGraph } from "../api/client";
import type { Graph as Data, Matrix, Module, Operation, Quantity, Structure } from "../api/types";
import type { Watched } from "../api/watched";
import { columnOf } from "../charts/flow";
import { dark } from "../charts/theme";
import { diverging, viridis } from "../lib/colour";
import { draw, openAtFirst, type Box } from "../lib/graph";
import { count, format, percent, shape } from "../lib/number";
import { robust } from "../lib/range";
import { Section } from "./empty";
import type { Tensor } from "./layer";
import { useMatrix } from "./network";
import { SourceLines, short } from "./source";

const WIDE = 184;
const TALL = 38;
const GAP_X = 24;
const GAP_Y = 26;
const FIRST = 60;
const MOST = 600;

interface Props {
  run: Watched;
  quantities: readonly Quantity[];
  /** Names of modules at which something was found. */
  places: readonly string[];
  step: number | null;
  onTensor: (tensor: Tensor | null) => void;
}

export function Graph({ run, quantities, places, step, onTensor }: Props): JSX.Element | null {
  const [data, setData] = useState<Data | null>(null);
  const structure = run.structure.value;
  const known = structure?.modules.length ?? 0;
  useEffect(() => {
    let stale = false;
    getGraph(run.id).then((found) => { if (!stale) setData(found); }, () => undefined);
    return () => { stale = true; };
  }, [run, known]);
  if (!data || !structure) return null;
  if (!data.operations.length) {
    return <Section id="graph" title="Graph"><p class="hint">The path of the forward was not captured{run.detail.value?.steps ? ": see what the probe could not see" : " yet"}.</p></Section>;
  }
  return <Drawn key={run.id} run={run} data={data} structure={structure} quantities={quantities} places={places} step={step} onTensor={onTensor} />;
}

function Drawn({ run, data, structure, quantities, places, step, onTensor }: Props & { data: Data; structure: Structure }): JSX.Element {
  const first = useMemo(() => openAtFirst(data.operations, structure.modules, FIRST), [data, structure.modules]);
  const [touched, setTouched] = useState<ReadonlySet<number> | null>(null);
  const [signalName, setSignal] = useState("grad_rms");
  const [chosen, setChosen] = useState<string | null>(null);
  const [zoom, setZoom] = useState(1);
  const open = touched ?? first;
  const drawing = useMemo(() => draw(data.operations, structure.modules, open), [data, structure.modules, open]);
  const quantity = quantities.find(({ name }) => name === signalName) ?? quantities[0];
  const matrix = useMatrix(run, quantity?.name, null);
  const health = useMemo(() => (matrix && quantity ? worth(matrix, quantity, structure.modules, step) : null), [matrix, quantity, structure.modules, step]);
  const sizes = useMemo(() => parameterCounts(structure), [structure]);
  const modules = useMemo(() => new Map(structure.modules.map((module) => [module.index, module])), [structure.modules]);
  const operations = useMemo(() => new Map(data.operations.map((operation) => [operation.index, operation])), [data]);
  const found = new Set(places);
  const holder = useRef<HTMLDivElement>(null);
  const toggle = (module: number): void => {
    const next = new Set(open);
    if (!next.delete(module)) next.add(module);
    setTouched(next);
  };
  const width = (drawing.right - drawing.left) * (WIDE + GAP_X) + WIDE + 2 * GAP_X + 60;
  const height = drawing.layers * (TALL + GAP_Y) + GAP_Y;
  const x = (box: Box): number => (box.at - drawing.left) * (WIDE + GAP_X) + GAP_X;
  const y = (box: Box): number => box.layer * (TALL + GAP_Y) + GAP_Y / 2;
  const inner = new Set(structure.modules.map(({ parent }) => parent));
  const box = drawing.boxes.find(({ id }) => id === chosen);
  const colour = (one: Box): string | undefined => {
    const value = health?.of(one);
    if (value === undefined || value === null || !health) return undefined;
    if (!Number.isFinite(value)) return "var(--error)";
    const [r, g, b] = quantity!.scale === "signed" ? diverging(dark.value ? [52, 56, 60] : [244, 244, 242])(health.share(value)) : viridis(health.share(value));
    return `rgb(${r},${g},${b})`;
  };
  return (
    <Section
      id="graph" title="Graph" about="operations of one forward"
      tools={
        <div class="tools">
          {quantities.length > 0 && (
            <label>coloured by <select value={quantity?.name} onChange={(event) => setSignal(event.currentTarget.value)}>{quantities.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}</select></label>
          )}
          {health && <span class="muted">{health.said}</span>}
          <button type="button" onClick={() => setTouched(new Set(structure.modules.filter(({ index, parent }) => inner.has(index) && !modules.has(parent)).map(({ index }) => index)))}>Fold all</button>
          <button type="button" onClick={() => setTouched(new Set(structure.modules.filter(({ index }) => inner.has(index)).map(({ index }) => index)))}>Open all</button>
          <button type="button" aria-label="smaller" onClick={() => setZoom(Math.max(0.3, zoom / 1.25))}>−</button>
          <button type="button" aria-label="larger" onClick={() => setZoom(Math.min(2, zoom * 1.25))}>+</button>
        </div>
      }
    >
      {drawing.boxes.length > MOST && <p class="hint">{drawing.boxes.length} boxes, of which the first {MOST} are drawn: fold some modules.</p>}
      {data.cut > 0 && <p class="hint">{count(data.cut)} further operations were left out.</p>}
      <div class="graph-scroll" ref={holder}>
        <svg class="graph" style={{ width: `${(width * zoom) / 14}rem`, height: `${(height * zoom) / 14}rem` }} viewBox={`0 0 ${width} ${height}`}>
          {drawing.edges.map(({ from, to }) => {
            const a = drawing.boxes[from]!;
            const b = drawing.boxes[to]!;
            if (from >= MOST || to >= MOST) return null;
            const x0 = x(a) + WIDE / 2, y0 = y(a) + TALL, x1 = x(b) + WIDE / 2, y1 = y(b);
            const span = b.layer - a.layer;
            // An edge that passes other layers goes around them.
            const away = span > 1 ? WIDE / 2 + 16 + Math.min(span, 6) * 5 : 0;
            const path = away
              ? `M${x0 + WIDE / 4} ${y0} C${x0 + away} ${y0 + 24} ${x0 + away} ${y0 + 20} ${Math.max(x0, x1) + away} ${(y0 + y1) / 2} S${x1 + away} ${y1 - 20} ${x1 + WIDE / 4} ${y1}`
              : `M${x0} ${y0} C${x0} ${y0 + GAP_Y / 2} ${x1} ${y1 - GAP_Y / 2} ${x1} ${y1}`;
            return <path key={`${from}>${to}`} class={chosen !== null && (a.id === chosen || b.id === chosen) ? "edge near" : "edge"} d={path} />;
          })}
          {drawing.boxes.slice(0, MOST).map((one) => {
            const module = modules.get(one.module);
            const tint = colour(one);
            const title = one.folded ? module?.name || module?.type || "model" : one.operation;
            const sick = module !== undefined && (found.has(module.name) || (one.folded && [...found].some((name) => name.startsWith(`${module.name}.`))));
            return (
              <g
                key={one.id} class={`${one.folded ? "box folded" : "box"}${one.id === chosen ? " chosen" : ""}${sick ? " sick" : ""}`} transform={`translate(${x(one)} ${y(one)})`}
                tabIndex={0} role="button" aria-label={`${title} ${shape(one.shape)}`}
                onClick={() => setChosen(one.id)} onDblClick={() => one.folded && inner.has(one.module) && toggle(one.module)}
                onKeyDown={(event) => event.key === "Enter" && setChosen(one.id)}
              >
                <rect width={WIDE} height={TALL} rx="6" />
                {tint && <rect class="tint" width="7" height={TALL - 2} x="1" y="1" rx="3" style={{ fill: tint }} />}
                <text x="14" y="15">{cut(title, sick ? 20 : 23)}</text>
                <text class="small" x="14" y="30">{one.folded ? `${cutEnd(module?.type ?? "", 14)}  ` : ""}{shape(one.shape).replaceAll(" ", "")}</text>
                {one.folded && sizes.has(one.module) && <text class="small end" x={WIDE - 8} y="30">{count(sizes.get(one.module)!)}</text>}
                {sick && <text class="alarm" x={WIDE - 16} y="15">▲</text>}
              </g>
            );
          })}
        </svg>
      </div>
      {box
        ? <About box={box} run={run} module={modules.get(box.module)} operation={operations.get(box.operations[0]!)} structure={structure} opens={inner.has(box.module)} isOpen={open.has(box.module)} value={health?.of(box) ?? null} quantity={quantity} onToggle={() => toggle(box.module)} onTensor={onTensor} />
        : <p class="hint">Click a box to see what it is; a double click opens a folded module.</p>}
    </Section>
  );
}

function About({ box, run, module, operation, structure, opens, isOpen, value, quantity, onToggle, onTensor }: {
  box: Box; run: Watched; module: Module | undefined; operation: Operation | undefined; structure: Structure; opens: boolean; isOpen: boolean;
  value: number | null; quantity: Quantity | undefined; onToggle: () => void; onTensor: (tensor: Tensor | null) => void;
}): JSX.Element {
  const source = box.folded ? module?.source : operation?.source;
  const parameter = structure.parameters.find((other) => other.module === box.module);
  const place = structure.places.find((other) => (box.folded ? !other.functional && other.module === box.module : other.index === operation?.place));
  const tensor: Tensor | null = box.folded && parameter ? { kind: "parameter", index: parameter.index } : place ? { kind: "output", index: place.index } : null;
  return (
    <div class="graph-about">
      <div class="facts">
        <b>{box.folded ? module?.name || "model" : box.operation}</b>
        {box.folded && <span class="fact">{module?.type}</span>}
        {!box.folded && module && <span class="fact">in <b>{module.name || module.type}</b></span>}
        <span class="fact">gives <b>{shape(box.shape)}</b></span>
        {box.folded && <span class="fact">operations <b>{box.operations.length}</b></span>}
        {value !== null && quantity && <span class="fact">{quantity.label.toLowerCase()} <b>{quantity.scale === "share" ? percent(value) : format(value)}</b></span>}
        {opens && <button type="button" onClick={onToggle}>{isOpen ? `Fold ${module?.name || "the model"}` : "Open"}</button>}
        {tensor && <button type="button" onClick={() => onTensor(tensor)}>Signals of this layer</button>}
        {source && <code class="muted">{short(source.file)}:{source.line}</code>}
      </div>
      {source && <SourceLines id={run.id} source={source} />}
    </div>
  );
}

interface Health {
  of: (box: Box) => number | null;
  share: (value: number) => number;
  said: string;
}

/** What each module is worth at a step: of the tensors in it the worst share or the middle magnitude. */
function worth(matrix: Matrix, quantity: Quantity, modules: readonly Module[], step: number | null): Health | null {
  const columns = matrix.start.length;
  if (!columns) return null;
  const parents = new Map(modules.map(({ index, parent }) => [index, parent]));
  const column = step === null ? columns - 1 : columnOf(matrix, step);
  const values = new Map<number, number[]>();
  const weights = matrix.rows.some(({ shape: sizes }) => sizes.length > 1);
  matrix.rows.forEach((row, k) => {
    if (quantity.of === "parameters" && weights && row.shape.length < 2) return;
    // Not every signal is measured at every step: the newest at or before this one counts.
    let at = column;
    while (at > 0 && Number.isNaN(matrix.values[k * columns + at]!) && column - at < 50) at--;
    const broken = (matrix.nonfinite?.[k * columns + at] ?? 0) > 0;
    const value = broken ? Infinity : matrix.values[k * columns + at]!;
    if (Number.isNaN(value)) return;
    const visited = new Set<number>();
    for (let module: number | undefined = row.module; module !== undefined && module >= 0 && !visited.has(module); module = parents.get(module)) {
      visited.add(module);
      values.set(module, [...(values.get(module) ?? []), value]);
    }
  });
  const single = new Map([...values].map(([module, all]) => {
    all.sort((a, b) => a - b);
    return [module, all.includes(Infinity) ? Infinity : quantity.scale === "share" ? all[all.length - 1]! : all[all.length >> 1]!] as const;
  }));
  const log = quantity.scale === "log";
  const range = quantity.scale === "share" ? [0, 1] as const : quantity.scale === "signed" ? [-1, 1] as const : robust([...single.values()], true) ?? [1e-3, 1] as const;
  return {
    of: ({ module, folded }) => (folded ? (single.get(module) ?? null) : null),
    share: (value) => Math.min(1, Math.max(0, log ? Math.log(Math.max(value, Number.MIN_VALUE) / range[0]) / Math.log(range[1] / range[0]) : (value - range[0]) / (range[1] - range[0]))),
    said: `at step ${count(matrix.start[column]!)}: dark ${quantity.scale === "share" ? percent(range[0]) : format(range[0], 2)}, bright ${quantity.scale === "share" ? percent(range[1]) : format(range[1], 2)}`,
  };
}

/** Elements of a module and all that is in it, each tensor once. */
function parameterCounts({ modules, parameters }: Structure): Map<number, number> {
  const size = new Map(parameters.map((parameter) => [parameter.index, parameter.size]));
  const parents = new Map(modules.map(({ index, parent }) => [index, parent]));
  const owned = new Map<number, Set<number>>();
  for (const module of modules) {
    const visited = new Set<number>();
    for (let at: number | undefined = module.index; at !== undefined && !visited.has(at); at = parents.get(at)) {
      visited.add(at);
      const set = owned.get(at) ?? new Set();
      for (const parameter of module.parameters) set.add(parameter);
      owned.set(at, set);
    }
  }
  return new Map([...owned].map(([module, set]): [number, number] => [module, [...set].reduce((sum, index) => sum + (size.get(index) ?? 0), 0)]).filter(([, sum]) => sum > 0));
}

function cutEnd(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}
