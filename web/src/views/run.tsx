// One run: findings first, then curves, the inside of the network, its structure, and details.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Window } from "../api/client";
import { Watched } from "../api/watched";
import type { Mark } from "../charts/marks";
import { crumb } from "./crumb";
import { Curves } from "./curves";
import { Details } from "./details";
import { Empty } from "./empty";
import { Findings } from "./findings";
import { RunHeader } from "./header";
import { tensorOf, type Tensor } from "./layer";
import { Network } from "./network";
import { Structure } from "./structure";

export function RunPage({ id }: { id: string }): JSX.Element {
  const [run] = useState(() => new Watched(id));
  useEffect(() => () => {
    run.stop();
    crumb.value = "";
  }, [run]);
  const [window, setWindow] = useState<Window>(null);
  const [tensor, setTensor] = useState<Tensor | null>(null);
  const openPlace = (name: string): void => {
    const found = run.structure.value && tensorOf(run.structure.value, name);
    if (found) setTensor(found);
  };
  const detail = run.detail.value;
  const findings = run.findings.value;
  useEffect(() => {
    if (detail) crumb.value = detail.run.name;
  }, [detail?.run.name]);
  // The first step of each loud finding; several at one step are one mark.
  const marks = useMemo<Mark[]>(() => {
    const at = new Map<number, Mark>();
    for (const { rule, severity, steps } of findings?.findings ?? []) {
      if (severity !== "note" && !at.has(steps[0])) at.set(steps[0], { step: steps[0], label: rule, severity });
    }
    return [...at.values()];
  }, [findings]);
  const places = useMemo(
    () => (findings?.findings ?? []).filter(({ severity }) => severity !== "note").flatMap(({ where }) => where),
    [findings],
  );
  const error = run.error.value;
  if (!detail) {
    return error ? <Empty title="This run can't be shown"><p>{error}</p><p><a href="#/">All runs</a></p></Empty> : <p class="hint page-hint">Reading the record …</p>;
  }
  return (
    <div class="run">
      <RunHeader detail={detail} />
      {error && <p class="problem" role="alert">{error}</p>}
      <Findings detail={detail} findings={findings} onPlace={openPlace} />
      <div class="pictures">
        <Curves run={run} keys={detail.keys} marks={marks} window={window} onWindow={setWindow} />
        <Network run={run} quantities={detail.quantities} marks={marks} places={places} window={window} tensor={tensor} onTensor={setTensor} />
      </div>
      <Structure data={run.structure.value} />
      <Details run={run} detail={detail} />
    </div>
  );
}
