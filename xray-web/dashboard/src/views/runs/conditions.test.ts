import { describe, expect, it } from "vitest";
import { filtersOf, groupFilters, listFilters, queryOffset, timeRange } from "./conditions";
import { runsSearch, withMark } from "./search";

const now = new Date("2026-03-04T12:00:00Z");

describe("what the address says, as the API is asked for it", () => {
  it("a query alone goes as it is, so that errors in it are where they are", () => {
    const search = { q: 'status == "failed"' };
    expect(listFilters(search, {}).q).toBe('status == "failed"');
    expect(queryOffset(search)).toBe(0);
  });
  it("with others it is in brackets, and a comment in it hides nothing", () => {
    const search = { q: "steps.size() > 3 // many", text: 'Say "A"', min: 1000, max: 5000 };
    const { q } = listFilters(search, {});
    expect(q).toBe(
      '(steps.size() > 3 // many\n) && (pipeline.lowerAscii().contains("say \\"a\\"") || ' +
        'error.lowerAscii().contains("say \\"a\\"") || id.endsWith("say \\"a\\"")) && ' +
        '(duration >= duration("1000ns")) && (duration < duration("5000ns"))',
    );
    expect(q?.slice(queryOffset(search))).toMatch(/^steps/);
  });
  it("parameters are for status and pipeline alone: beside a condition they are part of it", () => {
    const search = { status: "failed" as const, pipeline: 'a"b' };
    expect(listFilters(search, {})).toEqual({ status: "failed", pipeline: 'a"b' });
    expect(listFilters({ ...search, q: "failures > 1" }, {})).toEqual({
      q: '(failures > 1) && (status == "failed") && (pipeline == "a\\"b")',
    });
    expect(queryOffset({ ...search, q: "failures > 1" })).toBe(1);
    expect(groupFilters(search, {}).q).toBe('(status == "failed") && (pipeline == "a\\"b")');
  });
  it("the last hour is an hour", () => {
    expect(timeRange({ last: "1h", before: "2020-01-01T00:00:00Z" }, now)).toEqual({
      from: "2026-03-04T11:00:00.000Z",
    });
  });
  it("each filter can be dropped by itself", () => {
    const tell = { moment: (at: string) => at, duration: (ns: number) => `${ns} ns` };
    const filters = filtersOf({ status: "failed", min: 5, from: "a", before: "b", columns: "id" }, tell);
    expect(filters.map(({ name, says }) => `${name}: ${says}`)).toEqual([
      "status: failed",
      "time: a – b",
      "duration: from 5 ns",
    ]);
    expect(filters[2]?.drop).toEqual({ min: undefined, max: undefined });
  });
});

describe("what somebody wrote into the address", () => {
  it("is left out where it is of no use", () => {
    const search = runsSearch({
      status: "broken",
      last: 3,
      from: "yesterday",
      before: "2026-99-99T00:00:00Z",
      min: -1,
    });
    expect(Object.values(search).filter((value) => value !== undefined)).toEqual([]);
  });
  it("and is kept where it is", () => {
    expect(runsSearch({ q: 7, from: "2026-03-04T12:00:00.123456789Z", max: 3 })).toMatchObject({
      q: "7",
      from: "2026-03-04T12:00:00.123456789Z",
      max: 3,
    });
  });
});

it("two runs are marked at most", () => {
  const [a = "", b = "", c = ""] = ["a", "b", "c"].map((digit) => digit.repeat(32));
  expect(withMark({}, a)).toBe(a);
  expect(withMark({ marked: `${a},${b}` }, c)).toBe(`${b},${c}`);
  expect(withMark({ marked: `<b>,${a}` }, a)).toBeUndefined();
});
