import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import styles from "./LongList.module.css";

type Properties<Row> = {
  /** What the rows are, for those who cannot see them. */
  label: string;
  rows: Row[];
  rowKey: (row: Row) => string;
  children: (row: Row, index: number) => ReactNode;
  /** How high a row is before it was measured, in pixels. */
  estimate: number;
  /** The row that is brought into sight when it changes, by key. */
  reveal?: string;
  /** The last rows came into sight: more are wanted. */
  onEnd?: () => void;
};

const NEAR_THE_END = 10;
/** A row that begins in this share of the page, from its top, can be read. */
const IN_SIGHT = 0.7;

/** Rows of any height in the scroll of the page, of which only those in sight are in the document. */
export function LongList<Row>({ label, rows, rowKey, children, estimate, reveal, onEnd }: Properties<Row>) {
  const list = useRef<HTMLOListElement>(null);
  const [above, setAbove] = useState<number>();
  useLayoutEffect(() => {
    const element = list.current;
    const page = scroller();
    if (!element?.parentElement || !page) return;
    const measure = () =>
      setAbove(element.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop);
    const observer = new ResizeObserver(measure);
    observer.observe(element.parentElement);
    measure();
    return () => observer.disconnect();
  }, []);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: scroller,
    estimateSize: () => estimate,
    getItemKey: (index) => (rows[index] ? rowKey(rows[index]) : index),
    overscan: 6,
    scrollMargin: above ?? 0,
  });
  const inSight = virtualizer.getVirtualItems();
  const last = inSight.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && last >= rows.length - NEAR_THE_END) onEnd();
  }, [onEnd, last, rows.length]);

  const revealed = reveal === undefined ? -1 : rows.findIndex((row) => rowKey(row) === reveal);
  const brought = useRef<string>(undefined);
  useEffect(() => {
    const page = scroller();
    if (revealed < 0 || above === undefined || !page || brought.current === reveal) return;
    brought.current = reveal;
    const [start] = virtualizer.getOffsetForIndex(revealed, "start") ?? [0];
    const isInSight = start >= page.scrollTop && start <= page.scrollTop + page.clientHeight * IN_SIGHT;
    if (!isInSight) virtualizer.scrollToIndex(revealed, { align: "start" });
  }, [revealed, reveal, above, virtualizer]);

  return (
    <ol ref={list} className={styles.list} aria-label={label} style={{ height: virtualizer.getTotalSize() }}>
      {inSight.map((item) => {
        const row = rows[item.index];
        if (!row) return null;
        return (
          <li
            key={item.key}
            ref={virtualizer.measureElement}
            data-index={item.index}
            className={styles.row}
            aria-posinset={item.index + 1}
            aria-setsize={rows.length}
            style={{ translate: `0 ${item.start - (above ?? 0)}px` }}
          >
            {children(row, item.index)}
          </li>
        );
      })}
    </ol>
  );
}

const scroller = () => document.getElementById("main");
