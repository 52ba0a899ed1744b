// A learning-rate range test: loss over the rate, the usable range, the suggestion or why there is none.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LineChart, type Line } from "../charts/line";
import { format } from "../lib/number";
import type { RateTest } from "../lib/proof";
import { wantsLog } from "../lib/range";

/** A loss so many times the first says nothing more about the rate, and flattens all that does. */
const BROKEN = 4;

/** How many values there are until the loss breaks away. */
function untilBroken(loss: readonly number[]): number {
  const first = loss.find(Number.isFinite) ?? 0;
  const broken = first > 0 ? loss.findIndex((value) => !(value <= BROKEN * first)) : -1;
  return broken > 1 ? broken : loss.length;
}

export function RateTestView({ test }: { test: RateTest }): JSX.Element {
  const end = useMemo(() => untilBroken(test.loss), [test]);
  const lines = useMemo<Line[]>(() => {
    const whole: Line = { label: "loss", x: test.lr.slice(0, end), y: test.loss.slice(0, end), colour: 0 };
    if (!test.range) return [whole];
    const [low, high] = test.range;
    const inside = test.lr.map((rate, k) => [rate, test.loss[k]!] as const).filter(([rate]) => rate >= low && rate <= high);
    return [whole, { label: "usable range", x: inside.map(([rate]) => rate), y: inside.map(([, loss]) => loss), colour: 2 }];
  }, [test, end]);
  const marks = test.suggestion === null ? [] : [{ step: test.suggestion, label: `suggestion ${format(test.suggestion, 3)}`, severity: "note" as const }];
  return (
    <div class="rate-test">
      <h3>Learning-rate test</h3>
      <p>
        {test.suggestion !== null
          ? <>Suggested rate <b>{format(test.suggestion, 3)}</b>{test.range && <>, usable from {format(test.range[0], 3)} to {format(test.range[1], 3)}</>}.</>
          : <>No rate is suggested{test.refused ? `: ${test.refused}` : ""}.</>}
      </p>
      <LineChart title="Loss over learning rate" lines={lines} log={wantsLog(test.loss.slice(0, end))} logX axis="learning rate" group="rates" marks={marks} height={230} />
      {end < test.loss.length && <p class="hint">At {format(test.lr[end]!, 3)} the loss is more than {format(BROKEN)} times what it was at first: what follows is not drawn.</p>}
    </div>
  );
}
