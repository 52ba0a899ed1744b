// Lines of the user's code around a place.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getSource } from "../api/client";
import type { Source, SourceLines as Lines } from "../api/types";

const FEW = 4;
const MORE = 20;

export function SourceLines({ id, source }: { id: string; source: Source }): JSX.Element {
  const [around, setAround] = useState(FEW);
  const [found, setFound] = useState<Lines | null>(null);
  useEffect(() => {
    let stale = false;
    getSource(id, source.file, source.line, around).then(
      (lines) => { if (!stale) setFound(lines); },
      () => { if (!stale) setFound(null); },
    );
    return () => { stale = true; };
  }, [id, source.file, source.line, around]);
  const lines = found?.lines ?? [source.text];
  const first = found?.first ?? source.line;
  return (
    <figure class="source">
      <figcaption>
        <code title={source.file}>{short(source.file)}:{source.line}</code>
        {found?.why && <span class="muted">{found.why}</span>}
        {lines.length > 1 && <button type="button" class="quiet" onClick={() => setAround(around === FEW ? MORE : FEW)}>{around === FEW ? "More lines" : "Fewer lines"}</button>}
      </figcaption>
      <pre>
        {lines.map((text, k) => (
          <span key={k} class={first + k === source.line ? "here" : ""}>
            <i>{first + k}</i>{text || " "}{"\n"}
          </span>
        ))}
      </pre>
    </figure>
  );
}

/** The last two parts of a path: the whole is in its title. */
export function short(file: string): string {
  return file.split(/[\\/]/).slice(-2).join("/");
}
