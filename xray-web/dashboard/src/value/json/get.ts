import { nameAt, skipValue } from "./scan";
import { JsonTree } from "./tree";

/** The JSON text of the value at the end of the names, digit for digit as it stands in `text`. */
export function rawAt(text: string, names: (string | number)[]): string | undefined {
  const tree = new JsonTree(text);
  let at = tree.root;
  for (const name of names) {
    if (!tree.canOpen(at)) return undefined;
    const { keys, starts } = tree.children(at);
    const index = typeof name === "number" ? name : keys.findIndex((key) => nameAt(text, key) === name);
    const start = starts[index];
    if (start === undefined) return undefined;
    at = start;
  }
  return text.slice(at, skipValue(text, at));
}
