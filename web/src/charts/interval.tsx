// An effect with its interval on a line of its own: zero in the middle, better to the right.
import type { JSX } from "preact";

interface Props {
  effect: number;
  interval: readonly [number, number] | null;
  /** Half the width of the axis. */
  reach: number;
  label: string;
}

export function Interval({ effect, interval, reach, label }: Props): JSX.Element {
  const x = (value: number): number => 50 + 48 * Math.max(-1, Math.min(1, value / (reach || 1)));
  const clear = interval !== null && (interval[0] > 0 || interval[1] < 0);
  return (
    <svg class={clear ? "interval clear" : "interval"} viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={label}>
      <line class="zero" x1="50" x2="50" y1="0" y2="12" />
      {interval && <line class="span" x1={x(interval[0])} x2={x(interval[1])} y1="6" y2="6" />}
      <line class="point" x1={x(effect)} x2={x(effect)} y1="2" y2="10" />
    </svg>
  );
}
