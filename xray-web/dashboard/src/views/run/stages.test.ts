import { expect, it } from "vitest";
import type { StepRow } from "../../api/types";
import { filter, run, step } from "./fixture";
import { biggestDrops, stagesOf } from "./stages";
import { treeOf } from "./tree";

const stages = (steps: StepRow[]) => stagesOf(treeOf(run(), [step("root", null, [0, 1_000]), ...steps], 0));
const drawn = (steps: StepRow[]) =>
  stages(steps).map(({ name, calls, items_in, items_out, drops, follows }) =>
    [
      follows ? "→" : "·",
      calls.length > 1 ? `${calls.length}× ${name}` : name,
      `${items_in} → ${items_out}`,
      ...drops.map(({ reason, items, step }) => `−${items} ${reason ?? "?"} (${step})`),
    ].join(" "),
  );

it("stages come in the order of their calls, with what each left out and why", () => {
  const steps = [
    filter("rated", "root", [20, 30], 90, { "rating >= 7": 50, "votes >= 10": 30 }),
    filter("unseen", "root", [10, 20], 100, { "!seen": 10 }),
    step("parse", "root", [0, 5]),
  ];
  expect(drawn(steps)).toEqual([
    "· unseen 100 → 90 −10 !seen (unseen)",
    "→ rated 90 → 10 −50 rating >= 7 (rated) −30 votes >= 10 (rated)",
  ]);
  expect(biggestDrops(stages(steps)).map(({ drop }) => drop.items)).toEqual([50, 30, 10]);
});

it("calls of one function by one caller are one stage, and a drop leads to the call with most of it", () => {
  const same = { name: "rated" };
  const steps = [
    filter("a", "root", [10, 20], 5, { low: 1 }, same),
    filter("b", "root", [20, 30], 7, { low: 3, old: 1 }, same),
    filter("c", "root", [30, 40], 2, {}, { ...same, line: 99 }),
  ];
  expect(drawn(steps)).toEqual(["· 2× rated 12 → 7 −4 low (b) −1 old (b)", "· rated 2 → 2"]);
});

it("a step that hands its list to inner ones is left out if those eliminate, and they if they do not", () => {
  const steps = [
    filter("wrapper", "root", [10, 50], 10, { "": 4 }),
    filter("inner", "wrapper", [20, 30], 10, { low: 4 }),
    filter("rank", "root", [60, 90], 6),
    filter("score", "rank", [70, 80], 6),
  ];
  expect(drawn(steps)).toEqual(["· inner 10 → 6 −4 low (inner)", "→ rank 6 → 6"]);
});

it("a step that only makes items begins the way if the next one takes them", () => {
  const makes = (id: string, from: number, items_out: number) => step(id, "root", [from, from + 1], { items_out });
  expect(drawn([makes("load", 1, 8), filter("rated", "root", [10, 20], 8)])).toEqual([
    "· load undefined → 8",
    "→ rated 8 → 8",
  ]);
  expect(drawn([makes("read_seen", 1, 6), filter("rated", "root", [10, 20], 8)])).toEqual(["· rated 8 → 8"]);
});

it("drops without a reason are drops, and a step that failed let nothing through", () => {
  const unexplained = step("some", "root", [1, 2], { items_in: 9, items_out: 4, counts: { kept: 4, eliminated: 5 } });
  const failed = step("select", "root", [3, 4], { items_in: 4, outcome: "panicked" });
  expect(drawn([unexplained, failed])).toEqual(["· some 9 → 4 −5 ? (some)", "→ select 4 → undefined"]);
});

it("what runs at the same time does not follow", () => {
  const steps = [filter("a", "root", [10, 30], 5), filter("b", "root", [20, 40], 5)];
  expect(drawn(steps)).toEqual(["· a 5 → 5", "· b 5 → 5"]);
});

it("if only the run itself takes items, it is the stage", () => {
  const tree = treeOf(run(), [step("root", null, [0, 9], { items_in: 3, items_out: 1 })], 0);
  expect(stagesOf(tree).map((stage) => stage.name)).toEqual(["root"]);
});
