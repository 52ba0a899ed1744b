// The text of a rule: what it looks for, why, what to try, when it is wrong.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getRule } from "../api/client";
import { parse, type Block, type Inline } from "../lib/markdown";

const cache = new Map<string, Block[]>();

export function RuleText({ name }: { name: string }): JSX.Element {
  const [blocks, setBlocks] = useState<Block[] | null>(cache.get(name) ?? null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (cache.has(name)) return;
    getRule(name).then(
      ({ text }) => {
        const parsed = parse(text);
        cache.set(name, parsed);
        setBlocks(parsed);
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [name]);
  if (problem) return <p class="problem">{problem}</p>;
  if (!blocks) return <p class="hint">Reading …</p>;
  return <div class="prose">{blocks.map((block, k) => <Part key={k} block={block} />)}</div>;
}

function Part({ block }: { block: Block }): JSX.Element {
  switch (block.kind) {
    case "heading": return <h5><Text parts={block.text} /></h5>;
    case "paragraph": return <p><Text parts={block.text} /></p>;
    case "code": return <pre>{block.text}</pre>;
    case "list": return <ul>{block.items.map((item, k) => <li key={k}><Text parts={item} /></li>)}</ul>;
  }
}

export function Text({ parts }: { parts: readonly Inline[] }): JSX.Element {
  return (
    <>
      {parts.map((part, k) => {
        switch (part.kind) {
          case "code": return <code key={k}>{part.text}</code>;
          case "strong": return <strong key={k}>{part.text}</strong>;
          case "em": return <em key={k}>{part.text}</em>;
          case "link": return <a key={k} href={part.href} target="_blank" rel="noopener noreferrer">{part.text}</a>;
          default: return part.text;
        }
      })}
    </>
  );
}
