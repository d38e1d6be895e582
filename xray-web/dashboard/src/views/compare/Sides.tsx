import type { ReactNode } from "react";
import type { Diff, RunRow } from "../../api/types";
import { Badge, Status } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { RunLink } from "../../parts/links";
import { When } from "../../parts/When";
import { count, duration, things } from "../../text/format";
import styles from "./Compare.module.css";
import { ratio } from "./pairs";

type Properties = { diff: Diff; onSwap: () => void; onPick: (side: "a" | "b") => void };

/** Both runs, line by line beside each other; lines that differ are marked. */
export function Sides({ diff: { a, b, summary }, onSwap, onPick }: Properties) {
  const took = (run: RunRow) =>
    run.duration_ns === null || run.duration_ns === undefined ? "–" : duration(run.duration_ns);
  const times = summary.duration_ratio;
  return (
    <section className={styles.sides} aria-label="Both runs">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div className={styles.sideScroll} tabIndex={0} role="group" aria-label="Both runs, line by line">
        <table className={styles.sideTable}>
          <thead>
            <tr>
              <td />
              <th scope="col">
                A <RunLink run={a.id} />{" "}
                <Button quiet onClick={() => onPick("a")}>
                  change<span className="visually-hidden"> run A</span>
                </Button>
              </th>
              <th scope="col">
                B <RunLink run={b.id} />{" "}
                <Button quiet onClick={() => onPick("b")}>
                  change<span className="visually-hidden"> run B</span>
                </Button>
              </th>
              <td>
                <Button onClick={onSwap} title="Swap A and B (s)">
                  ⇄ Swap
                </Button>
              </td>
            </tr>
          </thead>
          <tbody>
            <Line name="Pipeline" a={a.pipeline} b={b.pipeline} differs={a.pipeline !== b.pipeline} />
            <Line
              name="Status"
              a={<Status status={a.status} />}
              b={<Status status={b.status} />}
              differs={a.status !== b.status}
            />
            {(a.error || b.error) && (
              <Line name="Error" a={a.error ?? "–"} b={b.error ?? "–"} differs={a.error !== b.error} />
            )}
            <Line name="Started" a={<When at={a.started_at} />} b={<When at={b.started_at} />} />
            <Line name="Duration" a={took(a)} b={took(b)} said={times ? `B took ${ratio(times)}` : undefined} />
            <Line name="Steps" a={count(a.steps)} b={count(b.steps)} differs={a.steps !== b.steps} />
            <Line name="Failed steps" a={count(a.failures)} b={count(b.failures)} differs={a.failures !== b.failures} />
            {a.lost_events + b.lost_events > 0 && (
              <Line
                name="Lost events"
                a={count(a.lost_events)}
                b={count(b.lost_events)}
                said={<Badge tone="warn">what was lost is not compared</Badge>}
              />
            )}
          </tbody>
        </table>
      </div>
      <p className={styles.summary}>
        Of the steps <strong>{count(summary.same)}</strong> are the same, <strong>{count(summary.changed)}</strong>{" "}
        changed, <strong>{count(summary.only_a)}</strong> are only in A and <strong>{count(summary.only_b)}</strong>{" "}
        only in B{summary.moved > 0 && `; ${count(summary.moved)} moved`}.
        {summary.flipped > 0 && ` ${things(summary.flipped, "decision")} flipped.`}
      </p>
    </section>
  );
}

type LineProperties = { name: string; a: ReactNode; b: ReactNode; differs?: boolean; said?: ReactNode };

const Line = ({ name, a, b, differs = false, said }: LineProperties) => (
  <tr data-differs={differs || undefined}>
    <th scope="row">{name}</th>
    <td>{a}</td>
    <td>{b}</td>
    <td className={styles.faint}>{said ?? (differs ? "differs" : "")}</td>
  </tr>
);
