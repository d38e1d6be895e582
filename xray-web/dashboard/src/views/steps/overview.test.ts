import { expect, it } from "vitest";
import type { CallsiteSummary, Groups } from "../../api/types";
import { callsOverTime, foremost, matching, sortingOf, sortOf } from "./overview";

const callsite = (name: string, kind: string | null): CallsiteSummary => ({
  name,
  kind,
  module: "shop::rank",
  file: "src/rank.rs",
  line: 3,
  steps: 1,
  error_rate: 0,
  p50_ns: 1,
  p95_ns: 1,
  p99_ns: 1,
  rejection_rate: null,
  last_started_at: "2026-03-04T09:05:06Z",
});

it("every word must be somewhere", () => {
  const all = [callsite("suitable", "filter"), callsite("rank", null)];
  expect(matching(all, "FILTER shop").map(({ name }) => name)).toEqual(["suitable"]);
  expect(matching(all, " ")).toHaveLength(2);
});

it("the order is a word of the address", () => {
  expect(sortingOf("-p95")).toEqual([{ id: "p95", desc: true }]);
  expect([sortOf(sortingOf("-p95")), sortOf(sortingOf("name")), sortOf([])]).toEqual(["-p95", "name", undefined]);
});

it("what has none of a measure does not stand out by it", () => {
  expect(foremost([0, 3, null, 1, 2, 5], (it) => it)).toEqual([5, 3, 2]);
});

it("calls are counted function by function, time by time", () => {
  const groups = { data: [["f", "m", 1, "1970-01-01T00:00:02Z", 7]] } as unknown as Groups;
  expect([...callsOverTime(groups, [new Date(1_000), new Date(2_000)])]).toEqual([["m::f:1", [0, 7]]]);
});
