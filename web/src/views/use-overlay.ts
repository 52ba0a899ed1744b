// Some keys of many runs, fetched in parts so that the first lines are there at once.
import { useEffect, useRef, useState } from "preact/hooks";
import { getOverlay, type OverlayWish } from "../api/client";
import { listen } from "../api/live";
import type { Curve } from "../api/types";
import { requests } from "../lib/overlay";
import { Pace } from "../lib/pace";

const REFRESH_MS = 1500;

export interface Overlaid {
  curves: readonly Curve[];
  /** All parts have been asked for: what is not there does not exist. */
  whole: boolean;
}

const NOTHING: Overlaid & { name: string } = { name: "", curves: [], whole: false };

/** The curves that have come so far; asked for again while one of the runs still trains. */
export function useOverlay(runs: readonly string[], keys: readonly string[], wish: OverlayWish): Overlaid {
  const name = JSON.stringify([runs, keys, wish]);
  const [found, setFound] = useState(NOTHING);
  const shown = useRef(found);
  shown.current = found;
  useEffect(() => {
    let stopped = false;
    const pace = new Pace(async () => {
      const old = shown.current.name === name ? shown.current.curves : [];
      const known = new Map(old.map((curve) => [`${curve.run}\n${curve.key}`, curve]));
      const parts = requests(runs, keys);
      for (const [k, part] of parts.entries()) {
        try {
          for (const curve of await getOverlay(part.runs, part.keys, wish)) known.set(`${curve.run}\n${curve.key}`, curve);
        } catch {
          // what came stays
        }
        if (stopped) return;
        setFound({ name, curves: [...known.values()], whole: k === parts.length - 1 });
      }
    }, REFRESH_MS);
    pace.poke();
    const wanted = new Set(runs);
    const unlisten = listen((word) => {
      if (word?.type === "run" && wanted.has(word.id)) pace.poke();
    });
    return () => {
      stopped = true;
      pace.stop();
      unlisten();
    };
  }, [name]);
  // While a new wish is on its way the old picture stays.
  return found;
}
