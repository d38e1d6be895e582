import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { foundSteps, groups, runs } from "../../api/queries";
import type { FoundStep } from "../../api/types";
import { Bars } from "../../charts/Bars";
import { OutcomeBadge, Status } from "../../parts/Badge";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { RunLink, StepLink } from "../../parts/links";
import { RunsWhere } from "../../parts/narrowed";
import { When } from "../../parts/When";
import { all, quoted } from "../../text/cel";
import { count, duration } from "../../text/format";
import { type Asked, failed, runsWith, slowQuantile } from "./conditions";
import styles from "./FunctionSteps.module.css";

const SHOWN = 8;

/** Calls worth a look: the slowest, those that failed last and of what, and the runs that they are of. */
export function Calls({ asked, calls }: { asked: Asked; calls: number }) {
  return (
    <div className={styles.lists}>
      <Slowest asked={asked} calls={calls} />
      <Runs asked={asked} />
      <Failures asked={asked} />
      <Errors asked={asked} />
    </div>
  );
}

type Answer = { data: unknown; error: Error | null; isPending: boolean; refetch: () => void };

/** A list with a heading, which waits for its answer. */
export function Section({
  title,
  aside,
  answer,
  empty,
  children,
}: {
  title: string;
  aside?: ReactNode;
  answer: Answer;
  empty: string | false;
  children: ReactNode;
}) {
  return (
    <section className={styles.card}>
      <header className={styles.cardHeader}>
        <h2>{title}</h2>
        {aside}
      </header>
      {answer.error && !answer.data ? (
        <Failure inline error={answer.error} retry={answer.refetch} />
      ) : answer.isPending ? (
        <Loading />
      ) : empty ? (
        <p className={styles.faint}>{empty}</p>
      ) : (
        children
      )}
    </section>
  );
}

/** The API lists steps by time: the slowest are those above a quantile, put in order here. */
function Slowest({ asked, calls }: { asked: Asked; calls: number }) {
  const quantile = `quantile(duration, ${slowQuantile(calls)})`;
  const least = useQuery(groups({ of: "steps", select: quantile, q: asked.steps }));
  const threshold = least.data?.data[0]?.[0];
  const slow = typeof threshold === "number" ? `duration >= duration("${threshold}ns")` : "has(duration)";
  const found = useInfiniteQuery({
    ...foundSteps({ q: all(asked.steps, slow), limit: 1000 }),
    enabled: least.isSuccess,
  });
  const rows = [...(found.data?.pages[0]?.data ?? [])]
    .sort((a, b) => (b.duration_ns ?? 0) - (a.duration_ns ?? 0))
    .slice(0, SHOWN);
  const most = rows[0]?.duration_ns ?? 1;
  return (
    <Section title="Slowest calls" answer={least.error ? least : found} empty={rows.length === 0 && "No call is over."}>
      <Bars
        label="Slowest calls"
        bars={rows.map((row) => ({
          key: row.run + row.id,
          label: <Call row={row} />,
          share: (row.duration_ns ?? 0) / most,
          value: duration(row.duration_ns ?? 0),
        }))}
      />
    </Section>
  );
}

const Call = ({ row }: { row: FoundStep }) => (
  <>
    <StepLink run={row.run} step={row.id}>
      <When at={row.started_at} />
    </StepLink>{" "}
    <OutcomeBadge outcome={row.outcome} />
  </>
);

type WithError = FoundStep & { fields?: { error?: { message: string } | null } | null };

function Failures({ asked }: { asked: Asked }) {
  const found = useInfiniteQuery(foundSteps({ q: failed(asked), limit: SHOWN, fields: "error" }));
  const rows = (found.data?.pages[0]?.data ?? []) as WithError[];
  return (
    <Section
      title="Most recent failures"
      aside={rows.length > 0 && <RunsWhere filters={{ q: runsWith(asked, "s.failed") }}>Their runs</RunsWhere>}
      answer={found}
      empty={rows.length === 0 && "No call failed."}
    >
      <ul className={styles.rows}>
        {rows.map((row) => (
          <li key={row.run + row.id}>
            <Call row={row} />
            <span className={styles.message}>{row.fields?.error?.message ?? "without a message"}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Errors({ asked }: { asked: Asked }) {
  const answer = useQuery(
    groups({
      of: "steps",
      group_by: "error",
      select: "count(), max(started)",
      order: "-count()",
      q: failed(asked),
      limit: SHOWN,
    }),
  );
  const rows = answer.data?.data ?? [];
  const most = Number(rows[0]?.[1] ?? 1);
  return (
    <Section title="Errors" answer={answer} empty={rows.length === 0 && "No call ended in an error."}>
      <Bars
        label="Errors"
        bars={rows.map(([error, calls, last]) => ({
          key: String(error),
          label: (
            <>
              <RunsWhere
                filters={{
                  q: runsWith(
                    asked,
                    typeof error === "string" ? `s.error == ${quoted(error)}` : "s.failed && !has(s.error)",
                  ),
                }}
              >
                {typeof error === "string" ? error : "without a message"}
              </RunsWhere>{" "}
              <span className={styles.faint}>
                last <When at={String(last)} />
              </span>
            </>
          ),
          share: Number(calls) / most,
          value: count(Number(calls)),
          tone: "bad" as const,
        }))}
      />
      {answer.data && answer.data.groups > rows.length && (
        <p className={styles.faint}>and {count(answer.data.groups - rows.length)} more errors</p>
      )}
    </Section>
  );
}

function Runs({ asked }: { asked: Asked }) {
  const found = useInfiniteQuery(runs({ q: runsWith(asked) }, SHOWN));
  const rows = found.data?.pages[0]?.data ?? [];
  return (
    <Section
      title="Its latest runs"
      aside={<RunsWhere filters={{ q: runsWith(asked) }}>All of them</RunsWhere>}
      answer={found}
      empty={rows.length === 0 && "No run."}
    >
      <ul className={styles.rows}>
        {rows.map((run) => (
          <li key={run.id}>
            <RunLink run={run.id}>
              <When at={run.started_at} />
            </RunLink>{" "}
            <Status status={run.status} /> {run.pipeline}
            <span className={styles.end}>
              {run.duration_ns === null || run.duration_ns === undefined ? "–" : duration(run.duration_ns)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
