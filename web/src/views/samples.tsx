// A few rows of what the network was fed: pictures, tokens, or a table, with their targets.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getSamples } from "../api/client";
import type { Sample } from "../api/types";
import type { Watched } from "../api/watched";
import { count, format, shape, toNumber, type Num } from "../lib/number";
import { bytes, rgba } from "../lib/pixels";

const MOST_COLUMNS = 24;
const MOST_TARGETS = 8;
const MOST_TOKENS = 128;

/** `seen`: of how many phases batches are known; another phase has rows of its own. */
export function Samples({ run, seen }: { run: Watched; seen: number }): JSX.Element | null {
  const [found, setFound] = useState<readonly Sample[]>([]);
  useEffect(() => {
    let stale = false;
    getSamples(run.id).then(({ samples }) => { if (!stale) setFound(samples); }, () => undefined);
    return () => { stale = true; };
  }, [run, seen]);
  return <>{found.map((sample) => <One key={sample.evaluation} sample={sample} />)}</>;
}

function One({ sample }: { sample: Sample }): JSX.Element {
  const shown = sample.picture ? sample.size![0] : sample.inputs!.length;
  const about = `the first ${count(shown)} of ${count(sample.rows)} rows of ${shape(sample.shape) || "one number"}`;
  return (
    <div class="block samples">
      <h3>{sample.evaluation ? "First evaluation batch" : "First training batch"} <small>{about}</small></h3>
      {sample.picture ? <Pictures sample={sample} /> : sample.integer ? <Tokens sample={sample} /> : <Table sample={sample} />}
    </div>
  );
}

function Pictures({ sample }: { sample: Sample }): JSX.Element {
  const planes = useMemo(() => bytes(sample.pixels!), [sample.pixels]);
  return (
    <>
      <div class="sample-pictures">
        {Array.from({ length: sample.size![0] }, (_, row) => (
          <figure key={row}>
            <Picture planes={planes} size={sample.size!} row={row} />
            {sample.targets && <figcaption>{target(sample.targets[row])}</figcaption>}
          </figure>
        ))}
      </div>
      <p class="hint">Black is {format(sample.low ?? 0, 3)}, white {format(sample.high ?? 1, 3)}, as the network is given them{reduced(sample) ? "; fewer pixels than it sees" : ""}.</p>
    </>
  );
}

function reduced({ shape: whole, size }: Sample): boolean {
  return !(whole.includes(size![2]) && whole.includes(size![3]));
}

function Picture({ planes, size, row }: { planes: Uint8Array; size: readonly [number, number, number, number]; row: number }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, , height, width] = size;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = new ImageData(width, height);
    image.data.set(rgba(planes, size, row));
    context.putImageData(image, 0, 0);
  }, [planes, size, row]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`row ${row + 1}`} />;
}

function Tokens({ sample }: { sample: Sample }): JSX.Element {
  return (
    <ol class="sample-tokens">
      {sample.inputs!.map((row, k) => (
        <li key={k}>
          <code>{row.slice(0, MOST_TOKENS).join(" ")}{row.length > MOST_TOKENS ? " …" : ""}</code>
          {sample.targets && <span class="muted"> → <code>{target(sample.targets[k], MOST_TOKENS)}</code></span>}
        </li>
      ))}
    </ol>
  );
}

function Table({ sample }: { sample: Sample }): JSX.Element {
  const width = Math.min(MOST_COLUMNS, sample.inputs![0]?.length ?? 0);
  const more = (sample.inputs![0]?.length ?? 0) > width;
  return (
    <div class="scroll">
      <table class="sample-table">
        <thead><tr>{Array.from({ length: width }, (_, k) => <th key={k} class="num">{k}</th>)}{more && <th>…</th>}{sample.targets && <th class="num">target</th>}</tr></thead>
        <tbody>
          {sample.inputs!.map((row, k) => (
            <tr key={k}>
              {row.slice(0, width).map((value, j) => <td key={j} class="num">{format(toNumber(value), 3)}</td>)}
              {more && <td class="muted">…</td>}
              {sample.targets && <td class="num">{target(sample.targets[k])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function target(row: readonly Num[] | undefined, most = MOST_TARGETS): string {
  if (!row) return "–";
  return row.slice(0, most).map((value) => format(toNumber(value), 3)).join(" ") + (row.length > most ? " …" : "");
}
