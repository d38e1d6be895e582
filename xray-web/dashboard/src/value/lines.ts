// A long text in parts that can be shown one by one.

/** No part is longer, whether or not a line ends. */
const LONGEST = 2_000;

export type Line = { text: string; from: number };

/** The lines of a text, with the place where each begins; very long ones in several parts. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    do {
      const part = text.slice(from, Math.min(to, from + LONGEST));
      lines.push({ text: part, from });
      from += part.length;
    } while (from < to);
    from = to + 1;
  }
  return lines;
}

/** The line that holds a place. */
export function lineAt(lines: Line[], place: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.from ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where the words are, in any case. */
export function placesOf(text: string, words: string, most = 10_000): number[] {
  if (words === "") return [];
  const pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  const places: number[] = [];
  for (let found = pattern.exec(text); found && places.length < most; found = pattern.exec(text))
    places.push(found.index);
  return places;
}
