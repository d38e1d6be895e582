import { expect, it } from "vitest";
import { type Flow, placed, suitableScale } from "./sankey";

const flow = (items_in: number, drops: number[], follows = true): Flow => {
  const kept = items_in - drops.reduce((all, items) => all + items, 0);
  return { items_in, kept, items_out: kept, follows, drops };
};

it("a bar is what is kept and what is dropped, and the next one is as wide as what is kept", () => {
  const [first, second] = placed([flow(100, [40, 10]), flow(50, [])], 200, "linear");
  expect(first).toMatchObject({ width: 200, kept: 100, next: 100 });
  expect(first?.drops.map(({ x0, x1 }) => [x0, x1])).toEqual([
    [100, 180],
    [180, 200],
  ]);
  expect(second).toMatchObject({ y: first?.height, width: 100, drops: [] });
});

it("few beside many are seen on a logarithmic scale", () => {
  const flows = [flow(3_200, [3_190]), flow(10, [])];
  expect(suitableScale(flows)).toBe("log");
  expect(suitableScale([flow(100, [50])])).toBe("linear");
  expect(placed(flows, 200, "linear")[1]?.width).toBe(1);
  expect(placed(flows, 200, "log")[1]?.width).toBeGreaterThan(50);
});

it("a list that comes from elsewhere is not joined, and nothing comes out of what failed", () => {
  const [first, second] = placed([flow(9, []), { ...flow(4, [], false), items_out: undefined }], 100, "linear");
  expect(first?.next).toBeUndefined();
  expect(second?.y).toBeGreaterThan(first?.height ?? 0);
  expect(second?.out).toBeUndefined();
});

it("no items at all are no width", () => {
  expect(placed([flow(0, [])], 100, "log")[0]).toMatchObject({ width: 0, kept: 0, out: 0 });
});
