// The address after `#`: it needs nothing of the server, works behind any prefix and from a file.

export type Route = { view: "runs" } | { view: "run"; id: string } | { view: "compare"; ids: string[] };

/** The view that an address asks for; what it does not know is the list of runs. */
export function parseRoute(hash: string): Route {
  const [, view, rest] = /^#\/(runs|compare)\/([^/?]+)/.exec(hash) ?? [];
  if (!view || !rest) return { view: "runs" };
  try {
    if (view === "runs") return { view: "run", id: decodeURIComponent(rest) };
    const ids = [...new Set(rest.split(",").map(decodeURIComponent))].filter(Boolean);
    return ids.length ? { view: "compare", ids } : { view: "runs" };
  } catch {
    return { view: "runs" };
  }
}

export const runAddress = (id: string): string => `#/runs/${encodeURIComponent(id)}`;
export const compareAddress = (ids: readonly string[]): string => `#/compare/${ids.map(encodeURIComponent).join(",")}`;
