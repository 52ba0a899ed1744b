// In which pieces the curves of many runs are asked for.

/** Runs of one request, where it is for the first chart alone, and where it is for the others. */
const AHEAD = 100;
const PART = 24;
/** As many as one request may have. */
const KEYS = 16;

export interface Part {
  runs: readonly string[];
  keys: readonly string[];
}

/** The first chart of all runs comes before the others: it is what one looks at. */
export function requests(runs: readonly string[], keys: readonly string[]): Part[] {
  const ahead = runs.length > PART && keys.length > 1 ? 1 : 0;
  return [...cut(runs, keys.slice(0, ahead), AHEAD), ...cut(runs, keys.slice(ahead), PART)];
}

function cut(runs: readonly string[], keys: readonly string[], most: number): Part[] {
  const found: Part[] = [];
  for (let first = 0; first < runs.length; first += most) {
    for (let from = 0; from < keys.length; from += KEYS) found.push({ runs: runs.slice(first, first + most), keys: keys.slice(from, from + KEYS) });
  }
  return found;
}
