import { expect, it } from "vitest";
import type { Pair } from "../../api/types";
import { apart, differs, kindsOf, listed, next, pairKey, parted, ratio, runIn } from "./pairs";

const pair = (id: string, changed: Partial<Pair> = {}): Pair => ({
  kind: "changed",
  depth: 0,
  moved: false,
  ways: ["output"],
  differences: [],
  more_differences: 0,
  flipped: [],
  more_flipped: 0,
  a: { id } as Pair["a"],
  b: null,
  ...changed,
});

it("an id is found in what was pasted", () => {
  const id = "f6157f2757122a120000010000000076";
  expect(runIn(`http://127.0.0.1:7878/runs/${id}/steps/0000010000000077`)).toBe(id);
  expect([runIn(` ${id}\n`), runIn(`${id}0`), runIn("nothing")]).toEqual([id, undefined, undefined]);
});

it("what moved may be the same otherwise", () => {
  expect([kindsOf(undefined), kindsOf("only_a"), kindsOf("moved")]).toEqual([
    undefined,
    "only_a",
    "same,changed,only_a,only_b",
  ]);
  const pairs = [pair("1", { moved: true, kind: "same" }), pair("2", { ways: ["input"] })];
  expect(listed(pairs, { show: "moved" }).map(pairKey)).toEqual(["1-"]);
  expect(listed(pairs, { way: "input" }).map(pairKey)).toEqual(["2-"]);
});

it("one goes from difference to difference", () => {
  const pairs = [pair("1"), pair("2", { kind: "same" }), pair("3")];
  expect([next(pairs, "1-", 1, differs), next(pairs, "3-", 1, differs), next(pairs, "3-", -1, differs)]).toEqual([
    "3-",
    "3-",
    "1-",
  ]);
  expect([
    next(pairs, undefined, 1, differs),
    next(pairs, "1-", 1, () => true),
    next([], undefined, 1, differs),
  ]).toEqual(["1-", "2-", undefined]);
});

it("ratios and distances are said in words", () => {
  expect([1.02, 1.5, 0.2, 123.4].map(ratio)).toEqual(["about as long", "1.5× as long", "5× as fast", "123× as long"]);
  expect([apart(1, 495_283_348), apart(0.3, 0.1), apart("1", 2)]).toEqual(["+495,283,347", "−0.2", undefined]);
});

it("texts are parted where they differ", () => {
  expect(parted("a red fox", "a blue fox")).toEqual([
    { before: "a ", at: "red", after: " fox" },
    { before: "a ", at: "blue", after: " fox" },
  ]);
  expect(parted("aa", "aaa").map(({ at }) => at)).toEqual(["", "a"]);
});
