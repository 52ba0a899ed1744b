// Findings as the page tells them: causes first, each with the symptoms that it explains.

export interface Ranked {
  rule: string;
  kind: "cause" | "symptom";
  severity: "error" | "warning" | "note";
  rank: number;
  explained_by: readonly string[];
}

export interface Folded<T> {
  finding: T;
  symptoms: T[];
}

/** Alarms with their symptoms, and notes apart. A symptom goes to its best-ranked cause. */
export function fold<T extends Ranked>(findings: readonly T[]): { alarms: Folded<T>[]; notes: T[] } {
  const loud = findings.filter((finding) => finding.severity !== "note");
  const alarms: Folded<T>[] = [];
  const homeless: T[] = [];
  const explains = new Set(loud.flatMap((finding) => finding.explained_by));
  for (const finding of loud) {
    const explained = finding.kind === "symptom" && loud.some((other) => other !== finding && finding.explained_by.includes(other.rule));
    if (!explained) alarms.push({ finding, symptoms: [] });
    else homeless.push(finding);
  }
  for (const symptom of homeless) {
    const home =
      alarms.find(({ finding }) => symptom.explained_by.includes(finding.rule)) ??
      // Explained by a symptom that is itself folded: it goes where that one went.
      alarms.find(({ symptoms }) => symptoms.some((other) => explains.has(other.rule) && symptom.explained_by.includes(other.rule)));
    if (home) home.symptoms.push(symptom);
    else alarms.push({ finding: symptom, symptoms: [] });
  }
  return { alarms, notes: findings.filter((finding) => finding.severity === "note") };
}
