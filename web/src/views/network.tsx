// Inside the network: layer × step, and a layer on its own.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getMatrix, type Window } from "../api/client";
import type { Matrix, Quantity } from "../api/types";
import type { Watched } from "../api/watched";
import { Heatmap } from "../charts/heatmap";
import type { Mark } from "../charts/marks";
import { Pace } from "../lib/pace";
import { Depth } from "./depth";
import { Section } from "./empty";
import { LayerPanel, type Tensor } from "./layer";

const REFRESH_MS = 700;
const COLUMNS = 800;

interface Props {
  run: Watched;
  quantities: readonly Quantity[];
  marks: readonly Mark[];
  /** Names of modules at which something was found. */
  places: readonly string[];
  window: Window;
  /** The tensor whose layer is open. */
  tensor: Tensor | null;
  onTensor: (tensor: Tensor | null) => void;
  /** The step that is looked at by depth and in the graph; null: the newest. */
  step: number | null;
  onStep: (step: number | null) => void;
  /** The step at which the run ended, so far. */
  until?: number | undefined;
}

export function Network({ run, quantities, marks, places, window, tensor, onTensor, step, onStep, until }: Props): JSX.Element {
  const [signalName, setSignal] = useState("grad_rms");
  const [weightsOnly, setWeightsOnly] = useState(true);
  const [filter, setFilter] = useState("");
  const [byDepth, setByDepth] = useState(false);
  const quantity = quantities.find(({ name }) => name === signalName) ?? quantities[0];
  const matrix = useMatrix(run, quantity?.name, window);
  const shown = useMemo(() => {
    const wanted = filter.toLowerCase();
    const rows = (matrix?.rows ?? []).flatMap(({ name, type }, row) => (`${name} ${type}`.toLowerCase().includes(wanted) ? [row] : []));
    if (!matrix || !weightsOnly || quantity?.of !== "parameters") return rows;
    const weights = rows.filter((row) => matrix.rows[row]!.shape.length > 1);
    return weights.length ? weights : rows;
  }, [matrix, weightsOnly, quantity?.of, filter]);
  const found = useMemo(() => {
    const named = new Set(places);
    return new Set(matrix?.rows.filter(({ name }) => named.has(name) || named.has(name.replace(/\.[^.]+$/, ""))).map(({ name }) => name));
  }, [matrix, places.join("\n")]);
  if (!quantity) {
    return (
      <Section id="network" title="Inside the network">
        <p class="hint">No layer has been measured yet. The probe measures at the first optimizer steps; a run without any has nothing to show here.</p>
      </Section>
    );
  }
  const kind = quantity.of === "parameters" ? "parameter" : "output";
  const selected = matrix && tensor?.kind === kind ? matrix.rows.findIndex(({ index }) => index === tensor.index) : -1;
  const hasBiases = matrix?.rows.some(({ shape }) => shape.length <= 1) ?? false;
  return (
    <Section
      id="network"
      title="Inside the network"
      about="layer × optimizer step"
      tools={
        <div class="tools">
          <label>
            Signal
            <select value={quantity.name} onChange={(event) => setSignal(event.currentTarget.value)}>
              {quantities.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}
            </select>
          </label>
          {kind === "parameter" && hasBiases && (
            <label><input type="checkbox" checked={!weightsOnly} onChange={(event) => setWeightsOnly(!event.currentTarget.checked)} /> biases and norms</label>
          )}
          {(matrix?.rows.length ?? 0) > 12 && <input type="search" placeholder="Filter layers" aria-label="filter layers" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />}
          <span class="switch" role="group" aria-label="picture">
            <button type="button" aria-pressed={!byDepth} onClick={() => setByDepth(false)}>over steps</button>
            <button type="button" aria-pressed={byDepth} onClick={() => setByDepth(true)}>by depth</button>
          </span>
        </div>
      }
    >
      {matrix && matrix.start.length && !shown.length ? <p class="hint">No layer fits “{filter}”.</p> : matrix && matrix.start.length && byDepth ? (
        <Depth
          matrix={matrix} quantity={quantity} shown={shown} found={found} selected={selected < 0 ? null : selected} step={step} onStep={onStep}
          onPick={(row) => onTensor({ kind, index: matrix.rows[row]!.index })}
        />
      ) : matrix && matrix.start.length ? (
        <Heatmap
          matrix={matrix}
          quantity={quantity}
          shown={shown}
          selected={selected < 0 ? null : selected}
          marks={marks}
          found={found}
          until={window ? undefined : until}
          onPick={(row) => onTensor({ kind, index: matrix.rows[row]!.index })}
        />
      ) : <p class="hint">{matrix ? `${quantity.label} was not measured.` : "Reading …"}</p>}
      {matrix && matrix.start.length > 0 && !byDepth && (
        <p class="hint">
          {tensor ? "" : "Input at the top, output at the bottom. Click a row to look into its layer."}
        </p>
      )}
      {tensor && <LayerPanel run={run} tensor={tensor} marks={marks} window={window} onTensor={onTensor} onClose={() => onTensor(null)} />}
    </Section>
  );
}

export function useMatrix(run: Watched, name: string | undefined, window: Window): Matrix | null {
  const [matrix, setMatrix] = useState<Matrix | null>(null);
  const wanted = useRef({ name, window });
  wanted.current = { name, window };
  const pace = useRef<Pace | null>(null);
  useEffect(() => {
    const own = new Pace(async () => {
      const { name: asked, window: at } = wanted.current;
      if (!asked) return;
      try {
        const got = await getMatrix(run.id, asked, at, COLUMNS);
        if (wanted.current.name === asked) setMatrix(got);
      } catch {
        // The run's own request says what is wrong; what is drawn stays.
      }
    }, REFRESH_MS);
    pace.current = own;
    return () => own.stop();
  }, [run]);
  const version = run.version.value;
  useEffect(() => pace.current?.poke(), [version]);
  useEffect(() => pace.current?.hurry(), [name, window?.[0], window?.[1]]);
  return matrix && matrix.signal === name ? matrix : null;
}
