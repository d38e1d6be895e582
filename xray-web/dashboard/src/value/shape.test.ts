import { expect, it } from "vitest";
import { rawAt } from "./json/get";
import { fieldsOf, shapesOf } from "./shape";

it("the best way to look at a value is the first", () => {
  expect(shapesOf('[{"a":1},{"b":[2]}]')).toEqual(["table", "tree"]);
  expect(shapesOf('[{"a":1},2]')).toEqual(["tree"]);
  expect(shapesOf("[]")).toEqual(["tree"]);
  expect(shapesOf('"short"')).toEqual(["tree", "text"]);
  expect(shapesOf('"two\\nlines"')).toEqual(["text", "tree"]);
  expect(shapesOf(JSON.stringify("long ".repeat(100_000)))).toEqual(["text", "tree"]);
  expect(shapesOf('{"a":[{"b":1}]}')).toEqual(["tree"]);
  expect(shapesOf(`[${'{"a":1},'.repeat(50_000)}`)).toEqual(["table", "tree"]);
});

it("the fields of records are those that any of them has", () => {
  expect(fieldsOf('[{"a":1,"b":2},{"c":3,"a":4}]')).toEqual(["a", "b", "c"]);
  expect(fieldsOf("7")).toEqual([]);
});

it("a value within an answer keeps its digits", () => {
  const answer = '{"arguments": [{"name": "x", "value": 9007199254740993}], "result": null}';
  expect(rawAt(answer, ["arguments", 0, "value"])).toBe("9007199254740993");
  expect(rawAt(answer, ["result"])).toBe("null");
  expect([rawAt(answer, ["result", "value"]), rawAt(answer, ["arguments", 1])]).toEqual([undefined, undefined]);
});
