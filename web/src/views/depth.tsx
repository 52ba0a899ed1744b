// A signal by depth, with a slider over the steps that plays.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Matrix, Quantity } from "../api/types";
import { columnOf, Flow } from "../charts/flow";
import { count } from "../lib/number";

interface Props {
  matrix: Matrix;
  quantity: Quantity;
  shown: readonly number[];
  found: ReadonlySet<string>;
  selected: number | null;
  onPick: (row: number) => void;
  /** Follows the newest step until a step is chosen. */
  step: number | null;
  onStep: (step: number | null) => void;
}

const FRAME_MS = 60;

export function Depth({ matrix, quantity, shown, found, selected, onPick, step, onStep }: Props): JSX.Element {
  const [playing, setPlaying] = useState(false);
  const [pinned, setPinned] = useState<number | null>(null);
  const last = matrix.start.length - 1;
  const column = step === null ? last : columnOf(matrix, step);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const next = column + Math.max(1, Math.round(last / 200));
      if (next >= last) setPlaying(false);
      onStep(matrix.start[Math.min(next, last)]!);
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, column, last, matrix]);
  const play = (): void => {
    if (!playing && column >= last) onStep(matrix.start[0]!);
    setPlaying(!playing);
  };
  return (
    <div class="depth">
      <div class="tools">
        <button type="button" onClick={play} aria-label={playing ? "stop" : "play"}>{playing ? "❚❚" : "▶"}</button>
        <input
          class="step-slider" type="range" min="0" max={last} value={column} aria-label="step" aria-valuetext={`step ${count(matrix.start[column]!)}`}
          onInput={(event) => { setPlaying(false); onStep(matrix.start[Number(event.currentTarget.value)]!); }}
        />
        <output class="step-read">step {count(matrix.start[column]!)}</output>
        {pinned === null
          ? <button type="button" title="Keep this step beside those that you choose next" onClick={() => setPinned(matrix.start[column]!)}>Compare with this step</button>
          : <button type="button" class="pinned" onClick={() => setPinned(null)}><i class="swatch series-2" />step {count(pinned)} <span aria-hidden="true">×</span></button>}
      </div>
      <Flow matrix={matrix} quantity={quantity} shown={shown} column={column} other={pinned === null ? null : columnOf(matrix, pinned)} found={found} selected={selected} onPick={onPick} />
    </div>
  );
}
