import { expect, it } from "vitest";
import { preview } from "./preview";

it("a value is told in a line", () => {
  expect(preview({ title: "Heat", year: 1995, cast: ["Pacino", null] })).toBe(
    '{title: "Heat", year: 1995, cast: ["Pacino", null]}',
  );
});

it("and is cut where the line ends, however large it is", () => {
  const large = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  expect(preview(large, 30)).toMatch(/^\[\{index: 0\}, \{index: 1\}, .*…$/);
});
