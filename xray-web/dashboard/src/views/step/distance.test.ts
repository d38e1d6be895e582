import { describe, expect, it } from "vitest";
import type { Check } from "../../api/types";
import { distanceOf } from "./distance";

const check = (condition: string, holds: boolean, ...values: unknown[]): Check => ({
  condition,
  holds,
  text: condition,
  operands: values.map((value, index) => ({ name: `o${index}`, level: "structured", value })),
});
const share = (...checks: Check[]) => distanceOf({ checks })?.share;

describe("how close a decision was", () => {
  it("is how far the failed condition's value is from its bound", () => {
    expect(share(check("film.rating >= limits.rating", false, 6.3, 7))).toBeCloseTo(0.1);
    expect(share(check("a > b", true, 100, 99), check("c > d", false, 1, 2))).toBe(0.5);
  });
  it("is to a number in the condition, on either side", () => {
    expect(share(check("votes >= 1_000u32", false, 900))).toBeCloseTo(0.1);
    expect(share(check("-1.5e3 < x", false, -1_800))).toBeCloseTo(0.2);
    expect(share(check("shared > 0", false, 0))).toBe(0);
  });
  it("of what was kept, is the least margin", () => {
    expect(share(check("a > b", true, 30, 20), check("c > d", true, 21, 20))).toBe(0.05);
  });
  it("is not known of what is no comparison of numbers", () => {
    expect(share(check("a == b", false, 1, 2))).toBeUndefined();
    expect(share(check("a > b", false, null, 2))).toBeUndefined();
    expect(share(check("a > b.len() + 1", false, 2))).toBeUndefined();
    expect(share(check("seen.contains(x)", false))).toBeUndefined();
    expect(distanceOf({})).toBeUndefined();
  });
});
