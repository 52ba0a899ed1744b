// Names of metrics by what stands before their last slash: "val/loss" belongs to "val".

export interface Named {
  prefix: string;
  keys: string[];
}

/**
 * Keys (`history/…`) by prefix, in the order in which prefixes first come; those without first.
 * `few` keys or less are one section.
 */
export function sections(keys: readonly string[], few = 0): Named[] {
  if (keys.length && keys.length <= few) return [{ prefix: "", keys: [...keys] }];
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const name = key.slice(key.indexOf("/") + 1);
    const cut = name.lastIndexOf("/");
    const prefix = cut > 0 ? name.slice(0, cut) : "";
    found.set(prefix, [...(found.get(prefix) ?? []), key]);
  }
  const all = [...found].map(([prefix, members]) => ({ prefix, keys: members }));
  return [...all.filter(({ prefix }) => !prefix), ...all.filter(({ prefix }) => prefix)];
}
