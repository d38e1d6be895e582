import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { pipelines } from "../../api/queries";
import type { PipelineSummary } from "../../api/types";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { FunctionLink, RunsWhere } from "../../parts/narrowed";
import { type Column, Table } from "../../parts/Table";
import { When } from "../../parts/When";
import { count, percent } from "../../text/format";
import type { ListProperties } from "./Functions";
import { matchingPipelines, sortingOf, sortOf } from "./overview";
import { quantileColumns } from "./quantiles";
import styles from "./Steps.module.css";
import { Stopped } from "./Stopped";

/** Every pipeline that ran, one a row. */
export function Pipelines({ text, from, sort, onSort }: ListProperties) {
  const asked = useInfiniteQuery(pipelines({ from, limit: 1000 }));
  const all = useMemo(() => asked.data?.pages.flatMap((page) => page.data) ?? [], [asked.data]);
  const rows = useMemo(() => matchingPipelines(all, text), [all, text]);
  const columns = useMemo(() => columnsSince(from), [from]);
  if (asked.error && all.length === 0) return <Failure inline error={asked.error} retry={asked.refetch} />;
  if (asked.isPending) return <Loading what="Adding up the runs" />;
  if (rows.length === 0) {
    return (
      <Empty inline title={all.length > 0 ? "No pipeline matches" : "No runs in this time"}>
        <p>{all.length > 0 ? "Names that hold the text are listed." : "Look further back, or start a run."}</p>
      </Empty>
    );
  }
  return (
    <section className={styles.table} aria-label="Pipelines">
      <Stopped page={asked.data?.pages.at(-1)} />
      <div className={styles.fill}>
        <Table
          label="Pipelines"
          columns={columns}
          rows={rows}
          rowKey={({ pipeline }) => pipeline}
          initialSort={sortingOf(sort)}
          onSort={(sorting) => onSort(sortOf(sorting))}
          onEnd={asked.hasNextPage && !asked.isFetching ? asked.fetchNextPage : undefined}
        />
      </div>
    </section>
  );
}

function columnsSince(from: string | undefined): Column<PipelineSummary>[] {
  return [
    {
      id: "name",
      header: "Pipeline",
      width: "minmax(12rem, 1fr)",
      cell: ({ pipeline }) => <FunctionLink name={pipeline} />,
      sort: ({ pipeline }) => pipeline,
    },
    {
      id: "runs",
      header: "Runs",
      width: "8rem",
      align: "end",
      cell: ({ pipeline, runs }) => <RunsWhere filters={{ pipeline, from }}>{count(runs)}</RunsWhere>,
      sort: ({ runs }) => runs,
    },
    {
      id: "errors",
      header: "Failed",
      title: "The share of runs that failed or crashed",
      width: "6rem",
      align: "end",
      cell: ({ pipeline, error_rate }) =>
        error_rate > 0 ? (
          <RunsWhere filters={{ pipeline, from, q: 'status == "failed" || status == "crashed"' }}>
            {percent(error_rate)}
          </RunsWhere>
        ) : (
          "0%"
        ),
      sort: ({ error_rate }) => error_rate,
    },
    ...quantileColumns("6rem"),
    {
      id: "last",
      header: "Last run",
      width: "9rem",
      cell: (row) => <When at={row.last_started_at} />,
      sort: (row) => row.last_started_at,
    },
  ];
}
