// One function a resource. Nothing here touches the document.
import { EMPTY, type Addition, type Tail } from "../lib/tail";
import { decode, type Packed } from "./decode";
import type {
  Console, Findings, Histograms, Matrix, MatrixRow, RuleText, RunDetail, Runs, SourceLines, Structure,
} from "./types";

/** An answer that is no success: `status` 0 means that the server did not answer at all. */
export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, signal ? { signal } : {});
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, "The server does not answer. Is `backprobe ui` still running?");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Refused(401, "The token is missing: open the address that `backprobe ui` printed.");
  const text = await answer.text();
  let message = text;
  try {
    message = String((JSON.parse(text) as { error: unknown }).error);
  } catch {
    // plain text: shown as it is
  }
  throw new Refused(answer.status, message);
}

async function json<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, signal)).json()) as T;
}

async function packed(path: string, signal?: AbortSignal): Promise<Packed> {
  return decode(await (await ask(path, signal)).arrayBuffer());
}

const run = (id: string, rest = ""): string => `api/runs/${encodeURIComponent(id)}${rest}`;

function query(values: Record<string, string | number | null | undefined>): string {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return `?${new URLSearchParams(kept.map(([key, value]) => [key, String(value)]))}`;
}

export const getRuns = (): Promise<Runs> => json("api/runs");
export const getRun = (id: string): Promise<RunDetail> => json(run(id));
export const getStructure = (id: string): Promise<Structure> => json(run(id, "/structure"));
export const getFindings = (id: string): Promise<Findings> => json(run(id, "/findings"));
export const getRule = (name: string): Promise<RuleText> => json(`api/rules/${encodeURIComponent(name)}`);

export const getConsole = (id: string, after: number): Promise<Console> =>
  json(run(id, `/console${query({ after })}`));

export const getSource = (id: string, file: string, line: number, around: number): Promise<SourceLines> =>
  json(run(id, `/source${query({ file, line, around })}`));

export type Window = readonly [number, number] | null;

/** Several series at once: what is new since `tails`, or a stretch of steps. Unknown keys are left out. */
export async function getSeries(
  id: string, keys: readonly string[], tails: ReadonlyMap<string, Tail>, window: Window, points: number,
): Promise<Map<string, Addition>> {
  const asked = new URLSearchParams(keys.map((key) => ["key", key]));
  asked.set("points", String(points));
  if (window) {
    asked.set("from", String(window[0]));
    asked.set("to", String(window[1]));
  } else {
    asked.set("after", keys.map((key) => (tails.get(key) ?? EMPTY).rows).join(","));
  }
  const { header, arrays } = await packed(run(id, `/series?${asked}`));
  const found = new Map<string, Addition>();
  const listed = header["series"] as { key: string; rows?: number; reset?: boolean; error?: string }[];
  listed.forEach((one, place) => {
    const x = arrays.get(`${place}/x`);
    const y = arrays.get(`${place}/y`);
    if (x instanceof Float64Array && y instanceof Float64Array) {
      found.set(one.key, { x, y, rows: one.rows ?? 0, reset: one.reset ?? true });
    }
  });
  return found;
}

export async function getMatrix(id: string, signal: string, window: Window, columns: number): Promise<Matrix> {
  const asked = query({ signal, columns, from: window?.[0], to: window?.[1] });
  const { header, arrays } = await packed(run(id, `/heatmap${asked}`));
  return {
    signal,
    rows: header["rows"] as MatrixRow[],
    start: arrays.get("start") as Float64Array,
    end: arrays.get("end") as Float64Array,
    values: arrays.get("values") as Float32Array,
    nonfinite: (arrays.get("nonfinite") as Float32Array | undefined) ?? null,
  };
}

export async function getHistograms(id: string, quantity: string, index: number, columns: number): Promise<Histograms> {
  const { arrays } = await packed(run(id, `/histograms${query({ quantity, index, columns })}`));
  return {
    start: arrays.get("start") as Float64Array,
    end: arrays.get("end") as Float64Array,
    counts: arrays.get("counts") as Float32Array,
  };
}
