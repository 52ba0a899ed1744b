// A grid of treatments: every combination with its outcome, and what each factor does.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Interval } from "../charts/interval";
import { palette } from "../charts/theme";
import { viridis } from "../lib/colour";
import { format } from "../lib/number";
import type { Study } from "../lib/proof";
import { compareAddress } from "../lib/route";

interface Value {
  mean: number;
  spread: number;
  runs: string[];
}

export function StudyView({ study }: { study: Study }): JSX.Element {
  const cells = useMemo(() => new Map(study.cells.map(({ levels, values, runs }) => [levels.join("\n"), measure(values, runs)])), [study]);
  const finite = [...cells.values()].map(({ mean }) => mean).filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  // Two factors make a table; more make one table a combination of the others.
  const [rows, columns = ["", [""]] as [string, string[]], ...others] = study.factors;
  const reach = Math.max(0, ...study.effects.flatMap(({ effect, interval }) => [effect, ...(interval ?? [])]).filter(Number.isFinite).map(Math.abs));
  return (
    <div class="study">
      <h3>Study <small>{study.outcome}: mean ± deviation over {study.cells[0]?.values.length ?? 0} seeds</small></h3>
      {combinations(others.map(([, levels]) => levels)).map((rest) => (
        <div key={rest.join()} class="scroll">
          {rest.length > 0 && <h4>{rest.join(", ")}</h4>}
          <table class="grid">
            {columns[0] && <thead><tr><th />{columns[1].map((level) => <th key={level}>{level}</th>)}</tr></thead>}
            <tbody>
              {rows?.[1].map((level) => (
                <tr key={level}>
                  <th>{level}</th>
                  {columns[1].map((other) => {
                    const found = cells.get([level, ...(columns[0] ? [other] : []), ...rest].join("\n"));
                    return <GridCell key={other} value={found} low={low} high={high} />;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
      <div class="scroll">
        <table>
          <thead><tr><th>What it does</th><th class="wide-only">Against</th><th class="num">Effect <span class="wide-only">on {study.outcome}</span></th><th class="wide-only">less · more</th><th /></tr></thead>
          <tbody>
            {study.effects.map(({ levels, against, effect, interval, clear }) => (
              <tr key={levels.join()}>
                <td class="loose"><code>{levels.join(" × ")}</code></td>
                <td class="muted wide-only"><code>{against.join(", ")}</code></td>
                <td class="num loose">{effect > 0 ? "+" : ""}{format(effect, 3)}{interval && ` [${format(interval[0], 3)}, ${format(interval[1], 3)}]`}</td>
                <td class="wide-only">{Number.isFinite(effect) && <Interval effect={effect} interval={interval} reach={reach} label={format(effect, 3)} />}</td>
                <td>{clear ? <b>clear</b> : <span class="muted">not clear</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function GridCell({ value, low, high }: { value: Value | undefined; low: number; high: number }): JSX.Element {
  void palette.value;
  if (!value || Number.isNaN(value.mean)) return <td class="num muted">failed</td>;
  const share = high > low ? (value.mean - low) / (high - low) : 0.5;
  const [r, g, b] = viridis(0.15 + 0.75 * share);
  const bright = 0.3 * r + 0.59 * g + 0.11 * b > 140;
  return (
    <td class="num cell" style={{ background: `rgb(${r},${g},${b})`, color: bright ? "#111" : "#fff" }}>
      <a href={compareAddress(value.runs)}>{format(value.mean)} <small>± {format(value.spread, 2)}</small></a>
    </td>
  );
}

function measure(values: readonly number[], runs: string[]): Value {
  const mean = values.reduce((a, b) => a + b, 0) / (values.length || 1);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
  return { mean: values.length ? mean : NaN, spread, runs };
}

function combinations(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>((all, levels) => all.flatMap((before) => levels.map((level) => [...before, level])), [[]]);
}
