// Values for tests: the same seed gives the same ones.

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const LETTERS = ["a", "B", "7", " ", '"', "\\", "/", "{", "}", "[", "]", ",", ":", "\n", "\u0000", "é", "😀", "\u2028"];

/** Any JSON, with everything in its texts that a scanner may stumble over. */
export function generated(next: () => number, depth = 4): unknown {
  const pick = Math.floor(next() * (depth > 0 ? 8 : 5));
  const text = () =>
    Array.from({ length: Math.floor(next() * 8) }, () => LETTERS[Math.floor(next() * LETTERS.length)]).join("");
  const several = <It>(make: () => It) => Array.from({ length: Math.floor(next() * 5) }, make);
  if (pick === 0) return null;
  if (pick === 1) return next() < 0.5;
  if (pick === 2) return Math.floor((next() - 0.5) * 2e9);
  if (pick === 3) return (next() - 0.5) * 10 ** Math.floor(next() * 40 - 20);
  if (pick === 4) return text();
  if (pick < 7) return several(() => generated(next, depth - 1));
  return Object.fromEntries(several(() => [`_${text()}`, generated(next, depth - 1)]));
}
