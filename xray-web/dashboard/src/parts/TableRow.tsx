import { memo } from "react";
import type { Column } from "./Table";
import styles from "./Table.module.css";

type Properties<Row> = {
  id: string;
  row: Row;
  rowKey: string;
  index: number;
  columns: Column<Row>[];
  /** The columns as tracks of a CSS grid. */
  tracks: string;
  /** Pixels. */
  start: number;
  height: number;
  isChosen: boolean;
  isCurrent: boolean;
  onChoose: (choice: { index: number; key: string }) => void;
  onOpen: ((row: Row) => void) | undefined;
};

/** A row of a `Table`. The table changes with every key and every answer; most of its rows do not. */
export const TableRow = memo(function TableRow<Row>(properties: Properties<Row>) {
  const { id, row, rowKey, index, columns, tracks, start, height, isChosen, isCurrent, onChoose, onOpen } = properties;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-current={isCurrent || undefined}
      data-opens={onOpen !== undefined || undefined}
      className={styles.row}
      style={{ gridTemplateColumns: tracks, height, translate: `0 ${start}px` }}
      tabIndex={-1}
      onClick={(event) => {
        onChoose({ index, key: rowKey });
        if (!(event.target as Element).closest("a, button, input")) onOpen?.(row);
      }}
    >
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={styles.cell} data-align={column.align}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}) as <Row>(properties: Properties<Row>) => React.ReactNode;
