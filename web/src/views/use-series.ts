// Series of a run as lines that grow while it trains.
import { useEffect, useRef, useState } from "preact/hooks";
import { getSeries, type Window } from "../api/client";
import type { Watched } from "../api/watched";
import { Pace } from "../lib/pace";
import { EMPTY, extend, type Tail } from "../lib/tail";

const REFRESH_MS = 400;
const POINTS = 1600;
/** As many keys as one request may have. */
const BATCH = 48;

/** The newest points of each key; zoomed in, the points of the window in its own detail. */
export function useSeries(run: Watched, keys: readonly string[], window: Window, axis = "step"): ReadonlyMap<string, Tail> {
  const [tails, setTails] = useState<ReadonlyMap<string, Tail>>(new Map());
  const [zoomed, setZoomed] = useState<{ window: readonly [number, number]; tails: ReadonlyMap<string, Tail> } | null>(null);
  const wanted = useRef({ keys, window, axis });
  wanted.current = { keys, window, axis };
  const whole = useRef<Map<string, Tail>>(new Map());
  const drawnOver = useRef(axis);
  const pace = useRef<Pace | null>(null);

  useEffect(() => {
    const own = new Pace(async () => {
      const { keys: asked, window: at, axis: over } = wanted.current;
      if (over !== drawnOver.current) {
        whole.current = new Map();
        drawnOver.current = over;
      }
      const found = new Map<string, Tail>();
      for (let first = 0; first < asked.length; first += BATCH) {
        const part = asked.slice(first, first + BATCH);
        try {
          for (const [key, addition] of await getSeries(run.id, part, whole.current, at, POINTS, over)) {
            if (at) found.set(key, addition);
            else if (over !== "step") whole.current.set(key, { ...addition, rows: 0 });
            else whole.current.set(key, thin(extend(whole.current.get(key) ?? EMPTY, addition)));
          }
        } catch {
          return; // the run's own request says what is wrong; what is drawn stays
        }
      }
      if (at) setZoomed({ window: at, tails: found });
      else {
        setZoomed(null);
        setTails(new Map(whole.current));
      }
    }, REFRESH_MS);
    pace.current = own;
    own.poke();
    return () => own.stop();
  }, [run]);

  const version = run.version.value;
  const low = window?.[0];
  const high = window?.[1];
  useEffect(() => pace.current?.poke(), [version, keys.join("\n")]);
  // Somebody waits for these: no rest before them.
  useEffect(() => pace.current?.hurry(), [low, high, axis]);
  // Until the detail of a new window is there, what is known of a wider one is drawn.
  return window && zoomed && zoomed.window[0] <= window[0] && zoomed.window[1] >= window[1] ? zoomed.tails : tails;
}

/** A tail that grew far beyond what was asked for is asked for anew, thinned by the server. */
function thin(tail: Tail): Tail {
  return tail.x.length > 3 * POINTS ? { ...tail, rows: 0 } : tail;
}
