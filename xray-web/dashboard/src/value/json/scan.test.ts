import { describe, expect, it } from "vitest";
import { generated, random } from "./generated";
import { type Children, kindAt, nameAt, readText, scanChildren, skipSpace, skipValue } from "./scan";

/** A value read by nothing but the scanner. */
function rebuilt(text: string, at: number): unknown {
  const kind = kindAt(text, at);
  if (kind !== "record" && kind !== "list") return JSON.parse(text.slice(at, skipValue(text, at)));
  const { keys, starts } = scanChildren(text, at);
  const values = starts.map((start) => rebuilt(text, start));
  if (kind === "list") return values;
  return Object.fromEntries(values.map((value, index) => [nameAt(text, keys[index] ?? 0), value]));
}

const shape = ({ starts, ends, cut }: Children, text: string) => ({
  cut,
  parts: starts.map((start, index) => text.slice(start, ends[index])),
});

describe("values are found without reading what is inside", () => {
  it("by name and by place", () => {
    const text = ' { "a" : [1, {"b": "]}"}] , "c\\"d": "x\\\\", "n": -1.5e3 , "t":true,"u":null}';
    const found = scanChildren(text, skipSpace(text, 0));
    expect(shape(found, text).parts).toEqual(['[1, {"b": "]}"}]', '"x\\\\"', "-1.5e3", "true", "null"]);
    expect(found.keys.map((key) => nameAt(text, key))).toEqual(["a", 'c"d', "n", "t", "u"]);
    expect(found.starts.map((start) => kindAt(text, start))).toEqual(["list", "text", "number", "truth", "null"]);
  });
  it("with nothing in them", () => {
    expect(shape(scanChildren("[]", 0), "[]")).toEqual({ cut: false, parts: [] });
    expect(shape(scanChildren("{ }", 0), "{ }")).toEqual({ cut: false, parts: [] });
  });
  it("all digits of a number stay", () => {
    const text = "[9007199254740993, 0.10000000000000000001]";
    expect(shape(scanChildren(text, 0), text).parts).toEqual(["9007199254740993", "0.10000000000000000001"]);
  });
  it("of a text that ends early, what is there", () => {
    const cases: [string, string[]][] = [
      ["[", []],
      ["[1, ", ["1"]],
      ['[1, "ab', ["1", '"ab']],
      ['["a\\', ['"a\\']],
      ['{"a": 1, "b', ["1"]],
      ['{"a": 1, "b":', ["1"]],
      ['{"a": [1, {', ["[1, {"]],
    ];
    for (const [text, parts] of cases) expect(shape(scanChildren(text, 0), text)).toEqual({ cut: true, parts });
  });
  it("ends on what is no JSON", () => {
    for (const text of ["[}", "[1}", '{"a"]', "{]", "[,,]", "{a:1}"]) expect(() => scanChildren(text, 0)).not.toThrow();
  });
});

describe("whatever the value is", () => {
  const values = Array.from({ length: 300 }, (_, seed) => generated(random(seed)));
  it("it is what JSON.parse reads", () => {
    for (const value of values)
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)])
        expect(rebuilt(text, skipSpace(text, 0))).toEqual(JSON.parse(text));
  });
  it("cut off anywhere, all but the last is what it is of the whole", () => {
    for (const value of values) {
      const whole = JSON.stringify([value, value]);
      const all = scanChildren(whole, 0);
      for (let length = 1; length < whole.length; length += 1 + Math.floor(whole.length / 50)) {
        const part = scanChildren(whole.slice(0, length), 0);
        expect(part.cut).toBe(true);
        expect(all.starts.slice(0, part.starts.length)).toEqual(part.starts);
        const known = Math.max(part.ends.length - 1, 0);
        expect(all.ends.slice(0, known)).toEqual(part.ends.slice(0, known));
      }
    }
  });
});

it("a text that is not whole is read as far as it is there", () => {
  expect(['"a\\nb"', '"a\\nb', '"a\\', '"a\\u00', '"é'].map(readText)).toEqual(["a\nb", "a\nb", "a", "a", "é"]);
});
