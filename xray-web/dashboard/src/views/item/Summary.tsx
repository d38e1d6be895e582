import type { ItemHistory } from "../../api/types";
import { Bars } from "../../charts/Bars";
import { Badge } from "../../parts/Badge";
import { FunctionLink } from "../../parts/narrowed";
import { count, percent, things } from "../../text/format";
import styles from "./Item.module.css";

const SHOWN = 5;

/** In how many runs an item was, how it left them, and where and why it usually ended. */
export function Summary({ history: { summary, stopped, indexed } }: { history: ItemHistory }) {
  const { runs, kept, eliminated, places, searched } = summary;
  return (
    <div className={styles.summary}>
      <dl className={styles.totals}>
        <div>
          <dt>Runs that had it</dt>
          <dd>{count(runs)}</dd>
        </div>
        <div>
          <dt>Kept</dt>
          <dd>
            {count(kept)} <span className={styles.faint}>{runs > 0 && percent(kept / runs)}</span>
          </dd>
        </div>
        <div>
          <dt>Eliminated</dt>
          <dd>
            {count(eliminated)} <span className={styles.faint}>{runs > 0 && percent(eliminated / runs)}</span>
          </dd>
        </div>
      </dl>
      <section className={styles.places} aria-labelledby="where-it-ends">
        <h2 id="where-it-ends" className={styles.small}>
          Where it ends, and why
        </h2>
        {places.length === 0 ? (
          <p className={styles.faint}>No step eliminated it.</p>
        ) : (
          <Bars
            label="Where it ends, and why"
            bars={places.slice(0, SHOWN).map(({ name, reason, runs: ended }) => ({
              key: `${name} ${reason}`,
              label: (
                <>
                  <FunctionLink name={name} /> {reason ?? <span className={styles.faint}>without a reason</span>}
                </>
              ),
              share: ended / runs,
              value: `${things(ended, "run")}, ${percent(ended / runs)}`,
              tone: "bad",
            }))}
          />
        )}
        {places.length > SHOWN && <p className={styles.faint}>and {things(places.length - SHOWN, "more place")}</p>}
      </section>
      {!indexed && (
        <p className={styles.note}>
          <Badge tone="warn">no index</Badge> This store has no index of items: {things(searched ?? 0, "run")} were
          searched for it, which is slow where there are many.
        </p>
      )}
      {stopped && (
        <p className={styles.note}>
          <Badge tone="warn">incomplete</Badge> Counting all runs costs more than it may: older ones are listed below,
          but not counted here.
        </p>
      )}
    </div>
  );
}
