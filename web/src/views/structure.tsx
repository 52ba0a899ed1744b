// The model as a table that folds: modules, shapes, parameters, optimizer, source.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Module, Structure as Data } from "../api/types";
import { flatten } from "../lib/flatten";
import { count, format, shape } from "../lib/number";
import { branches, foldedAtFirst } from "../lib/tree";
import { Section } from "./empty";
import { show } from "./evidence";
import { short } from "./source";

const ROWS = 120;
const LONGEST = 600;

export function Structure({ data }: { data: Data | null }): JSX.Element {
  const first = useMemo(() => foldedAtFirst(data?.modules ?? [], ROWS), [data]);
  const [touched, setTouched] = useState<ReadonlySet<number> | null>(null);
  const folded = touched ?? first;
  const rows = useMemo(() => branches(data?.modules ?? [], folded), [data, folded]);
  if (!data?.modules.length) {
    return <Section id="structure" title="Structure"><p class="hint">No model has been seen yet.</p></Section>;
  }
  const sizes = new Map(data.parameters.map((parameter) => [parameter.index, parameter]));
  const outputs = new Map(data.places.filter((place) => !place.functional).map((place) => [place.module, place.shape]));
  const total = data.parameters.reduce((sum, { size }) => sum + size, 0);
  const toggle = (module: Module): void => {
    const next = new Set(folded);
    if (!next.delete(module.index)) next.add(module.index);
    setTouched(next);
  };
  return (
    <Section id="structure" title="Structure" tools={<span class="muted">{count(total)} parameters in {count(data.parameters.length)} tensors</span>}>
      <div class="facts">
        {data.losses.map((loss) => (
          <span key={`l${loss.index}`} class="fact">loss <b>{loss.before.length ? `${[...loss.before].reverse().join(" → ")} → ` : ""}{loss.kind}</b></span>
        ))}
        {data.optimizers.flatMap((optimizer) => optimizer.groups.map((group, k) => (
          <span key={`o${optimizer.index}.${k}`} class="fact">
            {k ? `group ${k}` : "optimizer"} <b>{optimizer.type}</b>{" "}
            {flatten(group).filter(([key]) => ["lr", "momentum", "weight_decay", "betas"].includes(key)).map(([key, value]) => `${key} ${show(value as never)}`).join(", ")}
          </span>
        )))}
      </div>
      <div class="scroll">
        <table>
          <thead><tr><th>Module</th><th>Type</th><th class="wide-only">Output</th><th class="num">Parameters</th><th>Source</th></tr></thead>
          <tbody>
            {rows.slice(0, LONGEST).map(({ node, depth, children, parameters }) => {
              const own = parameters.flatMap((index) => sizes.get(index) ?? []);
              const missing = own.length > 0 && data.optimizers.length > 0 && own.every(({ optimizer }) => optimizer < 0);
              const frozen = own.length > 0 && own.every(({ requires_grad }) => !requires_grad);
              return (
                <tr key={node.index}>
                  <td style={{ paddingLeft: `${8 + depth * 16}px` }}>
                    {children > 0
                      ? <button type="button" class="fold" aria-expanded={!folded.has(node.index)} aria-label={`fold ${node.name || node.type}`} onClick={() => toggle(node)}>{folded.has(node.index) ? "▸" : "▾"}</button>
                      : <span class="fold" />}
                    <code>{node.name.slice(node.name.lastIndexOf(".") + 1) || "model"}</code>
                    {node.calls === 0 && depth > 0 && !children && <span class="tag">never called</span>}
                    {missing && <span class="tag">in no optimizer</span>}
                    {frozen && <span class="tag">frozen</span>}
                  </td>
                  <td>{node.type}</td>
                  <td class="num-left wide-only">{outputs.has(node.index) ? shape(outputs.get(node.index)!) : ""}</td>
                  <td class="num" title={own.slice(0, 20).map((p) => `${p.name}  ${shape(p.shape)}  ${p.dtype}`).join("\n")}>{own.length ? format(own.reduce((sum, { size }) => sum + size, 0), 6) : ""}</td>
                  <td>{node.source && <code title={`${node.source.file}:${node.source.line}\n${node.source.text}`}>{short(node.source.file)}:{node.source.line}</code>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > LONGEST && <p class="hint">{rows.length - LONGEST} more rows: fold what you don't need.</p>}
    </Section>
  );
}
