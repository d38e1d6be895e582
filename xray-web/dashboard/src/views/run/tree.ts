// The steps of a run as a tree, with times in nanoseconds since the run began.
import type { Outcome, RunRow, StepRow } from "../../api/types";
import { nanoseconds } from "../../text/format";

export type Node = {
  step: StepRow;
  parent: Node | undefined;
  depth: number;
  /** In the order in which they began. */
  children: Node[];
  /** Its place among its siblings, from 0. */
  place: number;
  from: number;
  /** Of a step that is not over, when the run was last heard of. */
  to: number;
  isOpen: boolean;
  /** The time in which none of its children ran. */
  self: number;
  /** How many of its children ran at the same time, at most. */
  atOnce: number;
};

export type Span = { from: number; to: number };

export type Tree = {
  /** Every step after its parent, children before the next sibling. */
  nodes: Node[];
  byId: Map<string, Node>;
  /** From the beginning of the run to the end of what is known of it. */
  whole: Span;
};

/** `heard` is when a run that is not over was last asked for, in milliseconds since 1970. */
export function treeOf(run: RunRow, steps: StepRow[], heard: number): Tree {
  const start = nanoseconds(run.started_at);
  const byId = new Map<string, Node>();
  for (const step of steps) byId.set(step.id, node(step, Number(nanoseconds(step.started_at) - start)));
  const end = lastHeard(run, byId.values(), start, heard);
  const roots: Node[] = [];
  for (const node of byId.values()) {
    if (node.isOpen) node.to = Math.max(node.from, end);
    node.parent = node.step.parent && node.step.parent !== node.step.id ? byId.get(node.step.parent) : undefined;
    (node.parent?.children ?? roots).push(node);
  }
  const nodes = inOrder(roots);
  for (const node of nodes) measure(node);
  const first = nodes.reduce((first, node) => Math.min(first, node.from), 0);
  return { nodes, byId, whole: { from: first, to: Math.max(end, first + 1) } };
}

function node(step: StepRow, from: number): Node {
  const isOpen = step.outcome === "open" || step.duration_ns === null || step.duration_ns === undefined;
  const to = from + (step.duration_ns ?? 0);
  return { step, parent: undefined, depth: 0, children: [], place: 0, from, to, isOpen, self: 0, atOnce: 0 };
}

function lastHeard(run: RunRow, nodes: Iterable<Node>, start: bigint, heard: number): number {
  let end = run.ended_at ? Number(nanoseconds(run.ended_at) - start) : 0;
  for (const node of nodes) end = Math.max(end, node.to);
  // The clock of the browser may be behind that of the program.
  return run.status === "running" ? Math.max(end, heard * 1e6 - Number(start)) : end;
}

/** Without recursion: a run may be deeper than the stack. */
function inOrder(roots: Node[]): Node[] {
  const nodes: Node[] = [];
  const next = byStart(roots).reverse();
  for (let node = next.pop(); node; node = next.pop()) {
    nodes.push(node);
    byStart(node.children);
    for (let place = node.children.length - 1; place >= 0; place -= 1) {
      const child = node.children[place];
      if (!child) continue;
      child.depth = node.depth + 1;
      next.push(child);
    }
  }
  return nodes;
}

function byStart(siblings: Node[]): Node[] {
  siblings.sort((a, b) => a.from - b.from || (a.step.id < b.step.id ? -1 : 1));
  for (const [place, node] of siblings.entries()) node.place = place;
  return siblings;
}

function measure(node: Node) {
  node.self = node.to - node.from;
  if (node.children.length === 0) return;
  const busy = covered(node).reduce((all, span) => all + span.to - span.from, 0);
  node.self -= busy;
  const ends = node.children.map((child) => child.to).sort((a, b) => a - b);
  let over = 0;
  for (const [begun, child] of node.children.entries()) {
    while (over < begun && (ends[over] ?? 0) <= child.from) over += 1;
    node.atOnce = Math.max(node.atOnce, begun + 1 - over);
  }
}

/** The parts of a step's time in which a child of it ran; those closer together than `gap` as one. */
export function covered({ from, to, children }: Pick<Node, "from" | "to" | "children">, gap = 0): Span[] {
  const spans: Span[] = [];
  for (const child of children) {
    const span = { from: Math.max(from, child.from), to: Math.min(to, child.to) };
    if (span.to <= span.from) continue;
    const last = spans.at(-1);
    if (last && span.from - last.to <= gap) last.to = Math.max(last.to, span.to);
    else spans.push(span);
  }
  return spans;
}

const FAILED: ReadonlySet<Outcome> = new Set(["err", "panicked", "cancelled"]);

export const isFailed = ({ step }: Node): boolean => FAILED.has(step.outcome);

/** It began on another thread than the step that called it. */
export const isElsewhere = ({ step, parent }: Node): boolean =>
  parent !== undefined && parent.step.thread !== step.thread;
