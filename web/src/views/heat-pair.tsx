// The same signal of two runs, one above the other on one scale, and their ratio.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getMatrix } from "../api/client";
import type { Matrix, RunDetail, RunRow } from "../api/types";
import { Heatmap, rangeOf } from "../charts/heatmap";
import type { Range } from "../lib/range";
import { ratio } from "../lib/ratio";
import { Section } from "./empty";

const NONE: ReadonlySet<string> = new Set();

export function HeatPair({ a, b, details }: { a: RunRow; b: RunRow; details: ReadonlyMap<string, RunDetail> }): JSX.Element | null {
  const [name, setName] = useState("grad_rms");
  const offered = (details.get(a.id)?.quantities ?? []).filter(({ name: own }) => details.get(b.id)?.quantities.some((other) => other.name === own));
  const quantity = offered.find((one) => one.name === name) ?? offered[0];
  const one = useMatrixOf(a, quantity?.name);
  const other = useMatrixOf(b, quantity?.name);
  const apart = useMemo(() => (one && other && quantity ? ratio(one, other, quantity.scale === "log") : null), [one, other, quantity]);
  if (!quantity) return null;
  const rows = (matrix: Matrix): number[] => {
    const all = matrix.rows.map((_, row) => row);
    const weights = all.filter((row) => quantity.of !== "parameters" || matrix.rows[row]!.shape.length > 1);
    return weights.length ? weights : all;
  };
  const ranges = [one, other].flatMap((matrix) => (matrix?.start.length ? (rangeOf(matrix, quantity, rows(matrix)) ?? []) : []));
  const span: Range | null = ranges.length ? [Math.min(...ranges), Math.max(...ranges)] : null;
  return (
    <Section
      id="pair" title="Inside the networks"
      tools={<div class="tools"><label>Signal <select value={quantity.name} onChange={(event) => setName(event.currentTarget.value)}>{offered.map((each) => <option key={each.name} value={each.name}>{each.label}</option>)}</select></label></div>}
    >
      {[[a, one] as const, [b, other] as const].map(([run, matrix]) => matrix?.start.length ? (
        <div key={run.id}><h4>{run.name}</h4><Heatmap matrix={matrix} quantity={quantity} shown={rows(matrix)} selected={null} marks={[]} found={NONE} onPick={() => undefined} span={span} /></div>
      ) : null)}
      {apart && apart.rows.length > 0 && (
        <div>
          <h4>{b.name} against {a.name}</h4>
          <Heatmap
            matrix={apart} shown={rows(apart)} selected={null} marks={[]} found={NONE} onPick={() => undefined}
            quantity={{ ...quantity, scale: "signed", label: "difference", about: quantity.scale === "log" ? "Powers of ten between the two, from a tenth (−1) to ten times (1); the middle is equal." : "The second less the first." }}
          />
        </div>
      )}
    </Section>
  );
}

function useMatrixOf(run: RunRow, name: string | undefined): Matrix | null {
  const [matrix, setMatrix] = useState<Matrix | null>(null);
  useEffect(() => {
    if (!name) return;
    let stale = false;
    getMatrix(run.id, name, null, 400).then((found) => { if (!stale) setMatrix(found); }, () => undefined);
    return () => { stale = true; };
  }, [run.id, name, run.state]);
  return matrix && matrix.signal === name ? matrix : null;
}
