import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { callsites, groups } from "../../api/queries";
import type { CallsiteSummary } from "../../api/types";
import { Sparkline } from "../../charts/Sparkline";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { FunctionLink } from "../../parts/narrowed";
import { type Column, Table } from "../../parts/Table";
import { When } from "../../parts/When";
import { count, percent, things } from "../../text/format";
import { Glance } from "./Glance";
import { callsiteKey, callsOverTime, matching, sortingOf, sortOf } from "./overview";
import { quantileColumns } from "./quantiles";
import styles from "./Steps.module.css";
import { Stopped } from "./Stopped";
import { useExtent } from "./useExtent";

export type ListProperties = {
  text: string;
  from: string | undefined;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
};

const LEAST_BUCKETS = 24;

/** Every function that was recorded, one a row, and which of them stand out. */
export function Functions({ text, from, sort, onSort, since }: ListProperties & { since: string | undefined }) {
  const asked = useInfiniteQuery(callsites({ from, limit: 1000 }));
  const navigate = useNavigate();
  const calls = useCalls(from);
  const all = useMemo(() => asked.data?.pages.flatMap((page) => page.data) ?? [], [asked.data]);
  const rows = useMemo(() => matching(all, text), [all, text]);
  const columns = useMemo(() => columnsWith(calls, since), [calls, since]);
  if (asked.error && all.length === 0) return <Failure inline error={asked.error} retry={asked.refetch} />;
  if (asked.isPending) return <Loading what="Adding up the steps" />;
  if (all.length === 0) {
    return (
      <Empty inline title={from ? "No steps in this time" : "No steps yet"}>
        <p>{from ? "Look further back." : "Call a function that has #[xray::step], and it appears here."}</p>
      </Empty>
    );
  }
  return (
    <>
      <Stopped page={asked.data?.pages.at(-1)} />
      <Glance callsites={rows} since={since} />
      {rows.length === 0 ? (
        <Empty inline title="No function matches">
          <p>Each word is looked for in name, kind, module and file.</p>
        </Empty>
      ) : (
        <section className={styles.table} aria-label="Functions">
          <p className={styles.count} role="status">
            {rows.length === all.length
              ? things(all.length, "function")
              : `${count(rows.length)} of ${things(all.length, "function")}`}
          </p>
          <div className={styles.fill}>
            <Table
              label="Functions"
              columns={columns}
              rows={rows}
              rowKey={callsiteKey}
              initialSort={sortingOf(sort)}
              onSort={(sorting) => onSort(sortOf(sorting))}
              onOpen={({ name, module, line }) =>
                navigate({ to: "/steps/$name", params: { name }, search: { module, line, from: since } })
              }
              onEnd={asked.hasNextPage && !asked.isFetching ? asked.fetchNextPage : undefined}
            />
          </div>
        </section>
      )}
    </>
  );
}

/** How many steps each function had over time, which is drawn small. */
function useCalls(from: string | undefined): Map<string, number[]> | undefined {
  const extent = useExtent(undefined, from, undefined, LEAST_BUCKETS);
  const asked = useQuery({
    ...groups({
      of: "steps",
      group_by: `name, module, line, bucket(started, duration("${extent?.bucket.text}"))`,
      select: "count()",
      limit: 1000,
      from,
    }),
    enabled: extent !== undefined,
  });
  return useMemo(() => asked.data && extent && callsOverTime(asked.data, extent.times), [asked.data, extent]);
}

function columnsWith(calls: Map<string, number[]> | undefined, from: string | undefined): Column<CallsiteSummary>[] {
  return [
    {
      id: "name",
      header: "Function",
      width: "minmax(10rem, 1.4fr)",
      cell: ({ name, module, line }) => <FunctionLink name={name} module={module} line={line} from={from} />,
      sort: ({ name }) => name,
    },
    {
      id: "kind",
      header: "Kind",
      width: "7rem",
      cell: ({ kind }) => kind ?? "–",
      sort: ({ kind }) => kind ?? undefined,
    },
    {
      id: "steps",
      header: "Calls",
      width: "5rem",
      align: "end",
      cell: ({ steps }) => count(steps),
      sort: ({ steps }) => steps,
    },
    {
      id: "calls",
      header: "Over time",
      title: "Calls over time",
      width: "7rem",
      cell: (row) => {
        const values = calls?.get(callsiteKey(row));
        return values && <Sparkline label={`Up to ${count(Math.max(...values))} calls at a time`} values={values} />;
      },
    },
    {
      id: "errors",
      header: "Failed",
      title: "The share of calls that ended in an error, a panic or a cancellation",
      width: "5rem",
      align: "end",
      cell: ({ error_rate }) => <span data-bad={error_rate > 0 || undefined}>{percent(error_rate)}</span>,
      sort: ({ error_rate }) => error_rate,
    },
    ...quantileColumns("5.5rem"),
    {
      id: "rejection",
      header: "Rejection",
      title: "The share of its items that a step eliminates, on average",
      width: "6rem",
      align: "end",
      cell: ({ rejection_rate: rate }) => (rate === null || rate === undefined ? "–" : percent(rate)),
      sort: ({ rejection_rate: rate }) => rate ?? undefined,
    },
    {
      id: "last",
      header: "Last seen",
      width: "8.5rem",
      cell: (row) => <When at={row.last_started_at} />,
      sort: (row) => row.last_started_at,
    },
    {
      id: "module",
      header: "Module",
      width: "minmax(9rem, 1fr)",
      cell: ({ module }) => <code title={module}>{module}</code>,
      sort: ({ module }) => module,
    },
    {
      id: "file",
      header: "Source",
      width: "minmax(11rem, 1.2fr)",
      cell: ({ file, line }) => <code title={`${file}:${line}`}>{`${file}:${line}`}</code>,
      sort: ({ file, line }) => `${file}:${String(line).padStart(6, "0")}`,
    },
  ];
}
