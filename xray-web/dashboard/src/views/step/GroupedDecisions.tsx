// Decisions by what was the reason: how many there are of each, and which, when it is opened.
import { useMemo, useState } from "react";
import { VerdictBadge } from "../../parts/Badge";
import { count } from "../../text/format";
import type { CapturedStep } from "./captured";
import styles from "./Decisions.module.css";
import { DecisionRows } from "./DecisionsView";
import { type Group, groupsOf } from "./groups";
import type { StepSearch } from "./search";
import { useDecisions } from "./useDecisions";
import type { Items } from "./useItems";

type Properties = { step: CapturedStep; search: StepSearch; items: Items; shown: string[] };

export function GroupedDecisions({ step, search, items, shown }: Properties) {
  const { counts } = step.detail;
  const groups = useMemo(() => groupsOf(counts, search), [counts, search]);
  const all = groups.reduce((sum, group) => sum + group.items, 0);
  const [open, setOpen] = useState<string | undefined>(groups[0]?.id);
  return (
    <div className={styles.groups}>
      {groups.map((group) => (
        <section key={group.id} className={styles.group} aria-label={group.reason ?? group.outcome}>
          <button
            type="button"
            className={styles.groupHead}
            aria-expanded={open === group.id}
            onClick={() => setOpen(open === group.id ? undefined : group.id)}
          >
            <span aria-hidden="true">{open === group.id ? "▾" : "▸"}</span>
            <VerdictBadge verdict={group.outcome} />
            <span>{group.reason === undefined ? "without a reason of its own" : <code>{group.reason}</code>}</span>
            <span className={styles.share} aria-hidden="true">
              <span style={{ width: `${(group.items / Math.max(all, 1)) * 100}%` }} />
            </span>
            <span>{count(group.items)}</span>
          </button>
          {open === group.id && <GroupRows {...{ step, group, search, items, shown }} />}
        </section>
      ))}
    </div>
  );
}

function GroupRows({ step, group, search, items, shown }: Properties & { group: Group }) {
  const { run, id } = step.detail;
  const filters = { ...search, outcome: group.outcome, reason: group.reason };
  const found = useDecisions(run, id, filters, group.isRest);
  const rows = group.isRest ? found.rows.filter((row) => !row.reason) : found.rows;
  return (
    <div className={styles.groupRows}>
      <DecisionRows {...{ run, items, shown }} way="decisions" found={{ ...found, rows }} total={undefined} />
    </div>
  );
}
