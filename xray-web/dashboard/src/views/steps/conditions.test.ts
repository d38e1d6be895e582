import { expect, it } from "vitest";
import { conditionsOf, failed, runsWith, slowQuantile } from "./conditions";

it("a function is asked for as steps, decisions and runs have it", () => {
  const asked = conditionsOf('a"b', { module: "m::n", line: 7, before: "2026-03-04T09:05:06Z" });
  expect(asked.steps).toBe(
    'name == "a\\"b" && module == "m::n" && line == 7 && started < timestamp("2026-03-04T09:05:06Z")',
  );
  expect(asked.decisions).toMatch(/^step\.name == .* && step\.started < /);
  const small = conditionsOf("f", {});
  expect(runsWith(small)).toBe('steps.exists(s, s.name == "f")');
  expect(runsWith(small, "s.failed")).toBe('steps.exists(s, s.name == "f" && s.failed)');
  expect(failed(small)).toBe('(name == "f") && (failed)');
});

it("the slowest calls are looked for among about a hundred", () => {
  expect([3, 200, 1_000, 10_000, 1e9].map(slowQuantile)).toEqual([0, 0.5, 0.9, 0.99, 0.9999]);
});
