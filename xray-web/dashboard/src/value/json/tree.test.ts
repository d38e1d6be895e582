import { describe, expect, it } from "vitest";
import { find } from "./find";
import { generated, random } from "./generated";
import { pointer, queryPath, queryRoot } from "./path";
import { JsonTree, openTo, Rows } from "./tree";

const text = '{"films": [{"title": "Heat", "year": 1995}, {"title": "Alien"}], "a/b": {"c d": [1, 2]}, "n": null}';

function drawn(tree: JsonTree, open: ReadonlySet<number>): string[] {
  const rows = new Rows(tree, open);
  return Array.from({ length: rows.count }, (_, index) => {
    const row = rows.at(index);
    if (!row) return "?";
    const shown = row.kind === "record" || row.kind === "list" ? row.kind : tree.text.slice(row.start, row.end);
    return `${"  ".repeat(row.depth)}${row.index + 1}/${row.siblings} ${shown}`;
  });
}

describe("the rows of what is open", () => {
  const tree = new JsonTree(text);
  const at = (part: string) => text.indexOf(part);
  it("lie as the values do", () => {
    expect(drawn(tree, new Set())).toEqual(["1/1 record"]);
    const open = new Set([0, at('[{"title"'), at('{"title": "Alien"'), at("[1, 2]")]);
    expect(drawn(tree, open)).toEqual([
      "1/1 record",
      "  1/3 list",
      "    1/2 record",
      "    2/2 record",
      '      1/1 "Alien"',
      "  2/3 record",
      "  3/3 null",
    ]);
  });
  it("are all there down to a depth, unless they are too many", () => {
    expect(new Rows(tree, openTo(tree, 1)).count).toBe(4);
    expect(new Rows(tree, openTo(tree, 9)).count).toBe(12);
    expect(new Rows(tree, openTo(tree, 9, 6)).count).toBe(6);
  });
  it("are found again by the way to them", () => {
    for (const seed of Array(200).keys()) {
      const tree = new JsonTree(JSON.stringify(generated(random(seed), 5)));
      const rows = new Rows(tree, openTo(tree, seed % 6));
      for (let index = 0; index < rows.count; index += 1) {
        const row = rows.at(index);
        const way = tree.wayTo(row?.start ?? -1);
        expect(way && rows.rowOf(way)).toBe(index);
        expect(way).toHaveLength(row?.depth ?? -1);
      }
      expect(rows.at(rows.count)).toBeUndefined();
    }
  });
  it("stay where they are when the rest of the text comes", () => {
    const early = new JsonTree(text.slice(0, 30));
    expect(drawn(early, openTo(early, 3))).toEqual(["1/1 record", "  1/1 list", "    1/1 record", '      1/1 "Heat"']);
    expect(drawn(tree, openTo(early, 3)).slice(0, 4)).toEqual([
      "1/1 record",
      "  1/3 list",
      "    1/2 record",
      '      1/2 "Heat"',
    ]);
  });
});

it("a place has a pointer and a path", () => {
  const tree = new JsonTree(text);
  const way = tree.wayTo(text.indexOf("2]"));
  expect(way && pointer(way)).toBe("/a~1b/c d/1");
  expect(way && queryPath("output", way)).toBe('output["a/b"]["c d"][1]');
  expect(queryRoot("arguments.1", "limits")).toBe("input.limits");
  expect(queryRoot("meta.0", "films of this title")).toBe('meta["films of this title"]');
  expect([queryRoot("result"), queryRoot("llm.0"), queryRoot("error")]).toEqual(["output", "llm", undefined]);
});

describe("words are found", () => {
  const tree = new JsonTree('{"a: b": "x, y", "list": ["a", "A\\"b", {"a": 10}], "n": 100}');
  const found = (words: string) => find(tree, words).map((place) => pointer(tree.wayTo(place) ?? []));
  it("in names and values, in any case", () => {
    expect(found("A")).toEqual(["/a: b", "/list/0", "/list/1", "/list/2/a"]);
    expect(found("10")).toEqual(["/list/2/a", "/n"]);
    expect(found('a"B')).toEqual(["/list/1"]);
  });
  it("not in what holds the document together", () => {
    expect(found(":")).toEqual(["/a: b"]);
    expect(found(", ")).toEqual(["/a: b"]);
    expect(found("[")).toEqual([]);
    expect(found("")).toEqual([]);
  });
  it("up to a limit", () => expect(find(tree, "a", 2)).toHaveLength(2));
});
