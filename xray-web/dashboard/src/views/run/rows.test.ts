import { expect, it } from "vitest";
import { run, step } from "./fixture";
import { following, pieces, rowsOf, toggle } from "./rows";
import { isFailed, treeOf } from "./tree";

const tree = treeOf(
  run(),
  [
    step("root", null, [0, 100]),
    step("search", "root", [1, 20]),
    step("fetch", "search", [2, 3], { outcome: "err" }),
    step("rank", "root", [30, 40], { kind: "rank" }),
    step("score", "rank", [31, 32]),
  ],
  0,
);
const all = { q: "", errors: false };
const names = (rows: ReturnType<typeof rowsOf>) => rows.rows.map((node) => node.step.name).join(" ");

it("what is inside of a folded step is not there", () => {
  expect(names(rowsOf(tree, all, {}))).toBe("root search fetch rank score");
  expect(names(rowsOf(tree, all, { toggled: ["search"] }))).toBe("root search rank score");
  expect(names(rowsOf(tree, all, { level: 1 }))).toBe("root search rank");
  expect(names(rowsOf(tree, all, { level: 1, toggled: ["rank"] }))).toBe("root search rank score");
  expect(toggle(toggle([], "rank"), "rank")).toEqual([]);
});

it("a search finds steps, and shows the way to them, folded or not", () => {
  const found = rowsOf(tree, { q: "SCORE", errors: false }, { level: 0 });
  expect(names(found)).toBe("root rank score");
  expect([...(found.matches ?? [])].map((node) => node.step.name)).toEqual(["score"]);
  expect(names(rowsOf(tree, { q: "films rank", errors: false }, {}))).toBe("root rank");
  expect(names(rowsOf(tree, { q: "", errors: true }, {}))).toBe("root search fetch");
  expect(names(rowsOf(tree, { q: "rank", errors: true }, {}))).toBe("");
});

it("the next one is found round the end, and may be the same again", () => {
  expect(following(tree.nodes, 3, 1, isFailed)).toBe(2);
  expect(following(tree.nodes, 2, -1, isFailed)).toBe(2);
  expect(following(tree.nodes, 0, 1, () => false)).toBeUndefined();
});

it("what was searched for is marked as it is written", () => {
  expect(pieces("x.yAb", ["ab", "."])).toEqual(["x", ".", "y", "Ab", ""]);
  expect(pieces("name", [])).toEqual(["name"]);
});
