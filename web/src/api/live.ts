// The one socket of the page. Where it can't be had, a timer asks in its place.
import { signal } from "@preact/signals";
import { bundle } from "./bundle";
import type { Word } from "./types";

const POLL_MS = 2000;
const RETRY_MS = [500, 1000, 2000, 5000];

/** Whether the page hears of news as they happen. */
export const connected = signal(false);

type Listener = (word: Word | null) => void;
const listeners = new Set<Listener>();
let started = false;

/**
 * Calls back on every word of the server, and with null whenever something may have been missed.
 * Returns what ends it.
 */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (!started && !bundle) {
    started = true;
    connect(0);
    setInterval(() => {
      if (!connected.value) tell(null);
    }, POLL_MS);
  }
  return () => listeners.delete(listener);
}

function tell(word: Word | null): void {
  for (const listener of [...listeners]) listener(word);
}

function connect(failures: number): void {
  const address = new URL("api/live", document.baseURI);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    connected.value = true;
    tell(null);
  };
  socket.onmessage = (event) => tell(JSON.parse(String(event.data)) as Word);
  socket.onclose = () => {
    connected.value = false;
    const tried = opened ? 0 : failures + 1;
    setTimeout(() => connect(tried), RETRY_MS[Math.min(tried, RETRY_MS.length - 1)]);
  };
}
