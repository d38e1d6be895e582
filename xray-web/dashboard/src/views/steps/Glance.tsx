import type { CallsiteSummary } from "../../api/types";
import { type Bar, Bars } from "../../charts/Bars";
import { FunctionLink } from "../../parts/narrowed";
import { duration, percent } from "../../text/format";
import { callsiteKey, foremost } from "./overview";
import styles from "./Steps.module.css";

type Measure = {
  title: string;
  none: string;
  tone: NonNullable<Bar["tone"]>;
  of: (row: CallsiteSummary) => number | null | undefined;
  format: (value: number) => string;
  /** What a full bar is; the highest unless it is given. */
  full?: number;
};

const MEASURES: Measure[] = [
  { title: "Slowest, by p95", none: "Nothing took time.", tone: "accent", of: (row) => row.p95_ns, format: duration },
  {
    title: "Most failing",
    none: "Nothing failed.",
    tone: "bad",
    of: (row) => row.error_rate,
    format: percent,
    full: 1,
  },
  {
    title: "Most eliminating",
    none: "Nothing was eliminated.",
    tone: "violet",
    of: (row) => row.rejection_rate,
    format: percent,
    full: 1,
  },
];

/** The functions that stand out, by three measures. */
export function Glance({ callsites, since }: { callsites: CallsiteSummary[]; since: string | undefined }) {
  if (callsites.length === 0) return null;
  return (
    <div className={styles.glance}>
      {MEASURES.map(({ title, none, tone, of, format, full }) => {
        const rows = foremost(callsites, of);
        const most = full ?? of(rows[0] as CallsiteSummary) ?? 1;
        return (
          <section key={title} className={styles.card}>
            <h2 className={styles.small}>{title}</h2>
            {rows.length === 0 && <p className={styles.faint}>{none}</p>}
            <Bars
              label={title}
              bars={rows.map((row) => ({
                key: callsiteKey(row),
                label: <FunctionLink name={row.name} module={row.module} line={row.line} from={since} />,
                share: (of(row) ?? 0) / most,
                value: format(of(row) ?? 0),
                tone,
              }))}
            />
          </section>
        );
      })}
    </div>
  );
}
