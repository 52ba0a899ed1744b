// The small language that narrows the list of runs. Words side by side must all fit; `or` between
// them, `-` or `not` before one, parentheses around some:
//   digits state:failed            words anywhere, a field that holds a word
//   loss<0.3 lr>=1e-3              numbers: a metric, a setting, steps, seconds …
//   config.optimizer=Adam          equal as a whole; != unlike
//   (rule:dead-relu or rule:vanishing) -tag:old

export type Value = string | number | boolean | null | undefined | readonly string[];
/** What a row has under a name; `undefined` where it has nothing of that name. */
export type Read<T> = (row: T, field: string) => Value;
export type Test<T> = (row: T) => boolean;

export interface Query<T> {
  test: Test<T>;
  /** What could not be understood, "" where all was. */
  problem: string;
}

const TOKEN = /\s*(\(|\)|-?"[^"]*"|(?:[^\s()"]|"[^"]*")+)/y;
const TERM = /^([\w./@-]+?)(:|<=|>=|!=|<|>|=)(.*)$/;

/** A test of rows; `words` gives the texts in which a bare word is looked for. */
export function parseQuery<T>(text: string, read: Read<T>, words: (row: T) => readonly string[]): Query<T> {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) tokens.push(found[1]!);
  let at = 0;
  let problem = "";
  const complain = (what: string): void => void (problem ||= what);

  function either(): Test<T> {
    const parts = [every()];
    while (tokens[at]?.toLowerCase() === "or") {
      at++;
      parts.push(every());
    }
    return parts.length === 1 ? parts[0]! : (row) => parts.some((part) => part(row));
  }
  function every(): Test<T> {
    const parts: Test<T>[] = [];
    while (at < tokens.length && tokens[at] !== ")" && tokens[at]!.toLowerCase() !== "or") {
      if (tokens[at]!.toLowerCase() === "and") at++;
      else parts.push(one());
    }
    return (row) => parts.every((part) => part(row));
  }
  function one(): Test<T> {
    const token = tokens[at++] ?? "";
    if (token.toLowerCase() === "not" || token === "-") {
      if (at >= tokens.length) return () => true;
      const inner = one();
      return (row) => !inner(row);
    }
    if (token === "(") {
      const inner = either();
      if (tokens[at] === ")") at++;
      else complain("a ( is not closed");
      return inner;
    }
    if (token.length > 1 && token.startsWith("-") && !/^-[\d.]/.test(token)) {
      const inner = term(token.slice(1));
      return (row) => !inner(row);
    }
    return term(token);
  }
  function term(token: string): Test<T> {
    const [, field, sign, raw] = TERM.exec(token) ?? [];
    if (!field || !sign || token.startsWith('"')) {
      const word = bare(token);
      return (row) => words(row).some((value) => value.toLowerCase().includes(word));
    }
    const wanted = bare(raw ?? "");
    if (sign === ":") return (row) => listed(read(row, field)).some((value) => value.toLowerCase().includes(wanted));
    const number = wanted === "" ? NaN : Number(wanted);
    if (sign === "=" || sign === "!=") {
      const equal = (row: T): boolean => {
        const value = read(row, field);
        if (typeof value === "number" && !Number.isNaN(number)) return value === number;
        return listed(value).some((text) => text.toLowerCase() === wanted);
      };
      return sign === "=" ? equal : (row) => !equal(row);
    }
    if (Number.isNaN(number)) complain(`${field}${sign} wants a number`);
    return (row) => {
      const value = read(row, field);
      const here = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : NaN;
      return sign === "<" ? here < number : sign === ">" ? here > number : sign === "<=" ? here <= number : here >= number;
    };
  }

  const parts: Test<T>[] = [either()];
  while (at < tokens.length) {
    complain("a ) without a (");
    at++;
    parts.push(either());
  }
  return { test: (row) => parts.every((part) => part(row)), problem };
}

function bare(text: string): string {
  return text.replaceAll('"', "").toLowerCase();
}

function listed(value: Value): readonly string[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? (value as readonly string[]) : [String(value)];
}
