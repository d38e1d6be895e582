import { expect, it } from "vitest";
import { Problem } from "../api/client";
import { unitsOf } from "../text/cel";
import { queryProblem } from "./problem";

const wrong = (start: number, end: number) =>
  new Problem(400, { parameter: "q", start, end, detail: "no such field", suggestion: "did you mean `status`?" });

it("bytes of UTF-8 become places in a text", () => {
  const text = "aé€😀b";
  expect([0, 1, 3, 6, 10, 11, 99].map((bytes) => unitsOf(text, bytes))).toEqual([0, 1, 2, 3, 5, 6, 6]);
});

it("a problem is where the server says, behind what was put in front of the query", () => {
  expect(queryProblem(wrong(1, 7), "statsu == 1", 1)).toEqual({
    from: 0,
    to: 6,
    detail: "no such field",
    suggestion: "did you mean `status`?",
  });
  expect(queryProblem(wrong(5, 6), "'€' x")).toMatchObject({ from: 3, to: 4 });
});

it("other problems are not the query's", () => {
  expect(queryProblem(new Problem(400, { parameter: "from" }), "x")).toBeUndefined();
  expect(queryProblem(new Problem(500, { parameter: "q" }), "x")).toBeUndefined();
  expect(queryProblem(new Error("x"), "x")).toBeUndefined();
});
