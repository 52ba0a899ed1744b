// Numbers as people read them. JSON has no NaN and no infinities: the server sends them as text.

export type Num = number | "NaN" | "Infinity" | "-Infinity";

/** The number that the server meant. */
export function toNumber(value: Num | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : Number(value);
}

/** Four significant digits; exponents outside of 0.001 … 1,000,000; a true minus sign. */
export function format(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa = "", exponent = ""] = value.toExponential(digits - 1).split("e");
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return minus(`${short}e${exponent.replace("+", "")}`);
  }
  if (Number.isInteger(value)) return minus(value.toLocaleString("en-US"));
  return minus(String(Number(value.toPrecision(digits))));
}

/** A count with thousands separators below 100,000 and a letter above. */
export function count(value: number): string {
  for (const [size, letter] of [[1e9, "B"], [1e6, "M"], [1e5, "k"]] as const) {
    if (value >= size) return `${Number((value / (letter === "k" ? 1e3 : size)).toPrecision(3))} ${letter}`;
  }
  return Math.round(value).toLocaleString("en-US");
}

/** A share as a percentage: 0.013 is "1.3 %"; what is small but not nothing never reads 0. */
export function percent(share: number): string {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return `${Number((share * 100).toPrecision(share < 0.1 ? 2 : 3))} %`;
}

/** Seconds as "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  if (seconds < 0) return "–";
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  const units: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const whole = Math.round(seconds);
  const first = units.findIndex(([size]) => whole >= size);
  const [size, name] = units[first]!;
  const big = Math.floor(whole / size);
  const next = units[first + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return next && rest ? `${big} ${name} ${rest} ${next[1]}` : `${big} ${name}`;
}

/** How long ago, from two times in seconds. */
export function ago(then: number, now: number): string {
  const passed = now - then;
  if (passed < 45) return "just now";
  for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"]] as const) {
    if (passed >= size) return `${Math.round(passed / size)} ${name} ago`;
  }
  return "1 min ago";
}

/** A size of a tensor: "8 × 1 × 5 × 5"; a scalar is "1". */
export function shape(sizes: readonly number[]): string {
  return sizes.length ? sizes.join(" × ") : "1";
}

function minus(text: string): string {
  return text.replaceAll("-", "−");
}
