import { useId } from "react";
import { Status, VerdictBadge, verdictTone } from "../../parts/Badge";
import { RunLink } from "../../parts/links";
import { When } from "../../parts/When";
import styles from "./Item.module.css";
import { Stages } from "./Stages";
import { SIGNS, type Track } from "./track";

type Properties = { track: Track; item: string; isCurrent: boolean; isOpen: boolean; onTurn: () => void };

const SHOWN = 8;

/** An item's way through one run: in a line, and stage by stage when it is open. */
export function TrackRow({ track, item, isCurrent, isOpen, onTurn }: Properties) {
  const { run, fate, ended, steps, more_steps: more } = track;
  const id = useId();
  return (
    <article className={styles.track} data-current={isCurrent || undefined} aria-label={`Run ${run.id.slice(-8)}`}>
      <header className={styles.trackHeader}>
        <button type="button" className={styles.turn} aria-expanded={isOpen} aria-controls={id} onClick={onTurn}>
          <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
          <span className="visually-hidden">Stages in run {run.id.slice(-8)}</span>
        </button>
        <span className={styles.run}>
          <RunLink run={run.id} /> {run.pipeline} <Status status={run.status} />
          <span className={styles.faint}>
            <When at={run.started_at} />
          </span>
        </span>
        <span className={styles.fate}>
          <VerdictBadge verdict={fate} />
          {ended && (
            <>
              <span>
                by <strong>{ended.name}</strong>
              </span>
              <span className={styles.why}>{ended.reason ?? "without a reason"}</span>
            </>
          )}
          {fate === "kept" && <span className={styles.faint}>to the end</span>}
        </span>
      </header>
      <div id={id}>
        {isOpen ? (
          <Stages track={track} item={item} />
        ) : (
          <ol className={styles.path} aria-label="Steps that it went through">
            {steps.slice(0, SHOWN).map((stage, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a step may decide about an item twice
              <li key={place} data-tone={verdictTone[stage.outcome]}>
                <span aria-hidden="true">{SIGNS[stage.outcome]}</span> {stage.name}
                <span className="visually-hidden">: {stage.outcome}</span>
              </li>
            ))}
            {steps.length + more > SHOWN && <li>{`… ${steps.length + more - SHOWN} more`}</li>}
          </ol>
        )}
      </div>
    </article>
  );
}
