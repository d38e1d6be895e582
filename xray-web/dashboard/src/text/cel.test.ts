import { expect, it } from "vitest";
import { all, bytesOf, literal, quoted } from "./cel";

it("texts are quoted whatever they hold", () => {
  expect(quoted('a "b" \\ c\n\u0000')).toBe('"a \\"b\\" \\\\ c\\u000a\\u0000"');
  expect([literal(true), literal(1.5), literal(null), literal([])]).toEqual(["true", "1.5", undefined, undefined]);
});

it("conditions are joined as wholes", () => {
  expect(all("a || b", undefined, "c")).toBe("(a || b) && (c)");
  expect([all("a || b", ""), all()]).toEqual(["a || b", undefined]);
  expect(all("a // why", "b")).toBe("(a // why\n) && (b)");
});

it("the place of an error is in bytes", () => {
  expect(bytesOf('"ä" == statu', 8, 13)).toEqual({ before: '"ä" == ', at: "statu", after: "" });
});
