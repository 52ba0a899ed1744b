import { expect, test } from "vitest";
import { axis, BINS, binOf, centre, heights, nonfinite, percentile, shelfAt, shelves, ZERO } from "./bins";

function counted(values: Record<number, number>): Float64Array {
  const counts = new Float64Array(BINS);
  for (const [bin, count] of Object.entries(values)) counts[Number(bin)] = count;
  return counts;
}

test("bins are those of the record: powers of two, mirrored around zero", () => {
  // docs/reference/record.md: x < 0 has e = 23 − bin, x > 0 has e = bin − 108.
  expect([binOf(-1), binOf(1), binOf(-(2 ** 23)), binOf(2 ** 30), binOf(0.75)]).toEqual([23, 108, 0, 131, 107]);
  for (let bin = 0; bin < 132; bin++) {
    if (bin < 64 || bin > 67) expect(binOf(centre(bin))).toBe(bin);
  }
  expect(centre(ZERO)).toBe(0);
});

test("values rise with the bin", () => {
  for (let bin = 1; bin < 132; bin++) expect(centre(bin)).toBeGreaterThanOrEqual(centre(bin - 1));
});

test("a percentile lies where the share is reached", () => {
  const counts = counted({ 20: 50, 110: 50 });
  expect([percentile(counts, 0.25), percentile(counts, 0.5), percentile(counts, 0.75)]).toEqual([20.5, 21, 110.5]);
  expect(percentile(new Float64Array(BINS), 0.5)).toBeNull();
});

test("NaN and infinite elements are a share of all", () => {
  expect(nonfinite(counted({ 66: 3, 132: 1 }))).toBe(0.25);
  expect(nonfinite(new Float64Array(BINS))).toBe(0);
});

test("rows reach from the least to the greatest value, each bin in one row, empty stretches in one", () => {
  const rows = shelves(counted({ 30: 1, 31: 5, 90: 2, 95: 1 }));
  expect(rows).toEqual([
    { low: 30, high: 30 }, { low: 31, high: 31 }, { low: 32, high: 63 }, { low: 64, high: 67 },
    ...rows.slice(4),
  ]);
  rows.slice(1).forEach((row, k) => expect(row.low).toBe(rows[k]!.high + 1));
  expect(rows.at(-1)).toEqual({ low: 95, high: 95 });
  expect(rows.length).toBeLessThan(14);
});

test("zero has a row even where nothing is near it, and nothing at all has none", () => {
  expect(shelves(counted({ 110: 1 }))[0]).toEqual({ low: 64, high: 67 });
  expect(shelves(new Float64Array(BINS))).toEqual([]);
});

test("positions rise over the rows", () => {
  const rows = shelves(counted({ 30: 1, 90: 2 }));
  let before = -1;
  for (let at = 30; at <= 91; at += 0.5) {
    const here = shelfAt(rows, at);
    expect(here).toBeGreaterThanOrEqual(before);
    before = here;
  }
  expect(before).toBe(rows.length);
});

test("the greatest row is 1", () => {
  const counts = counted({ 100: 4, 101: 8 });
  const rows = shelves(counts);
  expect(Math.max(...heights(counts, rows))).toBe(1);
  expect(heights(counts, rows).filter((share) => share > 0).length).toBe(2);
});

test("labels keep their distance and zero is one of them", () => {
  const rows = shelves(counted({ 60: 1, 70: 1, 80: 1, 90: 1, 100: 1, 108: 1, 109: 1 }));
  const labels = axis(rows, 3);
  expect(labels.map(({ value }) => value)).toContain(0);
  for (const a of labels) for (const b of labels) if (a !== b) expect(Math.abs(a.at - b.at)).toBeGreaterThanOrEqual(3);
});
