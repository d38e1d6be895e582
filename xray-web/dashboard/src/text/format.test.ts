import { describe, expect, it } from "vitest";
import { bytes, compact, duration, instant, moment, nanoseconds, percent, things } from "./format";

describe("numbers as people read them", () => {
  it("durations have three digits and a unit", () => {
    expect([0, 7, 1_234, 999_999, 45_984_831, 90e9, 7_200e9].map(duration)).toEqual([
      "0 ns",
      "7 ns",
      "1.23 µs",
      "1000 µs",
      "46 ms",
      "1.5 min",
      "2 h",
    ]);
  });
  it("shares, sizes and counts", () => {
    expect([0, 0.0004, 0.0123, 0.5, 0.9959, 0.99999, 1].map(percent)).toEqual([
      "0%",
      "<0.1%",
      "1.2%",
      "50%",
      "99.5%",
      ">99.9%",
      "100%",
    ]);
    expect([0, 1023, 1536, 20 * 2 ** 20].map(bytes)).toEqual(["0 B", "1020 B", "1.5 KiB", "20 MiB"]);
    expect([things(1, "step"), things(2000, "step"), compact(123_456)]).toEqual(["1 step", "2,000 steps", "123K"]);
  });
  it("what is not all is not 100%", () => {
    expect([0.9901, 0.99875, 0.9999, 0.999999].map(percent)).toEqual(["99%", "99.8%", ">99.9%", ">99.9%"]);
  });
  it("the day is said where it is not today", () => {
    const now = new Date("2026-03-04T12:00:00");
    expect(moment("2026-03-04T09:05:06", now)).toBe("09:05:06");
    expect(moment("2026-01-03T09:05:06", now)).toBe("3 Jan 09:05:06");
    expect(moment("2025-01-03T09:05:06", now)).toBe("3 Jan 2025 09:05:06");
  });
  it("times keep their nanoseconds", () => {
    expect(nanoseconds("2026-11-21T15:05:43.113188911Z")).toBe(1_795_273_543_113_188_911n);
    expect(nanoseconds("2026-11-21T15:05:43Z")).toBe(1_795_273_543_000_000_000n);
    expect(nanoseconds("2026-11-21T15:05:43.5Z")).toBe(1_795_273_543_500_000_000n);
    expect(instant(1_795_273_543_113_188_911n)).toBe("2026-11-21T15:05:43.113188911Z");
    expect(instant(nanoseconds("2026-11-21T15:05:43.000000005Z"))).toBe("2026-11-21T15:05:43.000000005Z");
  });
});
