import { expect, test } from "vitest";
import { inline, parse } from "./markdown";

test("a rule's docstring becomes headings, paragraphs and lists", () => {
  const text = "The gradient shrinks.\n\n## What to try\n- `swap-activation=relu`: suits\n  sigmoid\n- the last resort\n\n```\nx = 1\n```\n";
  expect(parse(text)).toEqual([
    { kind: "paragraph", text: [{ kind: "text", text: "The gradient shrinks." }] },
    { kind: "heading", level: 2, text: [{ kind: "text", text: "What to try" }] },
    { kind: "list", items: [
      [{ kind: "code", text: "swap-activation=relu" }, { kind: "text", text: ": suits sigmoid" }],
      [{ kind: "text", text: "the last resort" }],
    ] },
    { kind: "code", text: "x = 1" },
  ]);
});

test("only http addresses become links", () => {
  const [, link] = inline("see https://arxiv.org/abs/1502.01852, and more");
  expect(link).toEqual({ kind: "link", text: "https://arxiv.org/abs/1502.01852", href: "https://arxiv.org/abs/1502.01852" });
  expect(inline("[x](javascript:alert(1))")).toEqual([{ kind: "text", text: "[x](javascript:alert(1))" }]);
});

test("markup in a text stays text", () => {
  expect(inline("<img src=x onerror=alert(1)>")).toEqual([{ kind: "text", text: "<img src=x onerror=alert(1)>" }]);
});

test("names with stars and underscores are left alone", () => {
  expect(inline("a * b * c, layer_1_weight")).toEqual([{ kind: "text", text: "a * b * c, layer_1_weight" }]);
});

test("any text ends", () => {
  for (const text of ["", "```", "- ", "    code", "#", "---", "a\n---", "- a\n\n\n- b", "1. a\n2) b"]) expect(() => parse(text)).not.toThrow();
});
