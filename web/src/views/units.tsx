// Units of one layer over steps: how strongly each answers, how often it is zero or saturated.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getUnits } from "../api/client";
import type { Matrix, Quantity, Units as Found } from "../api/types";
import type { Watched } from "../api/watched";
import { Heatmap } from "../charts/heatmap";
import { LineChart, type Mark } from "../charts/line";
import { count } from "../lib/number";
import { Pace } from "../lib/pace";
import { wantsLog } from "../lib/range";
import { measured, ordered, stuck, type UnitQuantity } from "../lib/units";

const COLUMNS = 400;
const REFRESH_MS = 1500;
const QUANTITIES: Record<UnitQuantity, Quantity> = {
  rms: { name: "rms", of: "outputs", label: "Strength", scale: "log", about: "RMS of what each unit put out. A dark row hardly answers to anything; rows that are all alike do the same." },
  zero: { name: "zero", of: "outputs", label: "Zero", scale: "share", about: "Share of a unit's outputs that are exactly zero. A row that stays bright is a dead unit." },
  saturated: { name: "saturated", of: "outputs", label: "Saturated", scale: "share", about: "Share of a unit's outputs on the flat part of its activation, where it hardly learns." },
};
const NOTHING: ReadonlySet<string> = new Set();

export function Units({ run, index, marks }: { run: Watched; index: number; marks: readonly Mark[] }): JSX.Element | null {
  const found = useUnits(run, index);
  const [asked, setAsked] = useState<UnitQuantity>("rms");
  const [sorted, setSorted] = useState(false);
  const [picked, setPicked] = useState<number | null>(null);
  const choices = found ? measured(found) : [];
  const quantity = choices.includes(asked) ? asked : "rms";
  const matrix = useMemo<Matrix | null>(() => {
    const values = found?.[quantity];
    if (!found || !values) return null;
    const rows = found.units.map((unit) => ({ index: unit, name: `unit ${unit}`, type: "", module: -1, shape: [] }));
    return { signal: quantity, rows, start: found.start, end: found.end, values, nonfinite: null };
  }, [found, quantity]);
  const shown = useMemo(() => (found ? ordered(found, quantity, sorted) : []), [found, quantity, sorted]);
  if (!found) return null;
  if (!matrix) return <p class="hint">Single units of this layer were not looked at: they are now and then, in turns, while a run is young more often.</p>;
  const selected = picked === null ? -1 : found.units.indexOf(picked);
  return (
    <div class="units">
      <div class="part-head sub">
        <h4>Units <small>{said(found)}</small></h4>
        {choices.length > 1 && (
          <select aria-label="of each unit" value={quantity} onChange={(event) => setAsked(event.currentTarget.value as UnitQuantity)}>
            {choices.map((choice) => <option key={choice} value={choice}>{QUANTITIES[choice].label}</option>)}
          </select>
        )}
        <button type="button" class="quiet" aria-pressed={sorted} onClick={() => setSorted(!sorted)}>{sorted ? "In their order" : "Greatest first"}</button>
      </div>
      <Heatmap
        matrix={matrix} quantity={QUANTITIES[quantity]} shown={shown} selected={selected < 0 ? null : selected} marks={marks} found={NOTHING} tall={8}
        onPick={(row) => setPicked(found.units[row]!)}
      />
      {selected >= 0 && <One found={found} quantity={quantity} row={selected} marks={marks} />}
    </div>
  );
}

function said({ units, start, zero, saturated }: Found): string {
  const every = units.length > 1 ? units[1]! - units[0]! : 1;
  const dead = zero ? stuck(zero, start.length) : { now: 0, ever: 0 };
  const flat = saturated ? stuck(saturated, start.length) : { now: 0, ever: 0 };
  const parts = [`${count(units.length)}${every > 1 ? `, one in ${every}` : ""}`];
  if (dead.now) parts.push(`${count(dead.now)} zero for the whole sample at the last look${dead.ever ? `, ${count(dead.ever)} at every look` : ""}`);
  if (flat.now) parts.push(`${count(flat.now)} saturated throughout at the last look`);
  return parts.join(" · ");
}

function One({ found, quantity, row, marks }: { found: Found; quantity: UnitQuantity; row: number; marks: readonly Mark[] }): JSX.Element {
  const columns = found.start.length;
  const y = found[quantity]!.subarray(row * columns, (row + 1) * columns);
  const lines = useMemo(() => {
    // What one look lacks is no hole in the curve.
    const kept = [...y.keys()].filter((k) => !Number.isNaN(y[k]!));
    return [{ label: `unit ${found.units[row]}`, x: kept.map((k) => found.start[k]!), y: kept.map((k) => y[k]!) }];
  }, [found, quantity, row]);
  const log = quantity === "rms" && wantsLog(lines[0]!.y);
  const title = `${QUANTITIES[quantity].label} of unit ${found.units[row]}${log ? " (log)" : ""}`;
  return <LineChart title={title} lines={lines} log={log} marks={marks} height={140} />;
}

function useUnits(run: Watched, index: number): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  const pace = useRef<Pace | null>(null);
  useEffect(() => {
    const own = new Pace(async () => {
      try {
        setFound(await getUnits(run.id, index, COLUMNS));
      } catch {
        // What is drawn stays.
      }
    }, REFRESH_MS);
    pace.current = own;
    own.poke();
    return () => own.stop();
  }, [run, index]);
  const version = run.version.value;
  useEffect(() => pace.current?.poke(), [version]);
  return found;
}
