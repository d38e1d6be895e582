import { expect, it } from "vitest";
import type { Groups } from "../../api/types";
import { overviewOf, rate } from "./statistics";

const at = (second: string) => `2026-03-04T12:00:${second}.000000000Z`;

it("a rate has the unit in which it is a number of one or more", () => {
  expect(rate(120, at("00"), at("10"))).toEqual({ count: 12, unit: "s" });
  expect(rate(5, at("00"), at("59"))).toEqual({ count: 5.1, unit: "min" });
  expect(rate(2, "2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z")).toEqual({ count: 0.5, unit: "day" });
});

it("there is none of a moment", () => {
  expect(rate(120, at("00"), at("00"))).toBeUndefined();
});

it("what there is nothing of is missing", () => {
  const empty = { data: [[0, null, null, null, null, null, null, null]] } as unknown as Groups;
  expect(overviewOf(empty)).toEqual({ count: 0 });
  expect(overviewOf({ data: [] } as unknown as Groups)).toEqual({ count: 0 });
});
