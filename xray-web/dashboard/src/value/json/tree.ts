// A JSON text as a tree of which parts are open. A value is named by the place where it begins in the text: that stays
// while the rest of the text is still on its way.
import { type Children, type Kind, kindAt, nameAt, scanChildren, skipSpace, skipValue } from "./scan";

/** One value on the way from the root to another one. */
export type Way = { index: number; name: string | number; start: number };

export type Row = {
  start: number;
  end: number;
  kind: Kind | undefined;
  /** 0 for the root. */
  depth: number;
  /** Its place in its parent, and how many there are. */
  index: number;
  siblings: number;
  /** The place of its name, if it is a field. */
  key: number | undefined;
  parent: number | undefined;
};

export class JsonTree {
  readonly text: string;
  readonly root: number;
  private readonly scanned = new Map<number, Children>();

  constructor(text: string) {
    this.text = text;
    this.root = skipSpace(text, 0);
  }

  children(start: number): Children {
    const known = this.scanned.get(start);
    if (known) return known;
    const found = scanChildren(this.text, start);
    this.scanned.set(start, found);
    return found;
  }

  canOpen(start: number): boolean {
    const kind = kindAt(this.text, start);
    return kind === "record" || kind === "list";
  }

  /** The values that lead to the one that holds the place, or whose name does; nothing if it is between them. */
  wayTo(place: number): Way[] | undefined {
    const way: Way[] = [];
    let at = this.root;
    while (this.canOpen(at) && place !== at) {
      const { kind, keys, starts, ends } = this.children(at);
      const begins = kind === "record" ? keys : starts;
      const index = lastUpTo(begins, place);
      const start = starts[index];
      const end = ends[index];
      if (start === undefined || end === undefined || place >= end) return undefined;
      const name = kind === "record" ? nameAt(this.text, keys[index] ?? 0) : index;
      way.push({ index, name, start });
      if (place < start) {
        const key = keys[index] ?? start;
        return place < key + this.text.slice(key, start).lastIndexOf('"') + 1 ? way : undefined;
      }
      at = start;
    }
    return way;
  }
}

/** The index of the last of the sorted numbers that is not more than `limit`; -1 if all are. */
export function lastUpTo(sorted: number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** An open value, and how its rows lie. */
type Open = {
  start: number;
  depth: number;
  children: Children;
  /** Its open children in their order, with the row at which the inside of each begins. */
  open: { index: number; from: number; inside: Open }[];
  froms: number[];
  /** How many rows it has inside. */
  rows: number;
};

/** The rows of a tree, of which none exists until it is asked for. */
export class Rows {
  readonly count: number;
  private readonly tree: JsonTree;
  private readonly inside: Open | undefined;

  constructor(tree: JsonTree, open: ReadonlySet<number>) {
    this.tree = tree;
    const sorted = Array.from(open).sort((a, b) => a - b);
    this.inside = open.has(tree.root) && tree.canOpen(tree.root) ? this.lay(tree.root, 1, sorted) : undefined;
    this.count = 1 + (this.inside?.rows ?? 0);
  }

  at(row: number): Row | undefined {
    const { text, root } = this.tree;
    if (row === 0) {
      const end = this.inside?.children.end ?? skipValue(text, root);
      const kind = kindAt(text, root);
      return { start: root, end, kind, depth: 0, index: 0, siblings: 1, key: undefined, parent: undefined };
    }
    let at = this.inside;
    let left = row - 1;
    while (at) {
      const nearest = lastUpTo(at.froms, left);
      const inner = at.open[nearest];
      if (inner && left < inner.from + inner.inside.rows) {
        left -= inner.from;
        at = inner.inside;
        continue;
      }
      const index = inner ? inner.index + 1 + left - (inner.from + inner.inside.rows) : left;
      const start = at.children.starts[index];
      if (start === undefined) return undefined;
      return {
        start,
        end: at.children.ends[index] ?? start,
        kind: kindAt(text, start),
        depth: at.depth,
        index,
        siblings: at.children.starts.length,
        key: at.children.keys[index],
        parent: at.start,
      };
    }
    return undefined;
  }

  /** The row of the value that `way` leads to; nothing while something on the way is closed. */
  rowOf(way: Way[]): number | undefined {
    let row = 0;
    let at: Open | undefined = this.inside;
    for (const { index } of way) {
      if (!at) return undefined;
      row += 1 + index;
      let next: Open | undefined;
      for (const inner of at.open) {
        if (inner.index < index) row += inner.inside.rows;
        else if (inner.index === index) next = inner.inside;
      }
      at = next;
    }
    return row;
  }

  private lay(start: number, depth: number, open: number[]): Open {
    const children = this.tree.children(start);
    const inner: Open["open"] = [];
    let rows = 0;
    let next = lastUpTo(open, start) + 1;
    while (next < open.length && (open[next] ?? 0) < children.end) {
      const place = open[next] ?? 0;
      const index = lastUpTo(children.starts, place);
      if (children.starts[index] === place && this.tree.canOpen(place)) {
        const inside = this.lay(place, depth + 1, open);
        inner.push({ index, from: index + 1 + rows, inside });
        rows += inside.rows;
      }
      // What is open within a child was laid with it, or is hidden with it.
      next = lastUpTo(open, (children.ends[index] ?? place + 1) - 1) + 1;
    }
    const froms = inner.map(({ from }) => from);
    return { start, depth, children, open: inner, froms, rows: children.starts.length + rows };
  }
}

/** What has to be open for everything down to a depth to be seen, and no more than about `most` rows. */
export function openTo(tree: JsonTree, depth: number, most = 100_000): Set<number> {
  const open = new Set<number>();
  let level = [tree.root];
  let rows = 1;
  for (let at = 0; at < depth; at += 1) {
    const next: number[] = [];
    for (const start of level) {
      if (!tree.canOpen(start)) continue;
      const { starts } = tree.children(start);
      if (rows > 1 && rows + starts.length > most) return open;
      rows += starts.length;
      open.add(start);
      for (const child of starts) next.push(child);
    }
    level = next;
  }
  return open;
}
