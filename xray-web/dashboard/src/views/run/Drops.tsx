import { count, percent } from "../../text/format";
import styles from "./Drops.module.css";
import { DropLink, dropWords, reasonWords } from "./links";
import type { Show } from "./search";
import { biggestDrops, type Stage } from "./stages";

const MOST = 3;

/** Where most items were eliminated and why: each leads to the decisions. */
export function Drops(properties: { run: string; stages: Stage[]; show: Show; onFunnel: () => void }) {
  const { run, stages, show, onFunnel } = properties;
  const drops = biggestDrops(stages);
  if (drops.length === 0) return null;
  const more = drops.length - MOST;
  return (
    <section aria-label="Biggest drops" className={styles.drops}>
      <h2 className={styles.title}>{drops.length > 1 ? "Biggest drops" : "The drop"}</h2>
      <ol className={styles.list}>
        {drops.slice(0, MOST).map(({ stage, drop }) => (
          <li key={`${stage.id} ${drop.reason}`} className={styles.entry}>
            <DropLink run={run} drop={drop} className={styles.link} title={dropWords(stage, drop)}>
              <span className={styles.number}>−{count(drop.items)}</span>
              <span className={styles.name}>{stage.name}</span>
              <code className={styles.reason}>{reasonWords(drop.reason)}</code>
              {stage.items_in ? <span className={styles.share}>{percent(drop.items / stage.items_in)}</span> : null}
            </DropLink>
          </li>
        ))}
      </ol>
      {show !== "funnel" && (
        <button type="button" className={styles.more} onClick={onFunnel}>
          {more > 0 ? `${count(more)} more in the funnel` : "See the funnel"}
        </button>
      )}
    </section>
  );
}
