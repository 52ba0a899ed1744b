// What a run was fed, as names and values that can be laid beside those of another.
import type { DataFacts, Phase } from "../api/types";

/** Medians of the batches, the balance of classes, rows that repeat or overlap. */
export function fed({ training, evaluation, targets, repeats, overlap }: DataFacts): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const phase = (name: string, { columns }: Phase): void => {
    for (const [column, [, middle]] of Object.entries(columns)) found.set(`${name} ${column.replaceAll("_", " ")}`, middle);
  };
  phase("training", training);
  phase("evaluation", evaluation);
  for (const { loss, classes, target, weighted } of targets) {
    const counts = Array.isArray(target["classes"]) ? target["classes"].map(Number) : [];
    const total = counts.reduce((a, b) => a + b, 0);
    if (classes > 0) found.set(`${loss} classes`, classes);
    if (weighted) found.set(`${loss} weighted`, weighted);
    counts.slice(0, 20).forEach((count, k) => found.set(`${loss} share of class ${k}`, total ? Number((count / total).toPrecision(3)) : 0));
  }
  if (repeats) {
    found.set("rows hashed", repeats.rows);
    found.set("distinct rows", repeats.distinct);
    found.set("rows that came back", repeats.returned);
  }
  if (overlap) found.set("evaluation rows seen in training", Number(overlap.share.toPrecision(3)));
  return found;
}
