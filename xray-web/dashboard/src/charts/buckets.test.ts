import { describe, expect, it } from "vitest";
import { bucketOf, durationEdges, timeBuckets } from "./buckets";

describe("buckets of time", () => {
  it("are round, and have all of it", () => {
    const at = 1_795_273_543_113_188_911n;
    const { start, width, count } = timeBuckets(at, at + 3_600_000_000_000n, 60);
    expect([start % width, width, count]).toEqual([0n, 120_000_000_000n, 31]);
    expect(start + width * BigInt(count)).toBeGreaterThan(at + 3_600_000_000_000n);
  });
  it("are one for a single moment, and enough for a century", () => {
    expect(timeBuckets(5_000n, 5_000n, 60)).toEqual({ start: 5_000n, width: 1_000n, count: 1 });
    expect(timeBuckets(0n, 3_200_000_000_000_000_000n, 60).count).toBeLessThanOrEqual(60);
    expect(timeBuckets(0n, 3_200_000_000_000_000_000n, 4).count).toBeLessThanOrEqual(5);
  });
});

describe("buckets of durations", () => {
  it("have the shortest and the longest in them", () => {
    expect(durationEdges(16_642, 167_082_445, 12)).toEqual([
      10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000,
    ]);
    expect(durationEdges(5, 5, 12)).toEqual([5, 10]);
    expect(durationEdges(0, 9, 12)).toEqual([1, 2, 5, 10]);
  });
  it("are never more than there may be", () => {
    expect(durationEdges(1, 9e12, 14).length).toBeLessThanOrEqual(15);
  });
  it("are asked for in the query language", () => {
    expect(bucketOf([10, 20, 50, 100])).toBe('duration < duration("20ns") ? 0 : duration < duration("50ns") ? 1 : 2');
    expect(bucketOf([10, 20])).toBe("0");
  });
});
