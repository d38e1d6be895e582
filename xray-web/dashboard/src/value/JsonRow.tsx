import { Badge } from "../parts/Badge";
import { count } from "../text/format";
import { marked } from "../text/marked";
import styles from "./Json.module.css";
import { nameAt } from "./json/scan";
import type { JsonTree, Row } from "./json/tree";

/** What is said of a value that is not as it was. */
export type Mark = { truncated: boolean; length?: number };

type Properties = {
  id: string;
  tree: JsonTree;
  row: Row;
  /** Of the root. */
  name: string;
  isOpen: boolean;
  isChosen: boolean;
  words: string;
  mark: Mark | undefined;
  top: number;
  onChoose: () => void;
  onToggle: () => void;
};

/** So much of a value is shown in its row. */
const SHOWN = 240;
/** What is within a longer one is not counted before it is opened. */
const COUNTED = 500_000;

/** A value in a line. */
export function JsonRow({ id, tree, row, name, isOpen, isChosen, words, mark, top, onChoose, onToggle }: Properties) {
  const canOpen = tree.canOpen(row.start);
  const shownName = row.depth === 0 ? name : row.key === undefined ? String(row.index) : nameAt(tree.text, row.key);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      id={id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-setsize={row.siblings}
      aria-posinset={row.index + 1}
      aria-expanded={canOpen ? isOpen : undefined}
      aria-selected={isChosen}
      className={styles.row}
      style={{ translate: `0 ${top}px`, paddingInlineStart: `${row.depth * 1.1 + 0.4}rem` }}
      onClick={() => {
        onChoose();
        onToggle();
      }}
    >
      <span className={styles.sign} aria-hidden="true">
        {canOpen ? (isOpen ? "▾" : "▸") : ""}
      </span>
      <span className={styles.name} data-index={row.key === undefined || undefined}>
        {marked(shownName, words)}
      </span>
      <span className={styles.colon}>: </span>
      <span className={styles.value} data-kind={row.kind}>
        {canOpen
          ? inside(tree, row, isOpen)
          : marked(tree.text.slice(row.start, Math.min(row.end, row.start + SHOWN)), words)}
        {row.end - row.start > SHOWN && !canOpen && "…"}
      </span>
      {mark && (
        <Badge tone={mark.truncated ? "warn" : "violet"}>
          {mark.truncated ? `truncated${mark.length ? `, ${count(mark.length)} in all` : ""}` : "redacted"}
        </Badge>
      )}
    </div>
  );
}

/** How much is in it, and how it begins. */
function inside(tree: JsonTree, row: Row, isOpen: boolean) {
  const size = row.end - row.start;
  const { starts, cut } = size < COUNTED || isOpen ? tree.children(row.start) : { starts: undefined, cut: false };
  const [open, close] = row.kind === "list" ? "[]" : "{}";
  const number = starts === undefined ? "…" : `${count(starts.length)}${cut ? "+" : ""}`;
  return (
    <>
      <span className={styles.size}>
        {open}
        {starts?.length === 0 ? "" : number}
        {close}
      </span>
      {!isOpen && starts?.length !== 0 && (
        <span className={styles.beginning}>
          {" "}
          {tree.text.slice(row.start + 1, Math.min(row.end - 1, row.start + SHOWN))}
        </span>
      )}
    </>
  );
}
