import type { Groups } from "../../api/types";
import { When } from "../../parts/When";
import { count, duration, percent } from "../../text/format";
import styles from "./FunctionSteps.module.css";

/** What `Totals` shows, as a query selects it. */
export const TOTALS =
  "count(), error_rate(), quantile(duration, 0.5), quantile(duration, 0.95), quantile(duration, 0.99), max(duration), avg(rejection_rate)";

/** A function's numbers over all of the time. */
export function Totals({ row, last }: { row: Groups["data"][number]; last: string }) {
  const [calls, errors, p50, p95, p99, most, rejection] = row;
  const said = (value: unknown, format: (value: number) => string) => (typeof value === "number" ? format(value) : "–");
  return (
    <dl className={styles.totals}>
      <Total name="Calls">{said(calls, count)}</Total>
      <Total name="Failed" bad={Number(errors) > 0}>
        {said(errors, percent)}
      </Total>
      <Total name="p50">{said(p50, duration)}</Total>
      <Total name="p95">{said(p95, duration)}</Total>
      <Total name="p99">{said(p99, duration)}</Total>
      <Total name="Slowest">{said(most, duration)}</Total>
      <Total name="Rejection rate">{said(rejection, percent)}</Total>
      <Total name="Last seen">
        <When at={last} />
      </Total>
    </dl>
  );
}

const Total = ({ name, bad = false, children }: { name: string; bad?: boolean; children: React.ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd data-bad={bad || undefined}>{children}</dd>
  </div>
);
