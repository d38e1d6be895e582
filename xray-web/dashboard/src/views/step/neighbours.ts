// Where a step is among the others of its run.
import type { StepRow } from "../../api/types";

export type Neighbours = {
  parent: StepRow | undefined;
  children: StepRow[];
  previous: StepRow | undefined;
  next: StepRow | undefined;
  /** From 1, among those with the same parent. */
  place: number;
  siblings: number;
};

/** `steps` are those of the run, in the order in which they began. */
export function neighboursOf(steps: StepRow[], id: string): Neighbours | undefined {
  const step = steps.find((one) => one.id === id);
  if (!step) return undefined;
  const siblings = steps.filter((one) => one.parent === step.parent);
  const place = siblings.indexOf(step);
  return {
    parent: steps.find((one) => one.id === step.parent),
    children: steps.filter((one) => one.parent === id),
    previous: siblings[place - 1],
    next: siblings[place + 1],
    place: place + 1,
    siblings: siblings.length,
  };
}
