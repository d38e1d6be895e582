// How long runs took, over time. A rectangle that is chosen becomes the filter.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { groups } from "../../api/queries";
import { type Buckets, bucketOf, durationEdges, timeBuckets } from "../../charts/buckets";
import { type HeatCell, Heatmap } from "../../charts/Heatmap";
import type { Bounds } from "../../charts/selection";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Failure } from "../../parts/Failure";
import { duration, instant, moment, nanoseconds, things } from "../../text/format";
import type { Range } from "./conditions";
import styles from "./DurationMap.module.css";
import { DurationTable } from "./DurationTable";
import type { RunsSearch } from "./search";
import type { Overview } from "./statistics";

type Properties = {
  overview: Overview;
  range: Range;
  filters: { q?: string } & Range;
  /** Milliseconds until it is asked for again. */
  again: number | false;
  onSelect: (change: Partial<RunsSearch>) => void;
};

const MOST_COLUMNS = 72;
const MOST_ROWS = 12;

export default function DurationMap({ overview, range, filters, again, onSelect }: Properties) {
  const [asTable, setAsTable] = useState(false);
  const { first, last, shortest, longest } = overview;
  const from = range.from ?? first;
  const to = last ?? from;
  const shape = useMemo(() => {
    if (!from || !to || shortest === undefined || longest === undefined) return undefined;
    return {
      time: timeBuckets(nanoseconds(from), nanoseconds(to), MOST_COLUMNS),
      edges: durationEdges(shortest, longest, MOST_ROWS),
    };
  }, [from, to, shortest, longest]);
  const asked = useQuery({
    ...groups({
      of: "runs",
      group_by: shape ? `bucket(started, duration("${shape.time.width}ns")), ${bucketOf(shape.edges)}` : "",
      select: "count(), error_rate()",
      limit: 1000,
      ...filters,
      q: filters.q ? `(${filters.q}\n) && has(duration)` : "has(duration)",
    }),
    enabled: shape !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: again,
  });
  const cells = useMemo(
    () => (shape && asked.data ? cellsOf(asked.data.data as Row[], shape.time, shape.edges.length - 1) : []),
    [asked.data, shape],
  );
  if (asked.isError) return <Failure error={asked.error} inline retry={() => asked.refetch()} />;
  if (!shape) return <p className={styles.nothing}>None of these runs has ended yet.</p>;
  const { time, edges } = shape;
  const at = (column: number) => instant(time.start + BigInt(column) * time.width);
  const rows = edges.length - 1;

  function select({ columns, rows: [low, high] }: Bounds) {
    const whole = columns[0] === 0 && columns[1] === time.count - 1;
    onSelect({
      ...(whole ? {} : { last: undefined, from: at(columns[0]), before: at(columns[1] + 1) }),
      ...(low > 0 ? { min: edges[low] } : {}),
      ...(high < rows - 1 ? { max: edges[high + 1] } : {}),
    });
  }

  return (
    <section className={styles.map} aria-label="Durations over time">
      <Heatmap
        label="How long runs took, over time"
        cells={cells}
        columns={time.count}
        rows={rows}
        columnTick={(column) => tick(at(column), time.width)}
        rowTick={(row) => duration(edges[row] ?? 0)}
        tell={({ columns, rows: [low, high] }, count, failed) =>
          `${tick(at(columns[0]), time.width)} – ${tick(at(columns[1] + 1), time.width)}, ` +
          `${duration(edges[low] ?? 0)} – ${duration(edges[high + 1] ?? 0)}: ` +
          `${things(count, "run")}${failed > 0 ? `, ${failed} failed` : ""}`
        }
        onSelect={select}
      />
      <Button quiet className={styles.alternative} onClick={() => setAsTable(true)}>
        As a table
      </Button>
      <Dialog title="How long runs took, over time" open={asTable} onOpenChange={setAsTable}>
        <DurationTable cells={cells} at={(column) => tick(at(column), time.width)} edges={edges} />
      </Dialog>
    </section>
  );
}

type Row = [at: string, bucket: number, count: number, errorRate: number];

const cellsOf = (rows: Row[], time: Buckets, most: number): HeatCell[] =>
  rows.flatMap(([at, row, count, errorRate]) => {
    const column = Number((nanoseconds(at) - time.start) / time.width);
    const inside = column >= 0 && column < time.count && row < most;
    return inside ? [{ column, row, count, failed: Math.round(errorRate * count) }] : [];
  });

/** A time as exactly as the buckets are wide. */
function tick(at: string, width: bigint): string {
  if (width >= 1_000_000_000n) return moment(at);
  const digits = width >= 1_000_000n ? 3 : 6;
  return `${moment(at)}.${at.slice(20, 20 + digits)}`;
}
