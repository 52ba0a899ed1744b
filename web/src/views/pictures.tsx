// The evidence of a finding as the very charts that show it.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getMatrix } from "../api/client";
import type { Finding, Matrix, RunDetail, Structure } from "../api/types";
import type { Watched } from "../api/watched";
import { columnOf, Flow } from "../charts/flow";
import { LineChart, type Line, type Mark } from "../charts/line";
import { pictures, type Picture } from "../lib/evidence";
import { wantsLog } from "../lib/range";
import { EMPTY } from "../lib/tail";
import { useSeries } from "./use-series";

const MOST_LINES = 6;

interface Props {
  run: Watched;
  detail: RunDetail;
  finding: Finding;
}

export function Pictures({ run, detail, finding }: Props): JSX.Element | null {
  const structure = run.structure.value;
  const mark = useMemo<Mark[]>(() => [{ step: finding.steps[0], label: finding.rule, severity: finding.severity }], [finding]);
  const wanted = pictures(finding.rule).filter((picture) => has(picture, detail));
  if (!structure || !wanted.length) return null;
  return (
    <div class="charts evidence">
      {wanted.map((picture) =>
        picture.kind === "depth"
          ? <ByDepth key={picture.title} run={run} detail={detail} finding={finding} picture={picture} />
          : <Curves key={picture.title} run={run} picture={picture} keys={keysOf(picture, detail, structure, finding)} mark={mark} />,
      )}
    </div>
  );
}

function has(picture: Picture, detail: RunDetail): boolean {
  if (picture.kind === "curve") return picture.keys.some((key) => detail.keys.includes(key));
  return picture.kind === "layers" || detail.quantities.some(({ name }) => name === picture.signal);
}

function keysOf(picture: Picture, detail: RunDetail, structure: Structure, finding: Finding): { key: string; label: string }[] {
  if (picture.kind === "curve") {
    const labels: Record<string, string> = { "step/loss": "training", "step/grad_norm": "as the optimizer saw it", "step/clip_norm": "before clipping", "evaluation/loss": "evaluation", "evaluation/accuracy": "evaluation", "step/lr": "first group" };
    return picture.keys.filter((key) => detail.keys.includes(key)).map((key) => ({ key, label: labels[key] ?? key }));
  }
  if (picture.kind === "depth") return [];
  const { of, signal } = picture;
  return finding.where.slice(0, MOST_LINES).flatMap((name) => {
    const module = structure.modules.find((other) => other.name === name)?.index;
    if (of === "parameters") {
      const own = structure.parameters.filter((other) => other.module === module || other.name === name);
      const weight = own.find(({ shape }) => shape.length > 1) ?? own[0];
      return weight ? [{ key: `parameter/${weight.index}/${signal}`, label: weight.name }] : [];
    }
    const place = structure.places.find((other) => other.name === name || other.label === name || other.module === module);
    return place ? [{ key: `output/${place.index}/${signal}`, label: name }] : [];
  });
}

function Curves({ run, picture, keys, mark }: { run: Watched; picture: Picture; keys: readonly { key: string; label: string }[]; mark: readonly Mark[] }): JSX.Element | null {
  const tails = useSeries(run, keys.map(({ key }) => key), null);
  const lines = useMemo<Line[]>(
    () => keys.map(({ key, label }, k) => ({ label, colour: k, ...(tails.get(key) ?? EMPTY) })).filter(({ x }) => x.length),
    keys.map(({ key }) => tails.get(key)),
  );
  if (!lines.length) return null;
  return <LineChart title={picture.title} lines={lines} log={lines.some(({ y }) => wantsLog(Array.from(y)))} marks={mark} height={170} />;
}

function ByDepth({ run, detail, finding, picture }: Props & { picture: Extract<Picture, { kind: "depth" }> }): JSX.Element | null {
  const [matrix, setMatrix] = useState<Matrix | null>(null);
  const quantity = detail.quantities.find(({ name }) => name === picture.signal)!;
  const settled = detail.run.state !== "running" || detail.steps > 50;
  useEffect(() => {
    let stale = false;
    getMatrix(run.id, picture.signal, null, 300).then((found) => { if (!stale) setMatrix(found); }, () => undefined);
    return () => { stale = true; };
  }, [run, picture.signal, settled]);
  const shown = useMemo(() => {
    const rows = matrix?.rows.map((_, row) => row) ?? [];
    const weights = rows.filter((row) => quantity.of !== "parameters" || matrix!.rows[row]!.shape.length > 1);
    return weights.length ? weights : rows;
  }, [matrix]);
  const found = useMemo(() => new Set(matrix?.rows.filter(({ name }) => finding.where.includes(name) || finding.where.includes(name.replace(/\.[^.]+$/, ""))).map(({ name }) => name)), [matrix, finding]);
  if (!matrix?.start.length) return null;
  const column = columnOf(matrix, finding.steps[0]);
  return (
    <figure class="chart">
      <figcaption><span class="chart-title">{picture.title}</span><span class="readout">at step {matrix.start[column]}</span></figcaption>
      <Flow matrix={matrix} quantity={quantity} shown={shown} column={column} other={null} found={found} height={190} />
    </figure>
  );
}
