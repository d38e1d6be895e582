import { expect, it } from "vitest";
import type { RunRow } from "../../api/types";
import { merged } from "./merge";

const run = (id: string, second: number, status = "running") =>
  ({ id, started_at: `2026-03-04T12:00:0${second}.000000000Z`, status }) as RunRow;
const ids = (rows: RunRow[]) => rows.map((row) => `${row.id} ${row.status}`);

it("new runs are above the others, the newest first; changed ones stay in place", () => {
  const loaded = [run("b", 2), run("a", 1)];
  const heard = new Map([
    ["c", run("c", 3)],
    ["a", run("a", 1, "failed")],
    ["d", run("d", 4)],
  ]);
  expect(ids(merged(loaded, heard))).toEqual(["d running", "c running", "b running", "a failed"]);
});

it("what the filters do not let through any more goes, and nothing comes twice", () => {
  const heard = new Map([
    ["a", null],
    ["x", null],
  ]);
  expect(ids(merged([run("b", 2), run("a", 1)], heard))).toEqual(["b running"]);
});

it("without news the list is the same", () => {
  const loaded = [run("a", 1)];
  expect(merged(loaded, new Map())).toBe(loaded);
});
