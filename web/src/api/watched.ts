// One run as the page follows it: each resource is a signal, fetched again when the run advances.
import { signal } from "@preact/signals";
import { Pace } from "../lib/pace";
import { getFindings, getRun, getStructure, Refused } from "./client";
import { listen } from "./live";
import type { Findings, RunDetail, Structure } from "./types";

const DETAIL_MS = 900;
const FINDINGS_MS = 2500;
const FINDINGS_AFTER_MS = 150;

export class Watched {
  readonly detail = signal<RunDetail | null>(null);
  readonly structure = signal<Structure | null>(null);
  readonly findings = signal<Findings | null>(null);
  readonly error = signal("");
  /** Grows with the record: what charts depend on. */
  readonly version = signal(0);
  private readonly paces: Pace[];
  private readonly unlisten: () => void;
  /** Curves come first: a diagnosis of a long record keeps the server busy for a while. */
  private first: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly id: string) {
    const detail = new Pace(() => this.refreshDetail(), DETAIL_MS);
    const findings = new Pace(() => this.refreshFindings(), FINDINGS_MS);
    this.paces = [detail, findings];
    this.unlisten = listen((word) => {
      if (word !== null && !(word.type === "run" && word.id === id)) return;
      // A run at rest has nothing new, whatever was missed.
      if (word === null && this.settled()) return;
      this.version.value += 1;
      detail.poke();
      if (this.first) findings.poke();
    });
    detail.poke();
  }

  stop(): void {
    clearTimeout(this.first ?? undefined);
    this.unlisten();
    for (const pace of this.paces) pace.stop();
  }

  private settled(): boolean {
    const detail = this.detail.value;
    return detail !== null && this.findings.value !== null && detail.run.state !== "running";
  }

  private async refreshDetail(): Promise<void> {
    try {
      const before = this.detail.value;
      const detail = await getRun(this.id);
      // The structure is large and settles early: fetched at the beginning, while it can grow, and at the end.
      const grows = !this.structure.value?.modules.length || (before?.steps ?? 0) < 5;
      this.detail.value = detail;
      this.first ??= setTimeout(() => this.paces[1]?.poke(), FINDINGS_AFTER_MS);
      if (grows || before?.run.state !== detail.run.state) this.structure.value = await getStructure(this.id);
      this.error.value = "";
    } catch (error) {
      this.error.value = error instanceof Refused ? error.message : String(error);
    }
  }

  private async refreshFindings(): Promise<void> {
    try {
      this.findings.value = await getFindings(this.id);
    } catch {
      // The head's request says what is wrong.
    }
  }
}
