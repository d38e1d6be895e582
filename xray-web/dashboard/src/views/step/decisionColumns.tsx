import type { Check, Decision } from "../../api/types";
import { Badge, BasisBadge, VerdictBadge } from "../../parts/Badge";
import { ItemLink } from "../../parts/links";
import type { Column } from "../../parts/Table";
import { percent } from "../../text/format";
import { fieldColumn } from "../../value/RecordsTable";
import styles from "./Decisions.module.css";
import { distanceOf } from "./distance";
import type { Items } from "./useItems";

/** The columns of every view of decisions: what became of which item. */
export function itemColumns(run: string): Column<Decision>[] {
  return [
    {
      id: "outcome",
      header: "Outcome",
      width: "7.4rem",
      cell: (row) => <VerdictBadge verdict={row.outcome} />,
      sort: (row) => row.outcome,
    },
    {
      id: "item",
      header: "Item",
      width: "minmax(12rem, 2fr)",
      cell: (row) => <ItemLink item={row.item} run={run} />,
      sort: (row) => row.item,
    },
  ];
}

/** `sample` are some of the rows: they say how wide the columns of fields are. */
export function decisionColumns(run: string, items: Items, shown: string[], sample: Decision[]): Column<Decision>[] {
  return [
    ...itemColumns(run),
    {
      id: "reason",
      header: "Reason",
      width: "minmax(12rem, 2fr)",
      cell: (row) => <Reason decision={row} />,
      sort: (row) => row.reason ?? undefined,
    },
    {
      id: "near",
      header: "Distance",
      title: "How far the value is from the bound of the condition, as a share of the bound",
      width: "6rem",
      align: "end",
      cell: (row) => <Near decision={row} />,
      sort: (row) => distanceOf(row)?.share,
    },
    ...shown.map((field) => fieldColumn<Decision>(`field:${field}`, field, (row) => items.value(row, field), sample)),
    {
      id: "score",
      header: "Score",
      width: "5.5rem",
      align: "end",
      cell: (row) => row.score ?? "",
      sort: (row) => row.score ?? undefined,
    },
    {
      id: "place",
      header: "Place",
      title: "In what went in, and in what came out; from 0",
      width: "7.5rem",
      align: "end",
      cell: (row) => `${row.before ?? "–"} → ${row.after ?? "–"}`,
      sort: (row) => row.before ?? undefined,
    },
    {
      id: "basis",
      header: "Basis",
      width: "minmax(8rem, 13rem)",
      cell: (row) => <Marks decision={row} />,
      sort: (row) => row.basis,
    },
  ];
}

/** What was said of it, with the values that the failed condition looked at. */
function Reason({ decision }: { decision: Decision }) {
  const failed = decision.checks?.find((check) => !check.holds);
  const all = (decision.checks ?? []).map((check) => check.text).join("\n");
  const text = failed?.text.replace(/: false$/, "") ?? decision.reason ?? "";
  return <span title={all || text}>{text || <span className={styles.none}>–</span>}</span>;
}

function Near({ decision }: { decision: Decision }) {
  const distance = distanceOf(decision);
  if (!distance) return <span className={styles.none}>–</span>;
  return <span title={distance.check.text}>{percent(distance.share)}</span>;
}

function Marks({ decision }: { decision: Decision }) {
  return (
    <span className={styles.marks}>
      <BasisBadge basis={decision.basis} />
      {decision.ambiguous && (
        <Badge tone="warn" title="Its key stands for more than one item">
          ambiguous
        </Badge>
      )}
      {decision.contradicted && (
        <Badge tone="bad" title="The code says another thing than the values show">
          contradicted
        </Badge>
      )}
      {decision.changed && (
        <Badge tone="accent" title="What came out under its key differs from what went in">
          changed
        </Badge>
      )}
    </span>
  );
}

/** The conditions that were evaluated, in the order in which they first occur, and how often each failed. */
export function conditionsOf(rows: Decision[]): { condition: string; failed: number; passed: number }[] {
  const all = new Map<string, { condition: string; failed: number; passed: number }>();
  for (const { checks } of rows) {
    for (const { condition, holds } of checks ?? []) {
      const one = all.get(condition) ?? { condition, failed: 0, passed: 0 };
      all.set(condition, one);
      one[holds ? "passed" : "failed"] += 1;
    }
  }
  return [...all.values()];
}

/** A matrix: items by conditions, each passed, failed or not evaluated, with the values that were looked at. */
export function checkColumns(run: string, rows: Decision[]): Column<Decision>[] {
  const columns = conditionsOf(rows).map(({ condition, failed, passed }, index): Column<Decision> => {
    const of = (row: Decision) => row.checks?.find((check) => check.condition === condition);
    return {
      id: `check:${index}`,
      header: condition,
      title: `${condition}\n${failed} failed, ${passed} passed`,
      width: "minmax(12rem, 1fr)",
      cell: (row) => <Checked check={of(row)} />,
      sort: (row) => {
        const check = of(row);
        return check && (check.holds ? 1 : 0);
      },
    };
  });
  return [...itemColumns(run), ...columns];
}

/** The values that a condition looked at, with the comparison between them if it is one. */
function valuesOf({ condition, operands }: Check): string {
  const values = operands.map(({ value }) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "")));
  const [comparison] = /<=|>=|==|!=|<|>/.exec(condition) ?? [];
  return values.join(comparison && values.length === 2 ? ` ${comparison} ` : " · ").slice(0, 120);
}

function Checked({ check }: { check: Check | undefined }) {
  if (!check) return <span className={styles.none}>not evaluated</span>;
  return (
    <span className={styles.check} data-holds={check.holds} title={check.text}>
      <span aria-hidden="true">{check.holds ? "✓" : "✗"}</span>
      <span className="visually-hidden">{check.holds ? "passed" : "failed"}</span>
      <span>{valuesOf(check)}</span>
    </span>
  );
}
