// Numbers, times and sizes as people read them. All times are local; the exact ones are in tooltips.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `12,345`. */
export const count = (value: number): string => number.format(value);

/** `12.3K`. */
export const compact = (value: number): string => (Math.abs(value) < 10_000 ? count(value) : short.format(value));

/** `1 step`, `2 steps`. */
export const things = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A share from 0 to 1: `12%`, `0.3%`, `<0.1%`; what is less than all is never `100%`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value > 99.9 && value < 100) return ">99.9%";
  if (value > 99 && value < 100) return `${Math.floor(value * 10) / 10}%`;
  return `${(value < 10 ? tenths : whole).format(value)}%`;
}

const UNITS: [number, string][] = [
  [3_600e9, "h"],
  [60e9, "min"],
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];

/** Nanoseconds: `1.23 ms`, three digits. */
export function duration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0 ns";
  const [size, unit] = UNITS.find(([size]) => Math.abs(nanoseconds) >= size) ?? [1, "ns"];
  return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1.5 MiB`. */
export function bytes(value: number): string {
  const power = value > 0 ? Math.min(Math.floor(Math.log2(value) / 10), SIZES.length - 1) : 0;
  return `${Number((value / 1024 ** power).toPrecision(3))} ${SIZES[power]}`;
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** `14:03:22` of today, `3 Jan 14:03:22` of this year, `3 Jan 2025 14:03:22` before. */
export function moment(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const clock = time.format(date);
  if (date.toDateString() === now.toDateString()) return clock;
  const calendar = date.getFullYear() === now.getFullYear() ? day : dayOfYear;
  return `${calendar.format(date)} ${clock}`;
}

/** The nanoseconds since 1970 of a time as the API writes it: more digits than a number of JavaScript has. */
export function nanoseconds(at: string): bigint {
  const [, whole = at, fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(at) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** The other way round: nanoseconds since 1970 as the API writes a time. */
export function instant(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}Z`;
}
