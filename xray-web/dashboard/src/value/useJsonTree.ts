// What is open, chosen and looked for in a tree. The text may grow meanwhile.
import { useDeferredValue, useMemo, useState } from "react";
import { find } from "./json/find";
import { JsonTree, openTo, Rows, type Way } from "./json/tree";

/** More are not counted. */
const MOST_FOUND = 10_000;

export function useJsonTree(text: string) {
  const tree = useMemo(() => new JsonTree(text), [text]);
  const [open, setOpen] = useState<ReadonlySet<number>>(() => openTo(tree, 1));
  const [chosen, setChosen] = useState(tree.root);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);

  const rows = useMemo(() => new Rows(tree, open), [tree, open]);
  const looked = useDeferredValue(words);
  const places = useMemo(() => find(tree, looked, MOST_FOUND), [tree, looked]);

  const chosenRow = useMemo(() => {
    const way = tree.wayTo(chosen);
    return way && rows.rowOf(way);
  }, [tree, rows, chosen]);

  /** Opens what is around a value, and chooses it; says in which row it is then. */
  function reveal(way: Way[]): number {
    const all = new Set(open);
    all.add(tree.root);
    for (const { start } of way.slice(0, -1)) all.add(start);
    setOpen(all);
    setChosen(way.at(-1)?.start ?? tree.root);
    return new Rows(tree, all).rowOf(way) ?? 0;
  }

  function toggle(start: number, to = !open.has(start)) {
    if (!tree.canOpen(start)) return;
    const all = new Set(open);
    if (to) all.add(start);
    else all.delete(start);
    setOpen(all);
  }

  return {
    tree,
    rows,
    open,
    toggle,
    openTo: (depth: number) => setOpen(openTo(tree, depth)),
    chosen,
    chosenRow: chosenRow ?? 0,
    choose: setChosen,
    reveal,
    words,
    look: (words: string) => {
      setWords(words);
      setAt(0);
    },
    places,
    isLimited: places.length >= MOST_FOUND,
    at: Math.min(at, Math.max(places.length - 1, 0)),
    goTo: setAt,
  };
}
