import { expect, it } from "vitest";
import { fieldPaths, fieldsIn, valueAt } from "./items";

it("items have fields, one level deep", () => {
  const items = [
    { id: 1, film: { title: "Heat", tags: {} } },
    { id: 2, score: null, list: [{}] },
  ];
  const paths = fieldPaths(items);
  expect([...paths.keys()]).toEqual(["id", "film.title", "film.tags", "score", "list"]);
  expect(valueAt(items[0], paths.get("film.title") ?? [])).toBe("Heat");
  expect(valueAt(items[1], ["film", "title"])).toBeUndefined();
});

it("conditions speak of some of them", () => {
  expect(fieldsIn(["film.rating >= limits.at_least"], ["id", "rating", "film.rating", "at"])).toEqual([
    "rating",
    "film.rating",
  ]);
});
