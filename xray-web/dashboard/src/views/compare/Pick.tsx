import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { pipelines, run as runQuery, runs } from "../../api/queries";
import type { RunRow } from "../../api/types";
import { Status } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { RunLink } from "../../parts/links";
import { Select } from "../../parts/Select";
import { type Column, Table } from "../../parts/Table";
import { When } from "../../parts/When";
import { count, duration } from "../../text/format";
import type { Change } from "./Compare";
import styles from "./Compare.module.css";
import { runIn } from "./pairs";

type Properties = { a: string | undefined; b: string | undefined; change: Change };

/** Choosing two runs: by their ids, or among the latest of a pipeline. */
export function Pick({ a, b, change }: Properties) {
  const named = useInfiniteQuery(pipelines({ limit: 100 }));
  const one = useQuery({ ...runQuery(a ?? b ?? ""), enabled: Boolean(a ?? b) });
  const [chosen, setChosen] = useState<string>();
  const pipeline = chosen ?? one.data?.run.pipeline ?? "";
  const latest = useInfiniteQuery(runs({ pipeline }, 200));
  const rows = useMemo(() => latest.data?.pages.flatMap((page) => page.data) ?? [], [latest.data]);
  const columns = useMemo(() => columnsOf(a, b, change), [a, b, change]);
  const names = named.data?.pages.flatMap((page) => page.data.map((row) => row.pipeline)) ?? [];
  const pair = likelyPair(rows);
  return (
    <div className={styles.panel}>
      <div className={styles.ids}>
        <RunInput side="A" value={a} onChange={(a) => change({ a })} />
        <RunInput side="B" value={b} onChange={(b) => change({ b })} />
      </div>
      <header className={styles.bar}>
        <h2>Or choose among the latest runs</h2>
        <Select
          label="Pipeline"
          value={pipeline}
          onChange={setChosen}
          choices={[{ value: "", label: "All pipelines" }, ...names.map((value) => ({ value, label: value }))]}
        />
        {pair && (
          <Button onClick={() => change({ a: pair.completed.id, b: pair.failed.id })}>
            Last completed against last failed
          </Button>
        )}
      </header>
      {latest.error && !latest.data ? (
        <Failure inline error={latest.error} retry={latest.refetch} />
      ) : !latest.data ? (
        <Loading what="Looking for runs" />
      ) : rows.length === 0 ? (
        <Empty inline title="No runs yet">
          <p>Start a program that has #[xray::run], twice, and compare what it did.</p>
        </Empty>
      ) : (
        <div className={styles.pickTable}>
          <Table
            label="Runs to compare"
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            onEnd={latest.hasNextPage && !latest.isFetching ? latest.fetchNextPage : undefined}
          />
        </div>
      )}
    </div>
  );
}

/** The newest run that failed and the newest of its pipeline that completed. */
function likelyPair(rows: RunRow[]): { completed: RunRow; failed: RunRow } | undefined {
  for (const failed of rows) {
    if (failed.status !== "failed" && failed.status !== "crashed") continue;
    const completed = rows.find(({ status, pipeline }) => status === "completed" && pipeline === failed.pipeline);
    if (completed) return { completed, failed };
  }
  return undefined;
}

/** A run by its id, or by an address that holds it. */
export function RunInput({
  side,
  value,
  onChange,
}: {
  side: "A" | "B";
  value: string | undefined;
  onChange: (run: string | undefined) => void;
}) {
  const [wrong, setWrong] = useState(false);
  function read(text: string) {
    const run = runIn(text);
    setWrong(run === undefined && text.trim() !== "");
    if (run && run !== value) onChange(run);
    if (!run && text.trim() === "" && value) onChange(undefined);
  }
  return (
    <label className={styles.idLabel}>
      <span>Run {side}</span>
      <input
        key={value}
        className={styles.input}
        defaultValue={value}
        placeholder="id, or address of a run"
        spellCheck={false}
        aria-invalid={wrong || undefined}
        onChange={(event) => read(event.target.value)}
      />
      {wrong && <span className={styles.wrong}>An id is 32 hexadecimal digits.</span>}
    </label>
  );
}

function columnsOf(a: string | undefined, b: string | undefined, change: Change): Column<RunRow>[] {
  const button = (side: "A" | "B", run: RunRow) => {
    const isChosen = (side === "A" ? a : b) === run.id;
    return (
      <Button
        className={styles.side}
        aria-pressed={isChosen}
        aria-label={`Run ${run.id.slice(-8)} as ${side}`}
        onClick={() => change({ [side === "A" ? "a" : "b"]: isChosen ? undefined : run.id })}
      >
        {side}
      </Button>
    );
  };
  return [
    {
      id: "choose",
      header: "Choose",
      width: "6rem",
      cell: (run) => (
        <>
          {button("A", run)} {button("B", run)}
        </>
      ),
    },
    { id: "run", header: "Run", width: "6.5rem", cell: ({ id }) => <RunLink run={id} /> },
    { id: "pipeline", header: "Pipeline", width: "minmax(9rem, 1fr)", cell: ({ pipeline }) => pipeline },
    { id: "status", header: "Status", width: "7rem", cell: ({ status }) => <Status status={status} /> },
    { id: "started", header: "Started", width: "8.5rem", cell: (run) => <When at={run.started_at} /> },
    {
      id: "duration",
      header: "Duration",
      width: "6rem",
      align: "end",
      cell: ({ duration_ns: ns }) => (ns === null || ns === undefined ? "–" : duration(ns)),
    },
    { id: "steps", header: "Steps", width: "4.5rem", align: "end", cell: ({ steps }) => count(steps) },
    { id: "error", header: "Error", width: "minmax(12rem, 2fr)", cell: ({ error }) => error ?? "" },
  ];
}
