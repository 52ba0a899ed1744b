// The address after `#`: it needs nothing of the server, works behind any prefix and from a file.

export type Route = { view: "runs" } | { view: "run"; id: string };

/** The view that an address asks for; what it does not know is the list of runs. */
export function parseRoute(hash: string): Route {
  const [, view, id] = /^#\/(runs)\/([^/?]+)/.exec(hash) ?? [];
  if (!view || !id) return { view: "runs" };
  try {
    return { view: "run", id: decodeURIComponent(id) };
  } catch {
    return { view: "runs" };
  }
}

export const runAddress = (id: string): string => `#/runs/${encodeURIComponent(id)}`;
