// What a run is: how it went, what it was given and gave, what is wrong with what is known of it, what to do with it.
import { Link } from "@tanstack/react-router";
import type { RunRow } from "../../api/types";
import { Badge, OutcomeBadge, Status } from "../../parts/Badge";
import { CopyButton } from "../../parts/CopyButton";
import { When } from "../../parts/When";
import { count, duration, things } from "../../text/format";
import { RunActions } from "./RunActions";
import styles from "./RunHeader.module.css";
import { Said } from "./Said";

/** `root` is its first step, once that is known; `isGone` says that it was removed since it was loaded. */
export function RunHeader({ run, root, isGone }: { run: RunRow; root: string | undefined; isGone: boolean }) {
  return (
    <header className={styles.header}>
      <div className={styles.first}>
        <h1 className={styles.name}>{run.pipeline}</h1>
        <Status status={run.status} />
        {saysMore(run) && <OutcomeBadge outcome={run.outcome} />}
        <span className={styles.id}>
          <code title={run.id}>{run.id.slice(-8)}</code>
          <CopyButton text={run.id} label="Copy id" />
        </span>
        <RunActions run={run} />
      </div>
      <ul className={styles.facts} aria-label="Facts">
        <li>{run.duration_ns == null ? <Going run={run} /> : <strong>{duration(run.duration_ns)}</strong>}</li>
        <li>
          started <When at={run.started_at} />
        </li>
        <li>{things(run.steps, "step")}</li>
        {run.failures > 0 && <li className={styles.bad}>✕ {count(run.failures)} failed</li>}
        {run.level !== "full" && <li title="How much of each call is captured">level {run.level}</li>}
        {run.schema != null && <li title={run.schema}>schema {run.schema.slice(-8)}</li>}
        {run.parent && (
          <li>
            started by{" "}
            <Link to="/runs/$run" params={{ run: run.parent.run }} search={{ step: run.parent.step }}>
              a step of another run
            </Link>
          </li>
        )}
      </ul>
      {run.error && (
        <p className={styles.error}>
          <Badge tone="bad">{run.outcome === "panicked" ? "✕ panic" : "✕ error"}</Badge> {run.error}
        </p>
      )}
      <Doubts run={run} isGone={isGone} />
      {root !== undefined && <Said run={run.id} step={root} />}
    </header>
  );
}

/** The outcome of its first step, where the status does not imply it. */
const saysMore = ({ status, outcome }: RunRow) =>
  !(status === "completed" && (outcome === "ok" || outcome === "returned")) && !(status === "running");

function Going({ run }: { run: RunRow }) {
  if (run.status === "running") return <strong>still running</strong>;
  return <>last heard of {run.ended_at ? <When at={run.ended_at} /> : "never"}</>;
}

/** Why what is shown may not be all, or not be what one thinks. */
function Doubts({ run, isGone }: { run: RunRow; isGone: boolean }) {
  const doubts = [
    isGone && "This run was removed: what is shown was loaded before.",
    run.lost_events > 0 &&
      `${things(run.lost_events, "event")} of this run ${run.lost_events === 1 ? "was" : "were"} lost: what is shown is incomplete.`,
    run.status === "crashed" && "Its process died. Steps that were open then are marked: what ran last is among them.",
    run.status === "incomplete" && "Nothing was heard of it for too long: it may have ended without a word.",
    run.orphan &&
      "This is a step that lost its context, not a run: carry the context to its thread with `in_current_step`.",
    run.misfits > 0 && `${things(run.misfits, "call or result", "calls or results")} did not fit the schema.`,
  ].filter((doubt) => doubt !== false);
  if (doubts.length === 0) return null;
  return (
    <ul className={styles.doubts} aria-label="What to bear in mind">
      {doubts.map((doubt) => (
        <li key={doubt}>
          <span aria-hidden="true">⚠ </span>
          {doubt}
        </li>
      ))}
    </ul>
  );
}
