// A JSON value as a tree of which only the rows in sight exist, however large it is.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef } from "react";
import type { Captured } from "../api/types";
import styles from "./Json.module.css";
import { JsonRow, type Mark } from "./JsonRow";
import { JsonToolbar } from "./JsonToolbar";
import { pointer, queryPath } from "./json/path";
import { readText } from "./json/scan";
import { treeAction } from "./treeAction";
import { useJsonTree } from "./useJsonTree";

const ROW = 24;
const MOST_ROWS = 20;
const SMALL = 400;

type Properties = {
  /** What the value is called. */
  label: string;
  text: string;
  /** Whether that is all of it, or the rest is on its way. */
  whole?: boolean;
  /** How a query names the value. */
  root?: string | undefined;
  cut?: Captured["cut"];
  redacted?: string[] | undefined;
};

export function JsonView({ label, text, whole = true, root, cut, redacted }: Properties) {
  const json = useJsonTree(text);
  const { tree, rows, chosen, chosenRow } = json;
  const scroller = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const id = useId();
  const marks = useMemo(() => marksOf(cut, redacted), [cut, redacted]);

  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });

  function show(row: number) {
    const to = rows.at(Math.max(0, Math.min(rows.count - 1, row)));
    if (!to) return;
    json.choose(to.start);
    virtualizer.scrollToIndex(Math.max(0, Math.min(rows.count - 1, row)));
  }

  // What was looked for is shown when the words change, and when one goes to the next place.
  const place = json.places[json.at];
  const revealed = useRef<number>(undefined);
  useEffect(() => {
    if (place === undefined || place === revealed.current) return;
    revealed.current = place;
    const way = tree.wayTo(place);
    if (!way) return;
    const row = json.reveal(way);
    requestAnimationFrame(() => virtualizer.scrollToIndex(row, { align: "center" }));
  });

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows.at(chosenRow);
    const press = row && treeAction(event.key, row, json.open.has(row.start));
    if (!row || !press) return;
    event.preventDefault();
    if (press === "open" || press === "close") json.toggle(row.start, press === "open");
    else if (press === "toggle") json.toggle(row.start);
    else if (press === "find") box.current?.focus();
    else if (press === "parent") show(rows.rowOf(tree.wayTo(row.parent ?? tree.root) ?? []) ?? 0);
    else show(chosenRow + press.by);
  }

  const way = () => tree.wayTo(chosen) ?? [];
  const value = () => {
    const row = rows.at(chosenRow);
    const raw = row ? tree.text.slice(row.start, row.end) : "";
    return row?.kind === "text" ? readText(raw) : raw;
  };
  const copies = [
    { label: "Copy value", text: value },
    { label: "Copy pointer", text: () => pointer(way()) },
    ...(root === undefined ? [] : [{ label: "Copy path", text: () => queryPath(root, way()) }]),
  ];
  const inSight = virtualizer.getVirtualItems();

  return (
    <div className={styles.json}>
      <JsonToolbar
        isLarge={text.length > SMALL}
        found={{ words: json.words, places: json.places.length, at: json.at, isLimited: json.isLimited }}
        box={box}
        onWords={json.look}
        onMove={(by) => json.goTo((json.at + by + json.places.length) % Math.max(json.places.length, 1))}
        onLeave={() => scroller.current?.focus()}
        onDepth={json.openTo}
        copies={copies}
      />
      <div
        ref={scroller}
        className={styles.tree}
        style={{ height: Math.min(rows.count, MOST_ROWS) * ROW + 2 }}
        role="tree"
        aria-label={label}
        aria-activedescendant={inSight.some((item) => item.index === chosenRow) ? `${id}-${chosenRow}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className={styles.rows} role="presentation" style={{ height: virtualizer.getTotalSize() }}>
          {inSight.map((item) => {
            const row = rows.at(item.index);
            if (!row) return null;
            return (
              <JsonRow
                key={item.key}
                id={`${id}-${item.index}`}
                tree={tree}
                row={row}
                name={label}
                isOpen={json.open.has(row.start)}
                isChosen={item.index === chosenRow}
                words={json.words}
                mark={marks.size > 0 ? marks.get(pointer(tree.wayTo(row.start) ?? [])) : undefined}
                top={item.start}
                onChoose={() => json.choose(row.start)}
                onToggle={() => json.toggle(row.start)}
              />
            );
          })}
        </div>
      </div>
      <p className={styles.where}>
        <code>{root === undefined ? pointer(way()) || "/" : queryPath(root, way())}</code>
        {!whole && <span role="status"> reading the rest…</span>}
      </p>
    </div>
  );
}

/** What is said of the values at some pointers. */
function marksOf(cut: Captured["cut"], redacted: string[] | undefined): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const { pointer, length } of cut ?? []) marks.set(pointer, { truncated: true, ...(length ? { length } : {}) });
  for (const pointer of redacted ?? []) marks.set(pointer, { truncated: false });
  return marks;
}
