import { expect, it } from "vitest";
import { density, isWhole, moved, offset, ticks, within, zoomed } from "./range";

const whole = { from: 0, to: 1_000 };

it("zooming keeps the place that is pointed at, and never leaves the run", () => {
  expect(zoomed(whole, whole, 0.5, 250)).toEqual({ from: 125, to: 625 });
  expect(zoomed({ from: 100, to: 200 }, whole, 0.5)).toEqual({ from: 125, to: 175 });
  expect(isWhole(zoomed({ from: 100, to: 900 }, whole, 4), whole)).toBe(true);
  expect(zoomed({ from: 500, to: 512 }, whole, 0.001)).toEqual({ from: 501, to: 511 });
});

it("moving stops at both ends", () => {
  expect(moved({ from: 100, to: 200 }, whole, -500)).toEqual({ from: 0, to: 100 });
  expect(moved({ from: 100, to: 200 }, whole, 5_000)).toEqual({ from: 900, to: 1_000 });
  expect(within({ from: 2_000, to: 9_000 }, whole)).toEqual(whole);
});

it("ticks are at round times", () => {
  expect(ticks(whole, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
  expect(ticks({ from: 130, to: 170 }, 4)).toEqual([130, 140, 150, 160, 170]);
});

it("a time has the digits that tell it from its neighbours", () => {
  expect(offset(0, 10)).toBe("0");
  expect(offset(12_345_600, 100)).toBe("12.3456 ms");
  expect(offset(12_000_000, 1_000_000)).toBe("12 ms");
  expect(offset(90e9, 10e9)).toBe("90 s");
});

it("the density says how many run at a time", () => {
  const spans = [
    { from: 0, to: 999 },
    { from: 500, to: 500 },
    { from: 500, to: 700 },
  ];
  expect(density(spans, whole, 4)).toEqual([1, 1, 3, 1]);
});
