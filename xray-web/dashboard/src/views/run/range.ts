// The part of a run's time that is in sight, and how it is moved.
import type { Span } from "./tree";

/** Nothing shorter than this is told apart. */
const SHORTEST_NS = 10;

export const lengthOf = ({ from, to }: Span): number => to - from;

/** `factor` < 1 shows less; `at` keeps its place. */
export function zoomed(range: Span, whole: Span, factor: number, at = (range.from + range.to) / 2): Span {
  const length = Math.max(SHORTEST_NS, lengthOf(range) * factor);
  const before = (at - range.from) / lengthOf(range);
  return within({ from: at - before * length, to: at + (1 - before) * length }, whole);
}

export const moved = (range: Span, whole: Span, by: number): Span =>
  within({ from: range.from + by, to: range.to + by }, whole);

/** As long as asked for, if the whole is, and inside of it; in whole nanoseconds. */
export function within(range: Span, whole: Span): Span {
  const length = Math.max(1, Math.min(lengthOf(range), lengthOf(whole)));
  const from = Math.round(Math.max(whole.from, Math.min(range.from, whole.to - length)));
  return { from, to: Math.min(Math.ceil(from + length), Math.ceil(whole.to)) };
}

export const isWhole = (range: Span, whole: Span): boolean => range.from <= whole.from && range.to >= whole.to;

/** Where on the screen a time is, as a share of the range. */
export const shareOf = (range: Span, at: number): number => (at - range.from) / lengthOf(range);

/** Round times inside of a range, no more than `most`. */
export function ticks(range: Span, most: number): number[] {
  const least = lengthOf(range) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((times) => times * power >= least) ?? 10) * power;
  const times: number[] = [];
  for (let tick = Math.ceil(range.from / step); tick * step <= range.to; tick += 1) times.push(tick * step);
  return times;
}

const UNITS: [number, string][] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];

/** A time since the run began, with as many digits as tell it from its neighbours `apart`. */
export function offset(at: number, apart: number): string {
  const [size, unit] = UNITS.find(([size]) => Math.abs(at) >= size) ?? [1, "ns"];
  const digits = Math.max(0, Math.ceil(Math.log10(size / Math.max(1, apart)) - 1e-9));
  return at === 0 ? "0" : `${Number((at / size).toFixed(Math.min(digits, 9)))} ${unit}`;
}

/** How many of some spans there are in each of `columns` equal parts of the whole. */
export function density(spans: Span[], whole: Span, columns: number): number[] {
  const changes = new Float64Array(columns + 1);
  const column = (at: number) => Math.max(0, Math.min(columns - 1, Math.floor(shareOf(whole, at) * columns)));
  for (const { from, to } of spans) {
    const [first, last] = [column(from), column(to)];
    changes[first] = (changes[first] ?? 0) + 1;
    changes[last + 1] = (changes[last + 1] ?? 0) - 1;
  }
  let running = 0;
  return Array.from({ length: columns }, (_, index) => {
    running += changes[index] ?? 0;
    return running;
  });
}
