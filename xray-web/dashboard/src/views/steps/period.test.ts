import { expect, it } from "vitest";
import { beginnings, bucketOf, since, spread } from "./period";

const now = Date.parse("2026-03-04T12:34:56.789Z");

it("a word of time ends at a whole minute, and a time stays what it is", () => {
  expect(since("1h", now)).toBe("2026-03-04T11:34:00.000Z");
  expect(since("2026-03-01T00:00:00Z", now)).toBe("2026-03-01T00:00:00Z");
  expect([since("", now), since(undefined, now)]).toEqual([undefined, undefined]);
});

it("a bucket is the shortest round one of which there are few enough", () => {
  const hour = 3_600_000;
  expect([0, 700, hour, 24 * hour, 365 * 24 * hour].map((long) => bucketOf(long, 60).text)).toEqual([
    "1ms",
    "20ms",
    "1m",
    "30m",
    "168h",
  ]);
  expect(bucketOf(1e13, 60).text).toBe("720h");
});

it("a week's buckets begin where the server has them begin", () => {
  const times = beginnings(new Date(now), new Date(now), bucketOf(365 * 24 * 3_600_000, 60));
  expect(times.map((time) => time.getTime() % (7 * 24 * 3_600_000))).toEqual([0]);
});

it("rows are put where their time is, and gaps stay gaps", () => {
  const times = beginnings(new Date(1_000), new Date(3_500), { milliseconds: 1_000, text: "1s" });
  expect(spread(times, [["1970-01-01T00:00:03.000000000Z", 7]])).toEqual([
    undefined,
    undefined,
    ["1970-01-01T00:00:03.000000000Z", 7],
  ]);
});
