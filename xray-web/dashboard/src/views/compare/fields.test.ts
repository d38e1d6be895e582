import { expect, it } from "vitest";
import type { ComparedField } from "../../api/types";
import { bars, conditionOn, numberOf, told } from "./fields";

const field = (changed: Partial<ComparedField>): ComparedField => ({
  field: "tags.genre",
  scale: "category",
  effect: 0.25,
  value: "Adventure",
  a: { values: 11, proportion: 0.18 },
  b: { values: 7, proportion: 0.43 },
  ...changed,
});
const slower = field({
  field: "duration_ns",
  scale: "number",
  auc: 0.22,
  a: { values: 13, median: 793_737 },
  b: { values: 8, median: 3_971_812 },
});

it("a difference is a sentence", () => {
  expect(told(field({}))).toBe('"Adventure" in 18% of A, in 43% of B');
  expect(told(slower)).toBe("lower in A in 78% of pairs; median 794 µs in A, 3.97 ms in B");
  expect(told(field({ scale: "presence", a: { values: 0, proportion: 0 } }))).toBe(
    "has a value in 0% of A, in 43% of B",
  );
});

it("bars compare medians with the higher one, and shares with all", () => {
  expect(bars(slower).map(({ share }) => share.toFixed(2))).toEqual(["0.20", "1.00"]);
  expect(bars(field({})).map(({ share }) => share)).toEqual([0.18, 0.43]);
});

it("a condition leads to what has it", () => {
  expect(conditionOn(field({}), "a")).toBe('tags.genre == "Adventure"');
  expect([conditionOn(slower, "a"), conditionOn(slower, "b")]).toEqual([
    'duration <= duration("793737ns")',
    'duration >= duration("3971812ns")',
  ]);
  expect(conditionOn(field({ value: ["a"] }), "a")).toBeUndefined();
  const size = { ...slower, field: "size(input.words)", a: { values: 1, median: 2 } };
  expect(conditionOn(size, "a", "s.")).toBe("size(s.input.words) <= 2");
});

it("small numbers keep their digits", () => {
  expect([numberOf("x", 0.01234), numberOf("x", 12_345), numberOf("t_ns", 1_000)]).toEqual([
    "0.0123",
    "12,345",
    "1 µs",
  ]);
});
