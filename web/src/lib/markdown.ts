// The little Markdown that rule texts use, as data. No HTML is ever made from text.

export type Inline =
  | { kind: "text" | "code" | "strong" | "em"; text: string }
  | { kind: "link"; text: string; href: string };
export type Block =
  | { kind: "heading"; level: number; text: Inline[] }
  | { kind: "paragraph"; text: Inline[] }
  | { kind: "list"; items: Inline[][] }
  | { kind: "code"; text: string };

const INLINE =
  /``([^`]+)``|`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)|(https?:\/\/[^\s)>\]]+[^\s)>\].,;:])/g;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** Text with code, emphasis and links. Only http(s) addresses become links. */
export function inline(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) parts.push({ kind: "text", text: text.slice(at, match.index) });
    const [whole, code2, code, strong, em, label, href, bare] = match;
    if (code2 ?? code) parts.push({ kind: "code", text: (code2 ?? code)! });
    else if (strong) parts.push({ kind: "strong", text: strong });
    else if (em) parts.push({ kind: "em", text: em });
    else parts.push({ kind: "link", text: label ?? bare!, href: href ?? bare! });
    at = match.index + whole.length;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  return parts;
}

/** Blocks of a text: headings (`#`, underlined, or one of `titles` alone), lists, code, paragraphs. */
export function parse(text: string, titles: readonly string[] = []): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let i = 0;
  while (i < lines.length) {
    const line = lines[i]!;
    if (!line.trim()) {
      i++;
    } else if (line.startsWith("```")) {
      const end = lines.findIndex((other, k) => k > i && other.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      blocks.push({ kind: "code", text: lines.slice(i + 1, last).join("\n") });
      i = last + 1;
    } else if (/^#{1,6}\s/.test(line)) {
      const level = line.indexOf(" ");
      blocks.push({ kind: "heading", level, text: inline(line.slice(level).trim()) });
      i++;
    } else if (isTitle(line, titles) || /^(-{3,}|={3,})\s*$/.test(lines[i + 1] ?? "")) {
      const underlined = /^(-{3,}|={3,})\s*$/.test(lines[i + 1] ?? "");
      blocks.push({ kind: "heading", level: 2, text: inline(line.trim().replace(/:$/, "")) });
      i += underlined ? 2 : 1;
    } else if (/^ {4}\S/.test(line) && !ITEM.test(line)) {
      const from = i;
      while (i < lines.length && (/^ {4}/.test(lines[i]!) || !lines[i]!.trim())) i++;
      const code = lines.slice(from, i).map((other) => other.slice(4));
      blocks.push({ kind: "code", text: code.join("\n").trimEnd() });
    } else if (ITEM.test(line)) {
      const items: string[] = [];
      while (i < lines.length && lines[i]!.trim()) {
        const item = lines[i]!;
        if (ITEM.test(item)) items.push(item.replace(ITEM, ""));
        else items[items.length - 1] += ` ${item.trim()}`;
        i++;
      }
      blocks.push({ kind: "list", items: items.map(inline) });
    } else {
      const from = i;
      while (i < lines.length && lines[i]!.trim() && !(i > from && (ITEM.test(lines[i]!) || lines[i]!.startsWith("```")))) i++;
      blocks.push({ kind: "paragraph", text: inline(lines.slice(from, i).map((other) => other.trim()).join(" ")) });
    }
  }
  return blocks;
}

function isTitle(line: string, titles: readonly string[]): boolean {
  return titles.includes(line.trim().replace(/:$/, ""));
}
