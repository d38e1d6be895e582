import { expect, it } from "vitest";
import type { StepDetail } from "../../api/types";
import { bestOf, showsOf } from "./shows";

const step = (counts: Partial<StepDetail["counts"]>, rest: Partial<StepDetail> = {}) =>
  ({ outcome: "ok", counts: { kept: 0, eliminated: 0, scored: 0, introduced: 0, ...counts }, ...rest }) as StepDetail;

it("a step shows what it has, and begins with what matters most", () => {
  expect([showsOf(step({})), bestOf(step({}))]).toEqual([["values"], "values"]);
  const filter = step({ kept: 3, eliminated: 2 });
  expect([showsOf(filter), bestOf(filter)]).toEqual([["decisions", "checks", "values"], "decisions"]);
  const rank = step({ kept: 3, scored: 3 });
  expect([showsOf(rank), bestOf(rank)]).toEqual([["decisions", "checks", "ranking", "values"], "ranking"]);
  const call = step({ kept: 1 }, { llm: [{ level: "structured", value: {} }] });
  expect([showsOf(call)[0], bestOf(call)]).toEqual(["llm", "llm"]);
  expect(bestOf(step({ eliminated: 2 }, { outcome: "panicked" }))).toBe("values");
});
