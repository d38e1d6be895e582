// Two runs step by step: which pairs are listed, and what of them is said.
import type { Pair, PairKind } from "../../api/types";
import type { CompareSearch, Shown } from "./search";

/** The id of a run in what was pasted: the id itself, or an address that holds one. */
export const runIn = (pasted: string): string | undefined => /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(pasted)?.[0];

/** A pair by the ids of its steps. */
export const pairKey = ({ a, b }: Pair): string => `${a?.id ?? ""}-${b?.id ?? ""}`;

export const SIGNS: Record<PairKind, string> = { same: "=", changed: "≠", only_a: "A", only_b: "B" };
export const WORDS: Record<PairKind, string> = {
  same: "same",
  changed: "changed",
  only_a: "only in A",
  only_b: "only in B",
};

/** Which kinds the server is asked for; the rest of the choice is made here. */
export function kindsOf(show: Shown | undefined): string | undefined {
  if (show === "changed" || show === "only_a" || show === "only_b") return show;
  // What moved may be the same otherwise.
  return show === "all" || show === "moved" ? "same,changed,only_a,only_b" : undefined;
}

export const listed = (pairs: Pair[], { show, way }: CompareSearch): Pair[] =>
  pairs.filter(
    (pair) =>
      (way === undefined || pair.ways.includes(way)) &&
      (show !== "moved" || pair.moved) &&
      (show !== "flipped" || pair.flipped.length > 0),
  );

export const differs = (pair: Pair): boolean => pair.kind !== "same" || pair.moved;

/** The next pair in a direction, of those that `counts`; the same one where there is none. */
export function next(
  pairs: Pair[],
  at: string | undefined,
  step: 1 | -1,
  counts: (pair: Pair) => boolean,
): string | undefined {
  const from = pairs.findIndex((pair) => pairKey(pair) === at);
  const start = from < 0 && step < 0 ? 0 : from;
  for (let place = start + step; place >= 0 && place < pairs.length; place += step) {
    const pair = pairs[place];
    if (pair && counts(pair)) return pairKey(pair);
  }
  return from < 0 ? undefined : at;
}

/** `1.5× as long`, `3× as fast`, `about as long`. */
export function ratio(times: number): string {
  if (times >= 0.9 && times <= 1.1) return "about as long";
  const factor = times > 1 ? times : 1 / times;
  return `${Number(factor.toPrecision(factor < 10 ? 2 : 3))}× ${times > 1 ? "as long" : "as fast"}`;
}

export type Parts = { before: string; at: string; after: string };

/** Two texts as what they have in common at their ends, and what differs between. */
export function parted(a: string, b: string): [Parts, Parts] {
  const one = [...a];
  const two = [...b];
  const least = Math.min(one.length, two.length);
  let begin = 0;
  while (begin < least && one[begin] === two[begin]) begin += 1;
  let end = 0;
  while (end < least - begin && one.at(-1 - end) === two.at(-1 - end)) end += 1;
  const cut = (signs: string[]): Parts => ({
    before: signs.slice(0, begin).join(""),
    at: signs.slice(begin, signs.length - end).join(""),
    after: signs.slice(signs.length - end).join(""),
  });
  return [cut(one), cut(two)];
}

/** How far one number is from another: `+12`, `−0.5`; nothing of what is no number. */
export function apart(a: unknown, b: unknown): string | undefined {
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  const by = Number((b - a).toPrecision(12));
  return `${by < 0 ? "−" : "+"}${Math.abs(by).toLocaleString("en", { maximumFractionDigits: 9 })}`;
}
