import { expect, it } from "vitest";
import { duration } from "../text/format";
import { roundTicks, timeFormat } from "./ticks";

it("an axis names round numbers, in the unit that they are read in", () => {
  expect(roundTicks(1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(roundTicks(2, { whole: true })).toEqual([0, 1, 2]);
  expect(roundTicks(0)).toEqual([0, 1]);
  expect(roundTicks(17)).toEqual([0, 5, 10, 15, 20]);
  expect(roundTicks(130e9, { durations: true }).map(duration)).toEqual([
    "0 ns",
    "30 s",
    "1 min",
    "1.5 min",
    "2 min",
    "2.5 min",
  ]);
});

it("times say as much as tells them apart", () => {
  const time = new Date("2026-03-04T09:05:06.007");
  expect([1_000, 60_000, 3_600_000, 2 * 86_400_000, 30 * 86_400_000].map((long) => timeFormat(long)(time))).toEqual([
    "05:06.007",
    "09:05:06",
    "09:05",
    "4 Mar, 09:05",
    "4 Mar",
  ]);
});
