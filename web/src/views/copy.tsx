// A command to copy.
import type { JSX } from "preact";
import { useState } from "preact/hooks";

export function Command({ text }: { text: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      // No clipboard here: the text can be selected.
    }
  };
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" class="quiet" onClick={() => void copy()} aria-label={`copy ${text}`}>
        {copied ? "copied" : "copy"}
      </button>
    </span>
  );
}
