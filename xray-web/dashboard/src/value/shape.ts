// Which ways of looking suit a value, from its first parts alone.
import { kindAt, nameAt, readText } from "./json/scan";
import { JsonTree } from "./json/tree";

export type Shape = "table" | "text" | "tree";

/** A text is long if it fills more than a line or two. */
const LONG = 160;
/** So many of a list say what the others are. */
const SAMPLE = 100;
/** So much of the text is looked at. */
const HEAD = 100_000;

/** What suits the value, the best first. */
export function shapesOf(text: string): Shape[] {
  const tree = new JsonTree(text.slice(0, HEAD));
  const kind = kindAt(tree.text, tree.root);
  if (kind === "text") {
    const end = tree.text.slice(tree.root, tree.root + 2_000);
    return end.length > LONG || readText(end).includes("\n") ? ["text", "tree"] : ["tree", "text"];
  }
  if (kind !== "list") return ["tree"];
  const { starts } = tree.children(tree.root);
  const sample = starts.slice(0, SAMPLE);
  const areRecords = sample.length > 0 && sample.every((start) => kindAt(tree.text, start) === "record");
  return areRecords ? ["table", "tree"] : ["tree"];
}

/** The fields that the records of a list have, in the order in which they first occur. */
export function fieldsOf(text: string): string[] {
  const tree = new JsonTree(text.slice(0, HEAD));
  const names = new Set<string>();
  if (kindAt(tree.text, tree.root) !== "list") return [];
  for (const start of tree.children(tree.root).starts.slice(0, SAMPLE)) {
    if (kindAt(tree.text, start) !== "record") continue;
    for (const key of tree.children(start).keys) names.add(nameAt(tree.text, key));
  }
  return [...names];
}
