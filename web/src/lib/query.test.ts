import { expect, test } from "vitest";
import { parseQuery } from "./query";

interface Row { name: string; loss: number; tags: string[]; state: string }
const rows: Row[] = [
  { name: "alpha one", loss: 0.1, tags: ["old"], state: "failed" },
  { name: "beta", loss: 2, tags: [], state: "finished" },
  { name: "gamma", loss: NaN, tags: ["new"], state: "finished" },
];
const names = (text: string): string =>
  rows.filter(parseQuery<Row>(text, (row, field) => row[field as keyof Row], (row) => [row.name, row.state]).test).map(({ name }) => name[0]).join("");

test("words, fields, numbers, and what joins them", () => {
  expect(names("")).toBe("abg");
  expect(names("BETA")).toBe("b");
  expect(names('"alpha one"')).toBe("a");
  expect(names("state:finished -gamma")).toBe("b");
  expect(names("loss<1 or tags:new")).toBe("ag");
  expect(names("not (loss<1 or tags:new)")).toBe("b");
  expect(names("loss>=0.1 loss<=2")).toBe("ab");
  expect(names("state=finished loss=2")).toBe("b");
  expect(names("state!=finished")).toBe("a");
  expect(names("unknown:x")).toBe("");
});

test("what makes no sense is said and does not throw", () => {
  const problem = (text: string): string => parseQuery<Row>(text, () => null, () => []).problem;
  expect(problem("loss<0.1")).toBe("");
  expect(problem("loss<abc")).toContain("wants a number");
  expect(problem("(a or b")).toContain("not closed");
  expect(problem("a ) b")).toContain("without");
  expect(names("-")).toBe("abg");
});
