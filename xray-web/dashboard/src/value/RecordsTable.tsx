// A list of records as a table. A record is read when its row comes into sight, or when the table is sorted.
import { useMemo, useState } from "react";
import { ColumnMenu } from "../parts/ColumnMenu";
import { type Column, Table } from "../parts/Table";
import { skipValue } from "./json/scan";
import { JsonTree } from "./json/tree";
import { preview } from "./preview";
import styles from "./RecordsTable.module.css";
import { fieldsOf } from "./shape";

export type ListedRecord = { index: number; value: () => Record<string, unknown> };

/** More columns than these are left out until they are asked for. */
const SHOWN = 12;
const ROW = 30;
const MOST_ROWS = 14;

export function RecordsTable({ label, text }: { label: string; text: string }) {
  const rows = useMemo(() => recordsOf(text), [text]);
  const fields = useMemo(() => fieldsOf(text), [text]);
  const [shown, setShown] = useState(() => fields.slice(0, SHOWN));
  const hidden = useMemo(() => fields.filter((field) => !shown.includes(field)), [fields, shown]);
  const columns = useMemo<Column<ListedRecord>[]>(
    () => [
      { id: "#", header: "#", width: "4rem", align: "end", cell: (row) => row.index, sort: (row) => row.index },
      ...fields.map((field) => fieldColumn(field, field, (row: ListedRecord) => row.value()[field], rows.slice(0, 50))),
    ],
    [fields, rows],
  );
  return (
    <div>
      <div className={styles.toolbar}>
        <ColumnMenu columns={fields.map(named)} shown={shown} onChange={setShown} counted />
      </div>
      <div style={{ height: Math.min(rows.length + 1, MOST_ROWS) * ROW + 24 }}>
        <Table
          label={label}
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.index)}
          hidden={hidden}
          rowHeight={ROW}
        />
      </div>
    </div>
  );
}

const named = (field: string) => ({ id: field, header: field });

/** A column of what rows have under a name, as wide as `sample` needs it: numbers to the right, the rest in a line. */
export function fieldColumn<Row>(id: string, header: string, value: (row: Row) => unknown, sample: Row[]): Column<Row> {
  const values = sample.map(value).filter((one) => one !== null && one !== undefined);
  const isNumber = values.length > 0 && values.every((one) => typeof one === "number");
  const longest = values.reduce<number>((most, one) => Math.max(most, shownText(one).length), header.length + 1);
  return {
    id,
    header,
    width: `minmax(${Math.min(Math.max(longest * 0.6 + 1.5, 4), 18)}rem, ${isNumber ? "auto" : "1fr"})`,
    ...(isNumber ? { align: "end" as const } : {}),
    cell: (row) => <FieldCell value={value(row)} />,
    sort: (row) => {
      const sorted = value(row);
      if (typeof sorted === "number" || typeof sorted === "string") return sorted;
      return sorted === null || sorted === undefined ? undefined : shownText(sorted);
    },
  };
}

const shownText = (value: unknown): string => (typeof value === "string" ? value.slice(0, 300) : preview(value, 80));

function FieldCell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className={styles.none}>–</span>;
  const text = shownText(value);
  return <span title={text}>{text}</span>;
}

export function recordsOf(text: string): ListedRecord[] {
  const tree = new JsonTree(text);
  if (!tree.canOpen(tree.root)) return [];
  return tree.children(tree.root).starts.map((start, index) => {
    let read: Record<string, unknown> | undefined;
    const value = () => {
      read ??= recordAt(text, start);
      return read;
    };
    return { index, value };
  });
}

/** A record that is cut off, or none, has no fields. */
function recordAt(text: string, start: number): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text.slice(start, skipValue(text, start)));
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
