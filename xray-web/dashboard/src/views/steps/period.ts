// The time that is looked at, as the address has it and as the API takes it.

const HOUR = 3_600_000;
export const SINCE = { "1h": HOUR, "1d": 24 * HOUR, "7d": 7 * 24 * HOUR } as const;

/** A time as the API takes it: of `1h` the minute an hour ago, so that the question stays the same for a while. */
export function since(from: string | undefined, now = Date.now()): string | undefined {
  if (!from) return undefined;
  const long = SINCE[from as keyof typeof SINCE];
  if (long === undefined) return from;
  const minute = 60_000;
  return new Date(Math.floor((now - long) / minute) * minute).toISOString();
}

/** Round lengths of time, shortest first, as a query writes them. */
const BUCKETS: [number, string][] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms): [number, string] => [ms, `${ms}ms`]),
  ...[1, 2, 5, 10, 30].map((s): [number, string] => [s * 1_000, `${s}s`]),
  ...[1, 2, 5, 10, 30].map((m): [number, string] => [m * 60_000, `${m}m`]),
  ...[1, 2, 6, 12, 24, 7 * 24].map((h): [number, string] => [h * HOUR, `${h}h`]),
];
const LONGEST: [number, string] = [30 * 24 * HOUR, "720h"];

export type Bucket = { milliseconds: number; text: string };

/** The shortest round length of which there are no more than `most` in so many milliseconds. */
export function bucketOf(milliseconds: number, most: number): Bucket {
  const [size, text] = BUCKETS.find(([size]) => milliseconds / size <= most) ?? LONGEST;
  return { milliseconds: size, text };
}

/** When each bucket begins, from that of the first time to that of the last. */
export function beginnings(first: Date, last: Date, { milliseconds }: Bucket): Date[] {
  const begin = Math.floor(first.getTime() / milliseconds);
  const end = Math.floor(last.getTime() / milliseconds);
  return Array.from({ length: end - begin + 1 }, (_, index) => new Date((begin + index) * milliseconds));
}

/** Rows of a query by buckets, in the order of the beginnings: nothing where there is no row. */
export function spread<Row extends readonly unknown[]>(times: Date[], rows: Row[]): (Row | undefined)[] {
  const byTime = new Map(rows.map((row) => [Date.parse(String(row[0])), row]));
  return times.map((time) => byTime.get(time.getTime()));
}
