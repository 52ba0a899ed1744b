// The numbers behind a finding.
import type { JSX } from "preact";
import type { Json, Settings } from "../api/types";
import { flatten } from "../lib/flatten";
import { format } from "../lib/number";

const LONG = 8;

export function Evidence({ evidence }: { evidence: Settings }): JSX.Element {
  const rows = flatten(evidence);
  if (!rows.length) return <p class="muted">The message says it all.</p>;
  return (
    <dl class="pairs">
      {rows.map(([key, value]) => (
        <div key={key}>
          <dt>{key.replaceAll("_", " ")}</dt>
          <dd>{show(value as Json)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A value in one line: numbers rounded, long lists cut in the middle. */
export function show(value: Json): string {
  if (Array.isArray(value)) {
    const parts = value.map(show);
    if (!parts.length) return "–";
    return parts.length > LONG ? [...parts.slice(0, LONG - 2), `… (${parts.length})`, parts.at(-1)!].join(", ") : parts.join(", ");
  }
  if (typeof value === "number") return format(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return format(Number(value));
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null || value === "" ? "–" : String(value);
}
