// Searching a JSON text without reading it.
import type { JsonTree } from "./tree";

/** Where the words are in names and values, in any case; no more than `most` of them. */
export function find(tree: JsonTree, words: string, most = 10_000): number[] {
  if (words === "") return [];
  const raw = JSON.stringify(words).slice(1, -1);
  const pattern = new RegExp(raw.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  // What has none of the signs that hold a document together is within a name or a value wherever it is found.
  const isPlain = !/[\s{}[\],:"]/.test(raw);
  const places: number[] = [];
  for (let found = pattern.exec(tree.text); found && places.length < most; found = pattern.exec(tree.text)) {
    if (isPlain || isWithin(tree, found.index, found.index + raw.length)) places.push(found.index);
  }
  return places;
}

function isWithin(tree: JsonTree, from: number, to: number): boolean {
  const first = tree.wayTo(from);
  const last = tree.wayTo(to - 1);
  if (!first || first.length !== last?.length) return false;
  const start = first.at(-1)?.start ?? tree.root;
  if (start !== (last.at(-1)?.start ?? tree.root)) return false;
  return from < start ? to <= start : !tree.canOpen(start);
}
