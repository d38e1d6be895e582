import { expect, it } from "vitest";
import { isAlone, type Line, nearest, told, toldAt } from "./lines";

const lines: Line[] = [
  { name: "p50", tone: "accent", values: [3, null, 1, 2] },
  { name: "p99", tone: "bad", values: [null, null, null, null] },
];

it("a chart is told in words", () => {
  expect(told(lines, (value) => `${value} ms`)).toBe("p50: 1 ms to 3 ms, last 2 ms; p99: none");
  expect(toldAt(lines, 1, String)).toBe("p50 none, p99 none");
});

it("the nearest time is the one that is pointed at", () => {
  expect([-1, 0, 0.49, 0.51, 2].map((share) => nearest(share, 2))).toEqual([0, 0, 0, 1, 1]);
});

it("a value between gaps is a point", () => {
  expect([0, 2, 3].map((index) => isAlone(lines[0]?.values ?? [], index))).toEqual([true, false, false]);
});
