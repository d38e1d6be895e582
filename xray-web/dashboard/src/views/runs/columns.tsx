// What the list of runs says of a run.
import { useQuery } from "@tanstack/react-query";
import type { RunRow } from "../../api/types";
import { Badge, Status } from "../../parts/Badge";
import { RunLink } from "../../parts/links";
import type { Column } from "../../parts/Table";
import { When } from "../../parts/When";
import { count, duration, percent } from "../../text/format";
import { itemCounts } from "./itemCounts";
import styles from "./Runs.module.css";

export type Actions = {
  marked: string[];
  mark: (run: RunRow) => void;
  pin: (run: RunRow) => void;
};

export const columns = ({ marked, mark, pin }: Actions): Column<RunRow>[] => [
  {
    id: "mark",
    header: "Compare",
    title: "Choose two runs to compare",
    width: "5.75rem",
    cell: (run) => (
      <input
        type="checkbox"
        className={styles.mark}
        tabIndex={-1}
        aria-label={`Compare ${run.pipeline} ${run.id.slice(-8)}`}
        checked={marked.includes(run.id)}
        onChange={() => mark(run)}
      />
    ),
  },
  {
    id: "status",
    header: "Status",
    width: "9rem",
    cell: (run) => (
      <>
        <Status status={run.status} />
        {run.lost_events > 0 && (
          <>
            {" "}
            <Badge tone="warn" title="What is shown of this run is incomplete">
              lost {count(run.lost_events)}
            </Badge>
          </>
        )}
      </>
    ),
    sort: (run) => run.status,
  },
  {
    id: "pipeline",
    header: "Pipeline",
    width: "minmax(9rem, 1fr)",
    cell: (run) => (
      <span title={run.pipeline}>
        {run.pipeline} {run.orphan && <Badge title="A step that lost its context, rather than a run">orphan</Badge>}
      </span>
    ),
    sort: (run) => run.pipeline,
  },
  { id: "run", header: "Run", width: "6.25rem", cell: (run) => <RunLink run={run.id} /> },
  {
    id: "started",
    header: "Started",
    width: "9.5rem",
    cell: (run) => <When at={run.started_at} />,
    sort: (run) => run.started_at,
  },
  {
    id: "duration",
    header: "Duration",
    width: "6rem",
    align: "end",
    cell: (run) => (run.duration_ns == null ? "" : duration(run.duration_ns)),
    sort: (run) => run.duration_ns ?? undefined,
  },
  {
    id: "steps",
    header: "Steps",
    width: "5rem",
    align: "end",
    cell: (run) => count(run.steps),
    sort: (run) => run.steps,
  },
  {
    id: "items",
    header: "Items",
    title: "The most that went into one of its steps → what came out of the last step that has items",
    width: "8.5rem",
    align: "end",
    cell: (run) => <Items run={run} />,
  },
  {
    id: "rejected",
    header: "Rejected",
    title: "Of all decisions of its steps to keep or to eliminate an item, the share that eliminated",
    width: "5.5rem",
    align: "end",
    cell: (run) => <Rejected run={run} />,
  },
  {
    id: "failures",
    header: "Errors",
    title: "Steps that ended in an error, a panic or a cancellation",
    width: "4.75rem",
    align: "end",
    cell: (run) => (run.failures > 0 ? <strong className={styles.errors}>{count(run.failures)}</strong> : "0"),
    sort: (run) => run.failures,
  },
  {
    id: "error",
    header: "Error",
    title: "The error or panic that ended it",
    width: "minmax(14rem, 2fr)",
    cell: (run) => <span title={run.error ?? undefined}>{run.error}</span>,
    sort: (run) => run.error ?? undefined,
  },
  {
    id: "outcome",
    header: "Outcome",
    title: "How its first step ended",
    width: "6rem",
    cell: (run) => run.outcome,
    sort: (run) => run.outcome,
  },
  {
    id: "level",
    header: "Level",
    title: "How much of it is kept",
    width: "5.5rem",
    cell: (run) => run.level,
    sort: (run) => run.level,
  },
  {
    id: "id",
    header: "Whole id",
    width: "18rem",
    cell: (run) => <code>{run.id}</code>,
  },
  {
    id: "pinned",
    header: "Pinned",
    title: "It stays, however little the store may keep",
    width: "5.5rem",
    cell: (run) => (
      <button
        type="button"
        tabIndex={-1}
        className={styles.pin}
        aria-pressed={run.pinned}
        aria-label={`Pin ${run.pipeline} ${run.id.slice(-8)}`}
        onClick={() => pin(run)}
      >
        {run.pinned ? "Pinned" : "Pin"}
      </button>
    ),
    sort: (run) => (run.pinned ? 0 : 1),
  },
];

export const SHOWN_AT_FIRST = [
  "mark",
  "status",
  "pipeline",
  "run",
  "started",
  "duration",
  "steps",
  "items",
  "rejected",
  "failures",
  "error",
  "pinned",
];

function Items({ run }: { run: RunRow }) {
  const { data, isError } = useQuery(itemCounts(run));
  if (isError) return <span title="Could not be loaded">?</span>;
  if (data?.into === undefined) return null;
  return (
    <>
      {count(data.into)} → {data.out === undefined ? "?" : count(data.out)}
    </>
  );
}

function Rejected({ run }: { run: RunRow }) {
  const { data } = useQuery(itemCounts(run));
  return data?.rejectionRate === undefined ? null : percent(data.rejectionRate);
}
