import { expect, it } from "vitest";
import { lineAt, linesOf, placesOf } from "./lines";

it("a text is its lines, and none is very long", () => {
  expect(linesOf("a\n\nbc\n").map(({ text }) => text)).toEqual(["a", "", "bc", ""]);
  expect(linesOf("")).toEqual([{ text: "", from: 0 }]);
  const long = linesOf(`${"x".repeat(4_500)}\ny`);
  expect(long.map(({ text, from }) => [text.length, from])).toEqual([
    [2_000, 0],
    [2_000, 2_000],
    [500, 4_000],
    [1, 4_501],
  ]);
});

it("a place is in a line", () => {
  const text = "one\ntwo two\nthree";
  expect(placesOf(text, "TWO")).toEqual([4, 8]);
  expect(placesOf(text, "TWO").map((place) => lineAt(linesOf(text), place))).toEqual([1, 1]);
  expect(placesOf(text, "")).toEqual([]);
});
