// What the runs have in common that the filters let through.
import { useQuery } from "@tanstack/react-query";
import { groups } from "../../api/queries";
import { count, duration, percent } from "../../text/format";
import type { Range } from "./conditions";
import type { Narrow } from "./Filters";
import styles from "./Statistics.module.css";
import { STATUSES } from "./search";
import { byStatus, type Overview, rate, statusCounts } from "./statistics";

type Properties = {
  overview: Overview;
  range: Range;
  filters: { q?: string } & Range;
  narrow: Narrow;
  /** Milliseconds until it is asked for again. */
  again: number | false;
  now: string;
};

export function Statistics({ overview, range, filters, narrow, again, now }: Properties) {
  const { data } = useQuery({ ...groups(byStatus(filters)), refetchInterval: again });
  const statuses = data ? statusCounts(data) : new Map();
  const from = range.from ?? overview.first;
  const perTime = from ? rate(overview.count, from, range.before ?? now) : undefined;
  return (
    <dl className={styles.statistics}>
      <Figure name="Runs" value={count(overview.count)}>
        <span className={styles.statuses}>
          {STATUSES.filter((status) => statuses.has(status)).map((status) => (
            <button key={status} type="button" className={styles.status} onClick={() => narrow({ status })}>
              {count(statuses.get(status))} {status}
            </button>
          ))}
        </span>
      </Figure>
      <Figure
        name="Failed"
        title="The share of the runs that failed or crashed"
        value={overview.errorRate === undefined ? "–" : percent(overview.errorRate)}
      />
      <Figure
        name="Rate"
        title="Runs in a unit of time, from the first to now or to the end of the range"
        value={perTime ? `${count(perTime.count)}/${perTime.unit}` : "–"}
      />
      <Figure
        name="Median"
        title="Half of the runs took no longer"
        value={overview.p50 === undefined ? "–" : duration(overview.p50)}
      />
      <Figure
        name="p95"
        title="95 of 100 runs took no longer"
        value={overview.p95 === undefined ? "–" : duration(overview.p95)}
      />
    </dl>
  );
}

type FigureProperties = { name: string; value: string; title?: string; children?: React.ReactNode };

const Figure = ({ name, value, title, children }: FigureProperties) => (
  <div className={styles.figure} title={title}>
    <dt>{name}</dt>
    <dd>
      <strong>{value}</strong>
      {children}
    </dd>
  </div>
);
