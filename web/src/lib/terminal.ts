// What a terminal would have shown: colours left out, lines that were written over gone.

const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Pieces of output, those of one stream joined where they follow each other, as readable text. */
export function screen(pieces: readonly (readonly [number, string])[]): [number, string][] {
  const joined: [number, string][] = [];
  for (const [fd, text] of pieces) {
    const last = joined[joined.length - 1];
    if (last && last[0] === fd) last[1] += text;
    else joined.push([fd, text]);
  }
  return joined.map(([fd, text]) => [fd, plain(text)]);
}

/** A carriage return begins its line anew: of a progress bar only the last state stays. */
function plain(text: string): string {
  return text
    .replace(ESCAPES, "")
    .split("\n")
    .map((line) => {
      const states = line.split("\r").filter(Boolean);
      return states[states.length - 1] ?? "";
    })
    .join("\n");
}
