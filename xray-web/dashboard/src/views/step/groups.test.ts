import { expect, it } from "vitest";
import type { Counts } from "../../api/types";
import { groupsOf } from "./groups";
import { movement, ranked } from "./rankingColumns";
import { nearestFirst, totalOf } from "./useDecisions";

const counts = {
  kept: 3,
  eliminated: 10,
  scored: 0,
  introduced: 0,
  reasons: [
    { reason: "a", items: 2 },
    { reason: "b", items: 7 },
  ],
} as Counts;

it("decisions fall into groups, the largest reason first", () => {
  const drawn = (search: Parameters<typeof groupsOf>[1]) =>
    groupsOf(counts, search).map(({ outcome, reason, items }) => `${outcome} ${reason ?? "-"} ${items}`);
  expect(drawn({})).toEqual(["eliminated b 7", "eliminated a 2", "eliminated - 1", "kept - 3"]);
  expect(drawn({ outcome: "kept" })).toEqual(["kept - 3"]);
  expect(drawn({ reason: "a" })).toEqual(["eliminated a 2"]);
});

it("the counts say how many there are, where they can", () => {
  expect([totalOf(counts, { reason: "b" }), totalOf(counts, { outcome: "kept" }), totalOf(counts, {})]).toEqual([
    7,
    3,
    undefined,
  ]);
  expect(totalOf(counts, { outcome: "kept", item: "x" })).toBeUndefined();
});

const row = (item: string, rest: object = {}) =>
  ({ item, outcome: "eliminated", before: null, after: null, checks: [], ...rest }) as never;

it("near misses come first, then what was kept, then what is not known", () => {
  const checks = (value: number, holds = false) => ({
    outcome: holds ? "kept" : "eliminated",
    checks: [{ condition: "x > 10", holds, text: "", operands: [{ name: "x", level: "structured", value }] }],
  });
  const rows = [row("far", checks(1)), row("none"), row("kept", checks(11, true)), row("near", checks(9))];
  expect(nearestFirst(rows).map(({ item }) => item)).toEqual(["near", "far", "kept", "none"]);
});

it("a ranking is in the order of what came out", () => {
  const rows = [row("out", { before: 0 }), row("b", { before: 1, after: 1 }), row("a", { before: 2, after: 0 })];
  expect(ranked(rows).map(({ item }) => item)).toEqual(["a", "b", "out"]);
  expect(ranked(rows).map(movement)).toEqual([2, 0, undefined]);
});
