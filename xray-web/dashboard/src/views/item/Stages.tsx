import type { Stage } from "../../api/types";
import { Badge, BasisBadge, VerdictBadge, verdictTone } from "../../parts/Badge";
import { RunLink } from "../../parts/links";
import { StepOfItem } from "../../parts/narrowed";
import { count, things } from "../../text/format";
import styles from "./Item.module.css";
import { doubts, places, SIGNS, type Track } from "./track";

/** What each step did to an item, in order: where it came in, and where and why it ended. */
export function Stages({
  track: { run, fate, ended, entered, steps, more_steps: more },
  item,
}: {
  track: Track;
  item: string;
}) {
  return (
    <ol className={styles.stages}>
      {steps.map((stage, place) => (
        <StageRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a step may decide about an item twice
          key={place}
          stage={stage}
          run={run.id}
          item={item}
          isEntry={place === 0 && entered?.step === stage.step}
          isEnd={place === steps.length - 1 && ended?.step === stage.step}
        />
      ))}
      {more > 0 && (
        <li className={styles.stage}>
          <span className={styles.sign} aria-hidden="true">
            …
          </span>
          <p>
            and {things(more, "more step")}: <RunLink run={run.id}>the run</RunLink> has all of them.
          </p>
        </li>
      )}
      {more > 0 && ended && <StageRow stage={ended} run={run.id} item={item} isEntry={false} isEnd />}
      {fate === "kept" && (
        <li className={styles.stage} data-tone="good">
          <span className={styles.sign} aria-hidden="true">
            ●
          </span>
          <p>Kept to the end of the run.</p>
        </li>
      )}
    </ol>
  );
}

type Properties = { stage: Stage; run: string; item: string; isEntry: boolean; isEnd: boolean };

function StageRow({ stage, run, item, isEntry, isEnd }: Properties) {
  const moved = places(stage);
  return (
    <li className={styles.stage} data-tone={verdictTone[stage.outcome]}>
      <span className={styles.sign} aria-hidden="true">
        {SIGNS[stage.outcome]}
      </span>
      <div className={styles.said}>
        <p className={styles.decision}>
          {isEntry && <span className={styles.mark}>Entered</span>}
          {isEnd && <span className={styles.mark}>Ended</span>}
          <StepOfItem run={run} step={stage.step} item={item}>
            {stage.name}
          </StepOfItem>
          {stage.kind && <span className={styles.faint}>{stage.kind}</span>}
          <VerdictBadge verdict={stage.outcome} />
          <BasisBadge basis={stage.basis} />
          {doubts(stage).map(({ word, means }) => (
            <Badge key={word} tone="warn" title={means}>
              {word}
            </Badge>
          ))}
          {stage.score !== null && stage.score !== undefined && <span>score {count(stage.score)}</span>}
          {moved && (
            <span className={styles.faint} title="Its place in the input and in the output, from 0">
              place {moved}
            </span>
          )}
        </p>
        {(stage.reason || isEnd) && (
          <p className={isEnd ? styles.because : undefined}>
            {stage.reason ? <q>{stage.reason}</q> : "without a reason: nothing in the code says why"}
          </p>
        )}
      </div>
    </li>
  );
}
