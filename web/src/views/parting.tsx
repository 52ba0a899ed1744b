// Where two runs part: the first step at which anything that both measured differs.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getDivergence } from "../api/client";
import type { Divergence, RunRow } from "../api/types";
import { count, format, toNumber } from "../lib/number";
import { Section } from "./empty";

const at = (step: number): string => (step < 0 ? "before the first step" : `step ${count(step)}`);

export function Parting({ a, b }: { a: RunRow; b: RunRow }): JSX.Element | null {
  const [found, setFound] = useState<Divergence | null>(null);
  const live = a.state === "running" || b.state === "running" ? a.summary?.steps : 0;
  useEffect(() => {
    let stale = false;
    getDivergence(a.id, b.id).then((answer) => { if (!stale) setFound(answer); }, () => undefined);
    return () => { stale = true; };
  }, [a.id, b.id, live]);
  if (!found) return null;
  const [first] = found.facts;
  return (
    <Section id="parting" title="First divergence" about="of what both runs measured at the same step">
      {first
        ? <p>They part in their <b>{first.what}</b>, {at(first.step)}{first.names?.length ? <>: first in <code>{first.names[0]}</code></> : null}.</p>
        : <p>{found.same.length ? "Nothing that both measured differs." : "They have measured nothing in common."}</p>}
      {found.facts.length > 0 && (
        <div class="scroll">
          <table>
            <thead><tr><th>What</th><th>First differs</th><th class="wide-only">By more than a tenth</th><th>Where, or how</th></tr></thead>
            <tbody>
              {found.facts.map((fact) => (
                <tr key={fact.what}>
                  <td>{fact.what}</td><td>{at(fact.step)}</td><td class="wide-only">{fact.large === null ? "–" : at(fact.large)}</td>
                  <td class="wrap">{fact.names ? `${fact.names.join(", ")}${(fact.count ?? 0) > fact.names.length ? ` … ${fact.count} in all` : ""}` : fact.values ? fact.values.map((value) => format(toNumber(value), 6)).join(" against ") : ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.same.length > 0 && <p class="hint">Equal throughout: {found.same.join(", ")}.</p>}
    </Section>
  );
}
