// Rows by the thousand, of which only those in sight are in the document.
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import styles from "./Table.module.css";
import { TableRow } from "./TableRow";

export type Column<Row> = {
  id: string;
  header: string;
  /** What is meant, as a tooltip of the header. */
  title?: string;
  /** A track of a CSS grid: `8rem`, `minmax(10rem, 1fr)`. */
  width: string;
  align?: "end";
  cell: (row: Row) => ReactNode;
  /** The rows can be sorted by it. Rows without a value come last. */
  sort?: (row: Row) => string | number | undefined;
};

type Properties<Row> = {
  /** What the rows are, for those who cannot see them. */
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Columns that are left out, by id. */
  hidden?: string[];
  /** Enter or a click on a row. */
  onOpen?: (row: Row) => void;
  /** The row that the keys are at. */
  onChoose?: (row: Row | undefined) => void;
  /** The row that is open, by key. */
  current?: string;
  /** The last rows came into sight: more are wanted. */
  onEnd?: () => void;
  /** How many rows there are in all, if that is known and more than are loaded. */
  total?: number;
  /** Below the last row. */
  footer?: ReactNode;
  initialSort?: SortingState;
  /** The reader chose another order. */
  onSort?: (sorting: SortingState) => void;
  /** Pixels. */
  rowHeight?: number;
};

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  sortedRowModel: createSortedRowModel(),
});
const NEAR_THE_END = 20;

/**
 * A table that scrolls by itself. With the focus in it, the arrow keys or `j` and `k` choose a row, and Enter opens it.
 * It fills what its parent gives it: the parent has a height.
 */
export function Table<Row>(properties: Properties<Row>) {
  const {
    label,
    columns,
    rows,
    rowKey,
    hidden,
    onOpen,
    onChoose,
    current,
    onEnd,
    total,
    footer,
    rowHeight = 34,
  } = properties;
  const [sorting, setSorting] = useState<SortingState>(properties.initialSort ?? []);
  const [choice, setChoice] = useState({ index: 0, key: "" });
  const scroller = useRef<HTMLDivElement>(null);

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: Row) => column.sort?.(row),
        enableSorting: column.sort !== undefined,
        sortUndefined: "last" as const,
        sortFn: "basic" as const,
        meta: column,
      })),
    [columns],
  );
  const table = useTable<typeof features, Row & object>({
    features,
    // biome-ignore lint/suspicious/noExplicitAny: the columns are of `Row`, which the table does not need to know
    columns: definitions as any,
    data: rows as (Row & object)[],
    getRowId: rowKey,
    state: {
      sorting,
      columnVisibility: useMemo(() => Object.fromEntries((hidden ?? []).map((id) => [id, false])), [hidden]),
    },
    onSortingChange: (change) => {
      const next = typeof change === "function" ? change(sorting) : change;
      setSorting(next);
      properties.onSort?.(next);
    },
  });

  const sorted = table.getRowModel().rows;
  const chosen = useMemo(() => placeOf(choice, sorted), [choice, sorted]);
  const chosenRow = sorted[chosen]?.original;
  useEffect(() => onChoose?.(chosenRow), [onChoose, chosenRow]);
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 6,
    // The header covers as much.
    scrollPaddingEnd: 34,
  });
  useAnchor(scroller, sorted[0]?.id, sorting, (first) => sorted.findIndex((row) => row.id === first) * rowHeight);
  const inSight = virtualizer.getVirtualItems();
  const last = inSight.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && last >= sorted.length - NEAR_THE_END) onEnd();
  }, [onEnd, last, sorted.length]);

  const shown = useMemo(() => columns.filter((column) => !hidden?.includes(column.id)), [columns, hidden]);
  const tracks = shown.map((column) => column.width).join(" ");
  const minWidth = leastWidth(shown);

  function move(to: number) {
    const index = Math.max(0, Math.min(sorted.length - 1, to));
    setChoice({ index, key: sorted[index]?.id ?? "" });
    virtualizer.scrollToIndex(index);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, inSight.length - 14);
    const target = targets(chosen, page, sorted.length)[event.key];
    if (target !== undefined) move(target);
    else if (event.key === "Enter" && sorted[chosen]) onOpen?.(sorted[chosen].original);
    else return;
    event.preventDefault();
  }

  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={total ?? sorted.length + 1}
      aria-colcount={shown.length}
      aria-activedescendant={inSight.some((item) => item.index === chosen) ? rowId(label, chosen) : undefined}
      tabIndex={0}
      data-grid
      onKeyDown={onKeyDown}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks, minWidth }}>
        {shown.map((column) => {
          const direction = sorting.find((sort) => sort.id === column.id);
          return (
            <div
              key={column.id}
              role="columnheader"
              className={styles.header}
              data-align={column.align}
              title={column.title}
              aria-sort={direction ? (direction.desc ? "descending" : "ascending") : undefined}
            >
              {column.sort ? (
                <button
                  type="button"
                  className={styles.sort}
                  onClick={() => table.getColumn(column.id)?.toggleSorting()}
                >
                  {column.header}
                  <span aria-hidden="true">{direction ? (direction.desc ? " ↓" : " ↑") : ""}</span>
                </button>
              ) : (
                column.header
              )}
            </div>
          );
        })}
      </div>
      <div className={styles.body} role="rowgroup" style={{ height: virtualizer.getTotalSize(), minWidth }}>
        {inSight.map((item) => {
          const row = sorted[item.index];
          if (!row) return null;
          return (
            <TableRow
              key={item.key}
              id={rowId(label, item.index)}
              row={row.original}
              rowKey={row.id}
              index={item.index}
              columns={shown}
              tracks={tracks}
              start={item.start}
              height={item.size}
              isChosen={item.index === chosen}
              isCurrent={row.id === current}
              onChoose={setChoice}
              onOpen={onOpen}
            />
          );
        })}
      </div>
      {footer}
    </div>
  );
}

/** Where the chosen row is now: others may have come above it. */
function placeOf({ index, key }: { index: number; key: string }, rows: { id: string }[]): number {
  if (key === "" || rows[index]?.id === key) return index;
  const found = rows.findIndex((row) => row.id === key);
  return found >= 0 ? found : Math.max(0, Math.min(index, rows.length - 1));
}

/** While one reads further down, rows that come above the first leave what is in sight where it is. */
function useAnchor(
  scroller: RefObject<HTMLDivElement | null>,
  first: string | undefined,
  sorting: SortingState,
  offsetOf: (first: string) => number,
) {
  const earlier = useRef({ first, sorting });
  const offset = useEffectEvent(offsetOf);
  useLayoutEffect(() => {
    const before = earlier.current;
    earlier.current = { first, sorting };
    const element = scroller.current;
    if (!element || element.scrollTop === 0 || before.first === undefined || before.sorting !== sorting) return;
    if (before.first !== first) element.scrollTop += Math.max(0, offset(before.first));
  }, [scroller, first, sorting]);
}

/** Where each key goes. */
const targets = (from: number, page: number, rows: number): Record<string, number> => ({
  ArrowDown: from + 1,
  j: from + 1,
  ArrowUp: from - 1,
  k: from - 1,
  PageDown: from + page,
  PageUp: from - page,
  Home: 0,
  End: rows - 1,
});

/** What all tracks need at least, so that the head and the rows, which do not know each other, are as wide as each other. */
const leastWidth = (columns: { width: string }[]): string =>
  `calc(${columns.map(({ width }) => /^minmax\(([^,]+),/.exec(width)?.[1] ?? width).join(" + ")})`;

const rowId = (label: string, index: number) => `${label.replace(/\W+/g, "-")}-row-${index}`;
