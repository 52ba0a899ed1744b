/** Nested settings as rows: `{"a": {"b": 1}}` is `["a.b", 1]`; lists of plain values stay whole. */
export function flatten(value: unknown, prefix = ""): [string, unknown][] {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length) return entries.flatMap(([key, item]) => flatten(item, prefix ? `${prefix}.${key}` : key));
    return prefix ? [[prefix, "{}"]] : [];
  }
  if (Array.isArray(value) && value.some((item) => item !== null && typeof item === "object")) {
    return value.flatMap((item, index) => flatten(item, `${prefix}[${index}]`));
  }
  return prefix ? [[prefix, value]] : [];
}
