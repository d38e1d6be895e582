import { expect, it } from "vitest";
import { runDefaults, runSearch } from "./search";

const read = (raw: Record<string, unknown>) => runSearch(raw as Parameters<typeof runSearch>[0]);

it("an address without a query is the default, and so is one that says nothing of use", () => {
  expect(read({})).toEqual(runDefaults);
  expect(read({ show: "x", scale: 1, from: 9, to: 2, level: -1, toggled: "a", errors: "yes", fate: [] })).toEqual(
    runDefaults,
  );
});

it("what can be used is kept", () => {
  const search = { show: "items", step: "0a", q: "rated", errors: true, from: 1, to: 20, level: 0, toggled: ["0b"] };
  expect(read(search)).toMatchObject(search);
  // The router reads numbers where texts are written.
  expect(read({ step: 12, q: 7 })).toMatchObject({ step: "12", q: "7" });
});
