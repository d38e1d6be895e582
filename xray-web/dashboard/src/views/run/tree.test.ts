import { expect, it } from "vitest";
import { run, step } from "./fixture";
import { covered, isElsewhere, treeOf } from "./tree";

const drawn = (tree: ReturnType<typeof treeOf>) =>
  tree.nodes.map((node) => `${"  ".repeat(node.depth)}${node.step.id} ${node.from}-${node.to} self ${node.self}`);

it("steps come after their parents, in the order in which they began, whatever their ids", () => {
  const steps = [
    step("a", "root", [50, 80]),
    step("b", "root", [10, 40], { thread: 1 }),
    step("c", "b", [20, 30], { thread: 1 }),
    step("root", null, [0, 100]),
  ];
  const tree = treeOf(run(), steps, 0);
  expect(drawn(tree)).toEqual(["root 0-100 self 40", "  b 10-40 self 20", "    c 20-30 self 10", "  a 50-80 self 30"]);
  expect(tree.nodes.filter(isElsewhere).map((node) => node.step.id)).toEqual(["b"]);
});

it("time that several children share is counted once, and so many ran at the same time", () => {
  const steps = [
    step("root", null, [0, 100]),
    step("a", "root", [10, 50]),
    step("b", "root", [20, 60]),
    step("c", "root", [50, 70]),
    // One that outlives its parent.
    step("d", "root", [90, 130]),
  ];
  const [root] = treeOf(run(), steps, 0).nodes;
  expect(root).toMatchObject({ self: 30, atOnce: 2 });
  expect(root && covered(root)).toEqual([
    { from: 10, to: 70 },
    { from: 90, to: 100 },
  ]);
  expect(root && covered(root, 20)).toEqual([{ from: 10, to: 100 }]);
});

it("an open step lasts until the run was last heard of", () => {
  const steps = [
    step("root", null, [0, 0], { outcome: "open", duration_ns: null }),
    step("a", "root", [5, 0], { outcome: "open", duration_ns: null }),
  ];
  const crashed = treeOf(run({ status: "crashed" }), steps, 0);
  expect(drawn(crashed)).toEqual(["root 0-100 self 5", "  a 5-100 self 95"]);
  const running = run({ status: "running", ended_at: null });
  expect(treeOf(running, steps, Date.parse("2026-01-02T03:04:06Z")).whole.to).toBeCloseTo(1e9, -3);
});

it("a step whose parent is not known stands by itself", () => {
  const tree = treeOf(run({ lost_events: 2 }), [step("a", "gone", [5, 6]), step("b", "b", [1, 2])], 0);
  expect(drawn(tree)).toEqual(["b 1-2 self 1", "a 5-6 self 1"]);
});

it("ten thousand steps, one inside of the other, are no problem", () => {
  const steps = Array.from({ length: 10_000 }, (_, index) =>
    step(`s${index}`, index ? `s${index - 1}` : null, [index, 20_000 - index]),
  );
  expect(treeOf(run(), steps, 0).nodes.at(-1)).toMatchObject({ depth: 9_999, self: 2 });
});
