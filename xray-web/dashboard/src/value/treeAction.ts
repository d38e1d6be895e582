// The keys of a tree, as everybody who uses trees knows them, and `j` and `k`.
import type { Row } from "./json/tree";

export type TreeAction = "open" | "close" | "toggle" | "parent" | "find" | { by: number };

const PAGE = 18;
const FAR = 1e9;

const MOVES: Record<string, number> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: PAGE,
  PageUp: -PAGE,
  Home: -FAR,
  End: FAR,
};

/** What a key does while `row` is chosen; nothing if it is none of the tree's. */
export function treeAction(key: string, row: Pick<Row, "kind" | "parent">, isOpen: boolean): TreeAction | undefined {
  const by = MOVES[key];
  if (by !== undefined) return { by };
  if (key === "Enter" || key === " ") return "toggle";
  if (key === "/") return "find";
  if (key === "ArrowRight") return isOpen ? { by: 1 } : "open";
  if (key === "ArrowLeft") return isOpen ? "close" : row.parent === undefined ? undefined : "parent";
  return undefined;
}
