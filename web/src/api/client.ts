// One function a resource. Nothing here touches the document.
import { EMPTY, type Addition, type Tail } from "../lib/tail";
import { bundle, bundled } from "./bundle";
import { decode, type Packed } from "./decode";
import type {
  Console, Curve, DataFacts, Divergence, Findings, Graph, Histograms, Matrix, Media, MatrixRow, RuleText, RunDetail, Runs, Samples, SourceLines, Structure, Trash, Trials, Units,
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
  const kept = bundled(path);
  if (kept) {
    if (kept.json === undefined) throw new Refused(404, "This page was shared without it.");
    return kept.json as T;
  }
  return (await (await ask(path, signal)).json()) as T;
}

async function packed(path: string, signal?: AbortSignal): Promise<Packed> {
  const kept = bundled(path);
  if (kept) {
    if (!kept.bytes) throw new Refused(404, "This page was shared without it.");
    return decode(kept.bytes);
  }
  return decode(await (await ask(path, signal)).arrayBuffer());
}

const run = (id: string, rest = ""): string => `api/runs/${encodeURIComponent(id)}${rest}`;

function query(values: Record<string, string | number | null | undefined>): string {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return `?${new URLSearchParams(kept.map(([key, value]) => [key, String(value)]))}`;
}

async function post(path: string, body: unknown): Promise<void> {
  let answer: Response;
  const text = JSON.stringify(body);
  try {
    // A page that is being left still sends what is short enough for that.
    answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: text, keepalive: text.length < 16_000 });
  } catch {
    throw new Refused(0, "The server does not answer. Is `backprobe ui` still running?");
  }
  if (!answer.ok) throw new Refused(answer.status, String(((await answer.json()) as { error: unknown }).error));
}

export interface Label {
  name?: string;
  tags?: string[];
  notes?: string;
  colour?: string;
}

export const getRuns = (since = ""): Promise<Runs> => json(since ? `api/runs${query({ since })}` : "api/runs");
export const labelRun = (id: string, label: Label): Promise<void> => post(run(id, "/label"), label);
export const discardRuns = (runs: readonly string[]): Promise<void> => post("api/trash", { runs });
export const restoreRuns = (runs: readonly string[]): Promise<void> => post("api/trash/restore", { runs });
export const emptyTrash = (): Promise<void> => post("api/trash/empty", {});
export const getTrash = (): Promise<Trash> => json("api/trash");
export const getGraph = (id: string): Promise<Graph> => json(run(id, "/graph"));
export const getData = (id: string): Promise<DataFacts> => json(run(id, "/data"));
export const getSamples = (id: string): Promise<Samples> => json(run(id, "/samples"));
export const getMedia = (id: string): Promise<Media> => json(run(id, "/media"));
export const getTable = (id: string, path: string): Promise<{ columns: unknown[]; data: unknown[][] }> => json(mediaAddress(id, path));
export const mediaAddress = (id: string, path: string): string => run(id, `/media/${path.split("/").map(encodeURIComponent).join("/")}`);
export const getTrials = (id: string): Promise<Trials> => json(run(id, "/trials"));
export const getDivergence = (a: string, b: string): Promise<Divergence> => json(`api/divergence${query({ a, b })}`);
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
  id: string, keys: readonly string[], tails: ReadonlyMap<string, Tail>, window: Window, points: number, axis = "step",
): Promise<Map<string, Addition>> {
  if (bundle && keys.length > 1) {
    // A shared page holds each series on its own.
    const parts = await Promise.all(keys.map((key) => getSeries(id, [key], tails, window, points, axis).catch(() => new Map<string, Addition>())));
    return new Map(parts.flatMap((part) => [...part]));
  }
  const asked = new URLSearchParams(keys.map((key) => ["key", key]));
  asked.set("points", String(points));
  if (axis !== "step") asked.set("x", axis);
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

/** Single units of a place over time. */
export async function getUnits(id: string, index: number, columns: number): Promise<Units> {
  const { header, arrays } = await packed(run(id, `/units${query({ index, columns })}`));
  const values = (name: string): Float32Array | null => (arrays.get(name) as Float32Array | undefined) ?? null;
  return {
    units: header["units"] as number[],
    start: arrays.get("start") as Float64Array,
    end: arrays.get("end") as Float64Array,
    rms: values("rms"),
    zero: values("zero"),
    saturated: values("saturated"),
  };
}

export interface OverlayWish {
  x?: string;
  reduce?: "extremes" | "mean";
  points?: number;
  window?: Window;
}

/** Some keys of many runs; those that a run lacks are left out. */
export async function getOverlay(runs: readonly string[], keys: readonly string[], wish: OverlayWish = {}): Promise<Curve[]> {
  if (bundle && runs.length * keys.length > 1) {
    const each = runs.flatMap((id) => keys.map((key) => getOverlay([id], [key], wish).catch((): Curve[] => [])));
    return (await Promise.all(each)).flat();
  }
  const asked = new URLSearchParams([...runs.map((id) => ["run", id]), ...keys.map((key) => ["key", key])]);
  if (wish.x && wish.x !== "step") asked.set("x", wish.x);
  if (wish.reduce) asked.set("reduce", wish.reduce);
  if (wish.points) asked.set("points", String(wish.points));
  if (wish.window) {
    asked.set("from", String(wish.window[0]));
    asked.set("to", String(wish.window[1]));
  }
  const { header, arrays } = await packed(`api/overlay?${asked}`);
  const listed = header["series"] as { run: string; key: string; rows?: number }[];
  return listed.flatMap((one, place) => {
    const x = arrays.get(`${place}/x`);
    const y = arrays.get(`${place}/y`);
    return x instanceof Float64Array && y instanceof Float64Array ? [{ run: one.run, key: one.key, rows: one.rows ?? 0, x, y }] : [];
  });
}

/** The address of a logged picture: on the server, or within a shared page. */
export function pictureAddress(id: string, path: string): string {
  const address = mediaAddress(id, path);
  const kept = bundled(address);
  return kept ? (typeof kept.json === "string" ? kept.json : "") : address;
}
