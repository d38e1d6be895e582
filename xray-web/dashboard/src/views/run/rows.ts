// Which steps of a run are in the list: those that are not folded away, or those that are searched for.
import { isFailed, type Node, type Tree } from "./tree";

export type Folding = { level?: number | undefined; toggled?: readonly string[] | undefined };
export type Wanted = { q: string; errors: boolean };

export type Rows = {
  rows: Node[];
  /** Those that were searched for; the others are the way to them. */
  matches: ReadonlySet<Node> | undefined;
};

export function rowsOf(tree: Tree, wanted: Wanted, folding: Folding): Rows {
  if (wanted.q.trim() !== "" || wanted.errors) return found(tree, wanted);
  const toggled = new Set(folding.toggled);
  const rows: Node[] = [];
  let foldedBelow = Number.POSITIVE_INFINITY;
  for (const node of tree.nodes) {
    if (node.depth > foldedBelow) continue;
    foldedBelow = isUnfolded(node, folding.level, toggled) ? Number.POSITIVE_INFINITY : node.depth;
    rows.push(node);
  }
  return { rows, matches: undefined };
}

export const isUnfolded = (node: Node, level: number | undefined, toggled: ReadonlySet<string>): boolean =>
  (level === undefined || node.depth < level) !== toggled.has(node.step.id);

/** What `toggled` is when a step is folded or unfolded. */
export const toggle = (toggled: readonly string[] = [], id: string): string[] =>
  toggled.includes(id) ? toggled.filter((other) => other !== id) : [...toggled, id];

function found(tree: Tree, { q, errors }: Wanted): Rows {
  const words = wordsOf(q);
  const matches = new Set(tree.nodes.filter((node) => (!errors || isFailed(node)) && says(node, words)));
  const kept = new Set<Node>();
  for (const match of matches) {
    for (let node: Node | undefined = match; node && !kept.has(node); node = node.parent) kept.add(node);
  }
  return { rows: tree.nodes.filter((node) => kept.has(node)), matches };
}

export const wordsOf = (q: string): string[] => q.toLowerCase().split(/\s+/).filter(Boolean);

function says({ step }: Node, words: string[]): boolean {
  const text = `${step.name}\n${step.kind}\n${step.module}\n${step.outcome}\n${step.id}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A text in pieces, of which every other one, from the second, is one of the words. */
export function pieces(text: string, words: string[]): string[] {
  if (words.length === 0) return [text];
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(${escaped.join("|")})`, "i"));
}

/** The next of some rows in a direction, round the end. */
export function following(
  rows: Node[],
  from: number,
  direction: 1 | -1,
  isWanted: (node: Node) => boolean,
): number | undefined {
  for (let distance = 1; distance <= rows.length; distance += 1) {
    const index = (((from + direction * distance) % rows.length) + rows.length) % rows.length;
    const row = rows[index];
    if (row && isWanted(row)) return index;
  }
  return undefined;
}
