// Which values an axis names, and how.
import { scaleLinear } from "@visx/scale";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** What a scale is counted in: an axis has round numbers of it. */
const DURATIONS = [1, 1e3, 1e6, 1e9, 60e9, 3_600e9];

/** About `wanted` round numbers from 0 to `most` or a bit more: of nanoseconds if `durations`, without halves if `whole`. */
export function roundTicks(most: number, { durations = false, whole = false, wanted = 4 } = {}): number[] {
  if (most <= 0) return [0, 1];
  const unit = durations ? (DURATIONS.findLast((unit) => most >= unit) ?? 1) : 1;
  const scale = scaleLinear<number>({ domain: [0, most / unit] }).nice(wanted);
  const ticks = scale.ticks(wanted).map((tick) => tick * unit);
  return whole ? ticks.filter(Number.isInteger) : ticks;
}

/** How the times of an axis are written that is so long: as much as tells its ticks apart. */
export function timeFormat(milliseconds: number): (time: Date) => string {
  if (milliseconds < 3 * SECOND) {
    return (time) => `${clock(time, { minute: "2-digit", second: "2-digit" })}.${pad(time.getMilliseconds())}`;
  }
  if (milliseconds < 5 * MINUTE) {
    return (time) => clock(time, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }
  if (milliseconds < DAY) return (time) => clock(time, { hour: "2-digit", minute: "2-digit" });
  if (milliseconds < 4 * DAY) {
    return (time) => clock(time, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  }
  return (time) => time.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

const clock = (time: Date, parts: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", parts).format(time);
const pad = (milliseconds: number) => String(milliseconds).padStart(3, "0");
