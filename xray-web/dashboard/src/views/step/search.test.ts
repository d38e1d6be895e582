import { expect, it } from "vitest";
import { stepSearch } from "./search";

it("an address holds what can be used of it, and nothing else", () => {
  const search = { show: "checks", outcome: "kept", item: "Heat", columns: ["rating"], as: { result: "tree" } };
  expect(stepSearch(search)).toEqual(search);
  expect(stepSearch({ show: "x", outcome: ["kept"], item: 7, as: { result: "x" }, columns: 3, more: 1 })).toStrictEqual(
    {
      show: undefined,
      outcome: undefined,
      basis: undefined,
      reason: undefined,
      item: "7",
      group: undefined,
      sort: undefined,
      columns: undefined,
      as: undefined,
    },
  );
});
