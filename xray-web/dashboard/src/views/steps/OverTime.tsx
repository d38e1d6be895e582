import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { groups } from "../../api/queries";
import { LineChart } from "../../charts/LineChart";
import type { Line } from "../../charts/lines";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { count, duration, percent } from "../../text/format";
import type { Asked } from "./conditions";
import styles from "./FunctionSteps.module.css";
import { spread } from "./period";
import { useExtent } from "./useExtent";

const SELECT =
  "count(), error_rate(), quantile(duration, 0.5), quantile(duration, 0.95), quantile(duration, 0.99), avg(rejection_rate)";

type Properties = { asked: Asked; onPick: (from: string, before: string) => void };

/** A function's calls, failures, durations and rejection rate over time; a click on a time looks closer. */
export default function OverTime({ asked, onPick }: Properties) {
  const extent = useExtent(asked.steps, undefined, undefined);
  const answer = useQuery({
    ...groups({
      of: "steps",
      group_by: `bucket(started, duration("${extent?.bucket.text}"))`,
      select: SELECT,
      q: asked.steps,
      limit: 1000,
    }),
    enabled: extent !== undefined,
  });
  const rows = useMemo(() => extent && spread(extent.times, answer.data?.data ?? []), [extent, answer.data]);
  if (answer.error && !answer.data) return <Failure inline error={answer.error} retry={answer.refetch} />;
  if (!extent || !rows || answer.isPending) return <Loading what="Adding up over time" />;

  const { times, bucket } = extent;
  const values = (read: (row: unknown[]) => unknown, missing: number | null = null) =>
    rows.map((row) => {
      const value = row && read(row);
      return typeof value === "number" ? value : missing;
    });
  const calls: Line[] = [
    { name: "calls", tone: "accent", values: values((row) => row[1], 0), filled: true },
    { name: "failed", tone: "bad", values: values((row) => Math.round(Number(row[1]) * Number(row[2])), 0) },
  ];
  const durations: Line[] = [
    { name: "p99", tone: "violet", values: values((row) => row[5]) },
    { name: "p95", tone: "accent", values: values((row) => row[4]), dash: "dashed" },
    { name: "p50", tone: "teal", values: values((row) => row[3]), dash: "dotted" },
  ];
  const rejection: Line[] = [{ name: "rejection rate", tone: "violet", values: values((row) => row[6]), filled: true }];
  const pick = (index: number) => {
    const begin = times[index]?.getTime() ?? 0;
    onPick(new Date(begin).toISOString(), new Date(begin + bucket.milliseconds).toISOString());
  };
  const each = { times, ...(times.length > 1 ? { onPick: pick } : {}) };
  return (
    <section className={styles.charts} aria-labelledby="over-time">
      <h2 id="over-time" className="visually-hidden">
        Over time, {bucket.text} each
      </h2>
      <LineChart title={`Calls, each ${bucket.text}`} lines={calls} format={count} whole {...each} />
      <LineChart title="Duration" lines={durations} format={duration} durations {...each} />
      <LineChart title="Rejection rate" lines={rejection} format={percent} atLeast={1} {...each} />
    </section>
  );
}
