import { count, percent, things } from "../../text/format";
import { StageLink } from "./Funnel";
import styles from "./Funnel.module.css";
import { DropLink, reasonWords } from "./links";
import type { Stage } from "./stages";

/** The same as the drawing says, and a little more. */
export function FunnelTable({ run, stages }: { run: string; stages: Stage[] }) {
  const hasIntroduced = stages.some((stage) => stage.introduced > 0);
  const hasScored = stages.some((stage) => stage.scored > 0);
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">What each step did with its items</caption>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">In</th>
          <th scope="col">Out</th>
          <th scope="col">Eliminated</th>
          {hasScored && <th scope="col">Scored</th>}
          {hasIntroduced && <th scope="col">Introduced</th>}
          <th scope="col">Reasons</th>
        </tr>
      </thead>
      <tbody>
        {stages.map((stage) => (
          <tr key={stage.id}>
            <th scope="row">
              <StageLink stage={stage}>
                <code>{stage.name}</code>
              </StageLink>
              <span className={styles.kind}>{about(stage)}</span>
            </th>
            <td data-label="in">{stage.items_in === undefined ? "–" : count(stage.items_in)}</td>
            <td data-label="out">{stage.items_out === undefined ? "–" : count(stage.items_out)}</td>
            <td data-label="eliminated">
              {count(stage.eliminated)}
              {stage.items_in && stage.eliminated > 0 ? ` (${percent(stage.eliminated / stage.items_in)})` : ""}
            </td>
            {hasScored && <td>{stage.scored > 0 ? count(stage.scored) : ""}</td>}
            {hasIntroduced && <td>{stage.introduced > 0 ? count(stage.introduced) : ""}</td>}
            <td className={styles.reasons}>
              <ul>
                {stage.drops.map((drop) => (
                  <li key={drop.reason ?? ""}>
                    <DropLink run={run} drop={drop}>
                      <span className={styles.dropped}>−{count(drop.items)}</span>{" "}
                      <code>{reasonWords(drop.reason)}</code>
                    </DropLink>
                  </li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const about = ({ kind, calls, inferred }: Stage): string =>
  [kind, calls.length > 1 && things(calls.length, "call"), inferred && "inferred"].filter(Boolean).join(" · ");
