// How times and durations are cut into buckets that people can read.

export type Buckets = { start: bigint; width: bigint; count: number };

const MS = 1_000_000n;
const S = 1_000n * MS;
const ROUND = [1n, 2n, 5n, 10n, 20n, 50n, 100n, 200n, 500n];
const WIDTHS: bigint[] = [
  ...ROUND.map((digits) => digits * 1_000n),
  ...ROUND.map((digits) => digits * MS),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((seconds) => seconds * S),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((minutes) => minutes * 60n * S),
  ...[1n, 2n, 3n, 6n, 12n].map((hours) => hours * 3_600n * S),
  ...[1n, 2n, 7n, 14n, 28n, 91n, 364n].map((days) => days * 86_400n * S),
];

/** At most `most` buckets of a round width, counted from 1970, that have both times in them. */
export function timeBuckets(from: bigint, to: bigint, most: number): Buckets {
  const cut = (width: bigint): Buckets => {
    const start = from - (from % width);
    return { start, width, count: Number((to - start) / width) + 1 };
  };
  const widest = WIDTHS.at(-1) ?? S;
  return WIDTHS.map(cut).find(({ count }) => count <= most) ?? cut(widest * ((to - from) / widest / BigInt(most) + 1n));
}

const DIGITS = [[1, 2, 5], [1, 3], [1]];

/**
 * The ends of at most `most` buckets, each a multiple of the one before, that have both durations in them. A bucket
 * begins with the duration at its lower end and does not have the one at its upper end.
 */
export function durationEdges(shortest: number, longest: number, most: number): number[] {
  const low = Math.max(1, shortest);
  const high = Math.max(low, longest);
  for (const digits of DIGITS) {
    const all = Array.from({ length: 16 }, (_, power) => digits.map((digit) => digit * 10 ** power)).flat();
    const first = all.findLastIndex((edge) => edge <= low);
    const last = all.findIndex((edge) => edge > high);
    const edges = all.slice(Math.max(0, first), last < 0 ? all.length : last + 1);
    if (edges.length - 1 <= most) return edges;
  }
  return Array.from({ length: 16 }, (_, power) => 10 ** power);
}

/** In which bucket a duration is, as the query language says it. */
export function bucketOf(edges: number[]): string {
  const inner = edges.slice(1, -1);
  return inner.map((edge, bucket) => `duration < duration("${edge}ns") ? ${bucket} : `).join("") + inner.length;
}
