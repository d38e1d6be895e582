// The way of items through a run: the steps that hand lists on to each other, and what each left out and why.
import type { Node, Tree } from "./tree";

/** Items that a step eliminated, and where their decisions are. */
export type Drop = {
  /** `undefined`: no reason was given. */
  reason: string | undefined;
  items: number;
  /** The call that eliminated most of them. */
  step: string;
};

/** The calls of one function for one caller. */
export type Stage = {
  id: string;
  name: string;
  kind: string;
  calls: Node[];
  items_in: number | undefined;
  /** `undefined`: nothing came out, because it failed or is not over. */
  items_out: number | undefined;
  kept: number;
  eliminated: number;
  scored: number;
  introduced: number;
  inferred: boolean;
  drops: Drop[];
  /** Its items are those that the stage before let through. */
  follows: boolean;
};

/** In the order in which they were called first. */
export function stagesOf(tree: Tree): Stage[] {
  const groups = new Map<string, Node[]>();
  for (const node of outermost(tree)) {
    const calls = groups.get(callsite(node));
    if (calls) calls.push(node);
    else groups.set(callsite(node), [node]);
  }
  const stages = [...groups].map(([id, calls]) => stage(id, calls));
  for (const [index, stage] of stages.entries()) stage.follows = followsOn(stages[index - 1], stage);
  return stages;
}

/** The drops of all stages, most items first. */
export const biggestDrops = (stages: Stage[]): { stage: Stage; drop: Drop }[] =>
  stages.flatMap((stage) => stage.drops.map((drop) => ({ stage, drop }))).sort((a, b) => b.drop.items - a.drop.items);

/** Those inside of the run's first step; if there are none with items, that itself. */
function outermost({ nodes }: Tree): Node[] {
  const inner = inside(nodes.filter((node) => node.depth > 0));
  return inner.length > 0 ? inner : nodes.filter((node) => node.depth === 0 && takesItems(node));
}

/**
 * The steps with items that are not inside of another one. A step whose inner ones eliminate is left out for those:
 * they say more. So is one that only makes items, unless the next one takes just as many: it may be another list.
 */
function inside(nodes: Node[]): Node[] {
  const wrappers = new Set<Node>();
  for (const node of nodes) {
    if (node.step.counts.eliminated === 0) continue;
    for (let outer = node.parent; outer && !wrappers.has(outer); outer = outer.parent) wrappers.add(outer);
  }
  const taken: Node[] = [];
  const covered = new Set<Node>();
  for (const node of nodes) {
    if (node.parent && covered.has(node.parent)) {
      covered.add(node);
    } else if (!wrappers.has(node) && (takesItems(node) || makesItems(node))) {
      covered.add(node);
      taken.push(node);
    }
  }
  taken.sort((a, b) => a.from - b.from);
  return taken.filter((node, index) => takesItems(node) || taken[index + 1]?.step.items_in === node.step.items_out);
}

const takesItems = ({ step: { items_in, counts } }: Node): boolean =>
  typeof items_in === "number" || counts.kept + counts.eliminated + counts.scored + counts.introduced > 0;

const makesItems = ({ step }: Node): boolean => typeof step.items_out === "number" && step.items_out > 0;

const callsite = ({ step, parent }: Node): string =>
  [parent && [parent.step.module, parent.step.name, parent.step.line], step.module, step.name, step.file, step.line]
    .flat()
    .join("\n");

function stage(id: string, calls: Node[]): Stage {
  const [first] = calls;
  if (!first) throw new Error("a stage has a call");
  const sum = (of: (node: Node) => number) => calls.reduce((all, node) => all + of(node), 0);
  const known = (of: (node: Node) => number | null | undefined) =>
    calls.some((node) => typeof of(node) === "number") ? sum((node) => of(node) ?? 0) : undefined;
  const decided = sum(({ step: { counts } }) => counts.kept + counts.eliminated);
  return {
    id,
    name: first.step.name,
    kind: first.step.kind,
    calls,
    items_in: known(({ step }) => step.items_in) ?? (decided || undefined),
    items_out: known(({ step }) => step.items_out),
    kept: sum(({ step }) => step.counts.kept),
    eliminated: sum(({ step }) => step.counts.eliminated),
    scored: sum(({ step }) => step.counts.scored),
    introduced: sum(({ step }) => step.counts.introduced),
    inferred: calls.some(({ step }) => step.counts.inferred),
    drops: drops(calls),
    follows: false,
  };
}

function drops(calls: Node[]): Drop[] {
  const drops = new Map<string | undefined, Drop & { most: number }>();
  const add = (reason: string | undefined, items: number, step: string) => {
    const drop = drops.get(reason) ?? { reason, items: 0, step, most: 0 };
    drop.items += items;
    if (items > drop.most) Object.assign(drop, { step, most: items });
    drops.set(reason, drop);
  };
  for (const { step } of calls) {
    let unexplained = step.counts.eliminated;
    for (const { reason, items } of step.counts.reasons) {
      add(reason, items, step.id);
      unexplained -= items;
    }
    if (unexplained > 0) add(undefined, unexplained, step.id);
  }
  return [...drops.values()].map(({ most: _, ...drop }) => drop).sort((a, b) => b.items - a.items);
}

/** As many went in as came out of the stage before, and that was over. */
function followsOn(before: Stage | undefined, { items_in, calls }: Stage): boolean {
  if (!before || items_in === undefined || before.items_out !== items_in) return false;
  const over = Math.min(...before.calls.map((node) => node.to));
  return (calls[0]?.from ?? 0) >= over;
}
