import type { Decision } from "../../api/types";
import { ItemLink } from "../../parts/links";
import type { Column } from "../../parts/Table";
import styles from "./Decisions.module.css";

/** By the place that each has in what came out; what did not come out is at the end. */
export function ranked(rows: Decision[]): Decision[] {
  const far = Number.MAX_SAFE_INTEGER;
  return [...rows].sort((a, b) => (a.after ?? far) - (b.after ?? far) || (a.before ?? far) - (b.before ?? far));
}

/** A ranking: where each item came from, where it went, and what for. */
export function rankingColumns(run: string, rows: Decision[]): Column<Decision>[] {
  const scores = rows.flatMap(({ score }) => (typeof score === "number" ? [score] : []));
  const best = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const least = scores.reduce((most, score) => Math.min(most, score), 0);
  return [
    {
      id: "after",
      header: "Place",
      title: "In what came out, from 1",
      width: "4.5rem",
      align: "end",
      cell: (row) => ((row.after ?? undefined) === undefined ? "out" : (row.after ?? 0) + 1),
    },
    { id: "moved", header: "Moved", width: "7rem", cell: (row) => <Moved decision={row} /> },
    { id: "item", header: "Item", width: "minmax(12rem, 2fr)", cell: (row) => <ItemLink item={row.item} run={run} /> },
    {
      id: "score",
      header: "Score",
      width: "minmax(12rem, 2fr)",
      cell: (row) => <ScoreBar score={row.score ?? undefined} least={least} best={best} />,
    },
    {
      id: "before",
      header: "Came from",
      title: "Its place in what went in, from 1",
      width: "6.5rem",
      align: "end",
      cell: (row) => ((row.before ?? undefined) === undefined ? "–" : (row.before ?? 0) + 1),
    },
    { id: "reason", header: "Reason", width: "minmax(8rem, 1fr)", cell: (row) => row.reason ?? "" },
  ];
}

/** How many places up or down. */
export function movement({ before, after }: Pick<Decision, "before" | "after">): number | undefined {
  if (before === null || before === undefined || after === null || after === undefined) return undefined;
  return before - after;
}

function Moved({ decision }: { decision: Decision }) {
  const by = movement(decision);
  if (by === undefined) return <span className={styles.none}>{decision.before == null ? "new" : "left out"}</span>;
  if (by === 0) return <span className={styles.none}>stays</span>;
  return (
    <span className={styles.moved} data-up={by > 0}>
      <span aria-hidden="true">{by > 0 ? "▲" : "▼"}</span> {Math.abs(by)} {by > 0 ? "up" : "down"}
    </span>
  );
}

function ScoreBar({ score, least, best }: { score: Decision["score"] | undefined; least: number; best: number }) {
  if (score === undefined || score === null) return <span className={styles.none}>–</span>;
  const share = typeof score === "number" && best > least ? (score - least) / (best - least) : 0;
  return (
    <span className={styles.score}>
      <span className={styles.number}>{score}</span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.bar} style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  );
}
