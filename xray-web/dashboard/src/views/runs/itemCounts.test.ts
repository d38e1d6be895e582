import { expect, it } from "vitest";
import { summed } from "./itemCounts";

const second = (second: number) => `2026-03-04T12:00:0${second}.000000000Z`;

it("of a run, the most that went in, what came out last, and the share that was eliminated", () => {
  const counts = summed([
    ["a", "rank", 4, 1, 1, 0, second(3)],
    ["a", "search", 3200, 4, 4, 3196, second(1)],
    ["b", "load", 7, null, 0, 0, second(1)],
  ]);
  expect(counts.get("a")).toEqual({ into: 3200, out: 1, rejectionRate: 3196 / 3201 });
  expect(counts.get("b")).toEqual({ into: 7, out: undefined, rejectionRate: undefined });
});
