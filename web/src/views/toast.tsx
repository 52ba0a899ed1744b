// A word on what was just done, with a way back.
import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Word {
  text: string;
  undo: (() => Promise<void>) | null;
  problem: boolean;
}

const SHOWN_MS = 12_000;
const word = signal<Word | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, undo: (() => Promise<void>) | null = null, problem = false): void {
  word.value = { text, undo, problem };
  clearTimeout(timer);
  timer = setTimeout(() => (word.value = null), SHOWN_MS);
}

/** Does something that may be refused, and says so. */
export async function attempt(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), null, true);
    return false;
  }
}

/** Takes back what was done last, where that is still offered. */
export function undoLast(): void {
  const back = word.peek()?.undo;
  word.value = null;
  if (back) void attempt(back);
}

export function Toast(): JSX.Element | null {
  const now = word.value;
  if (!now) return null;
  return (
    <div class={now.problem ? "toast toast-problem" : "toast"} role={now.problem ? "alert" : "status"}>
      <span>{now.text}</span>
      {now.undo && <button type="button" onClick={undoLast}>Undo</button>}
      <button type="button" class="quiet" aria-label="dismiss" onClick={() => (word.value = null)}>×</button>
    </div>
  );
}
