// A page that was shared as a file carries its answers with it; a served one has none.

/** Path (with the query, without what only says how finely) → JSON, or bytes in base64. */
export interface Bundle {
  answers: Record<string, { json?: unknown; base64?: string }>;
  /** What was left out, in words. */
  without: string[];
  /** The address to open first. */
  start: string;
}

const NOT_KEPT = ["points", "after", "from", "to", "columns", "since", "reduce"];

export const bundle: Bundle | null = read();

function read(): Bundle | null {
  const element = typeof document === "undefined" ? null : document.getElementById("bundle");
  return element?.textContent ? (JSON.parse(element.textContent) as Bundle) : null;
}

/** The one name of an answer: however fine a picture is asked for, the file has it once. */
export function nameOf(path: string): string {
  const [place = "", query = ""] = path.split("?");
  const kept = [...new URLSearchParams(query)].filter(([key]) => !NOT_KEPT.includes(key)).sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return kept.length ? `${place}?${kept.map(([key, value]) => `${key}=${value}`).join("&")}` : place;
}

/** The answer that the file carries; null on a served page, empty where the file lacks it. */
export function bundled(path: string): { json?: unknown; bytes?: ArrayBuffer } | null {
  if (!bundle) return null;
  const found = bundle.answers[nameOf(path)];
  if (!found) return {};
  if (found.base64 === undefined) return { json: found.json };
  const text = atob(found.base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return { bytes: bytes.buffer };
}
