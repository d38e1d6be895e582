import { expect, it } from "vitest";
import { looksLikeId, matching } from "./commands";

const command = (label: string) => ({ id: label, label, run: () => {} });
const groups = [
  { value: "Views", items: [command("Runs"), command("Compare")] },
  { value: "Steps", items: ["search", "look_up", "research"].map(command) },
];
const found = (text: string) => matching(groups, text).map(({ value, items }) => [value, ...items.map((i) => i.label)]);

it("all that has every word, what begins with the first one first", () => {
  expect(found("sear")).toEqual([["Steps", "search", "research"]]);
  expect(found("steps up")).toEqual([["Steps", "look_up"]]);
  expect(found("RUNS")).toEqual([["Views", "Runs"]]);
  expect(found("nothing")).toEqual([]);
});

it("without a text, something of everything", () => {
  expect(found(" ")).toHaveLength(2);
  expect(
    matching([{ value: "Many", items: Array.from({ length: 50 }, (_, n) => command(`${n}`)) }], "")[0]?.items,
  ).toHaveLength(7);
});

it("ids are hexadecimal", () => {
  expect(["00000086", "f6157f2757122a120000010000000086", "heat", "abc", ""].map(looksLikeId)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
