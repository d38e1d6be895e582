import { expect, it } from "vitest";
import { boundsOf, moved } from "./selection";

const cell = (column: number, row: number) => ({ column, row });
const at = (column: number, row: number) => ({ anchor: cell(column, row), head: cell(column, row) });

it("keys go from cell to cell, and stay inside", () => {
  expect(moved(at(1, 1), "ArrowRight", false, 3, 3)).toEqual(at(2, 1));
  expect(moved(at(2, 2), "ArrowUp", false, 3, 3)).toEqual(at(2, 2));
  expect(moved(at(2, 0), "Home", false, 3, 3)).toEqual(at(0, 0));
  expect(moved(at(1, 1), "a", false, 3, 3)).toBeUndefined();
});

it("with Shift they select, in any direction", () => {
  const left = moved(at(2, 1), "ArrowLeft", true, 3, 3);
  const below = left && moved(left, "ArrowDown", true, 3, 3);
  expect(below).toEqual({ anchor: cell(2, 1), head: cell(1, 0) });
  expect(below && boundsOf(below)).toEqual({ columns: [1, 2], rows: [0, 1] });
});
