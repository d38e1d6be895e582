// The decisions of a step: as a table, by reason, as a matrix of conditions, or as a ranking.
import { useMemo } from "react";
import type { Decision } from "../../api/types";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { Table } from "../../parts/Table";
import { count, things } from "../../text/format";
import type { CapturedStep } from "./captured";
import styles from "./Decisions.module.css";
import { DecisionsToolbar } from "./DecisionsToolbar";
import { checkColumns, conditionsOf, decisionColumns } from "./decisionColumns";
import { DOUBTS } from "./doubts";
import { GroupedDecisions } from "./GroupedDecisions";
import { fieldsIn } from "./items";
import { ranked, rankingColumns } from "./rankingColumns";
import type { StepSearch } from "./search";
import { decisionsIn, totalOf, useDecisions } from "./useDecisions";
import { useItems } from "./useItems";

export type Way = "decisions" | "checks" | "ranking";

type Properties = {
  step: CapturedStep;
  way: Way;
  hasKeys: boolean;
  search: StepSearch;
  onChange: (change: StepSearch) => void;
};

export function DecisionsView({ step, way, hasKeys, search, onChange }: Properties) {
  const { run, id, counts } = step.detail;
  const found = useDecisions(run, id, search, way === "ranking");
  const items = useItems(step, found.about?.argument);
  const isGrouped = way === "decisions" && search.group === "reason";
  // Without a choice, the fields that the conditions speak of are columns.
  const spoken = useMemo(
    () => fieldsIn([...counts.reasons.map(({ reason }) => reason), ...conditions(found.rows)], items.fields),
    [counts, found.rows, items.fields],
  );
  const shown = search.columns ?? spoken;
  const total = totalOf(counts, search);
  const { sampled_of: sampledOf, doubts = [] } = found.about ?? {};

  return (
    <div className={styles.view}>
      <DecisionsToolbar
        {...{ way, hasKeys, counts, search, onChange, shown }}
        fields={way === "decisions" ? items.fields : []}
        said={
          found.isComplete
            ? things(found.rows.length, "decision")
            : `${count(found.rows.length)} shown, ${count(found.loaded)} of ${count(total ?? decisionsIn(counts))} read`
        }
      />
      {(doubts.length > 0 || sampledOf) && (
        <ul className={styles.doubts}>
          {doubts.map((doubt) => (
            <li key={doubt}>{DOUBTS[doubt]}</li>
          ))}
          {sampledOf && <li>Only a sample of {count(sampledOf)} inferred decisions was kept. The counts are exact.</li>}
        </ul>
      )}
      {isGrouped ? (
        <GroupedDecisions {...{ step, search, items, shown }} />
      ) : (
        <DecisionRows {...{ run, way, found, items, shown, total }} onClear={() => onChange(NO_FILTERS)} />
      )}
    </div>
  );
}

const NO_FILTERS: StepSearch = { outcome: undefined, basis: undefined, reason: undefined, item: undefined };

type RowsProperties = {
  run: string;
  way: Way;
  found: ReturnType<typeof useDecisions>;
  items: ReturnType<typeof useItems>;
  shown: string[];
  total: number | undefined;
  onClear?: () => void;
};

const LABELS: Record<Way, string> = { decisions: "Decisions", checks: "Conditions by item", ranking: "Ranking" };

/** The rows, or why there are none. */
export function DecisionRows({ run, way, found, items, shown, total, onClear }: RowsProperties) {
  const { rows, isComplete } = found;
  const sorted = useMemo(() => (way === "ranking" ? ranked(rows) : rows), [way, rows]);
  const columns = useMemo(() => {
    if (way === "ranking") return rankingColumns(run, rows);
    const all = way === "checks" ? checkColumns(run, rows) : decisionColumns(run, items, shown, rows.slice(0, 50));
    // Sorting a part of the rows would say something that is not so.
    return isComplete ? all : all.map(({ sort: _, ...column }) => column);
  }, [way, run, rows, items, shown, isComplete]);
  const hidden = useMemo(() => unused(rows), [rows]);

  if (found.error && rows.length === 0) return <Failure inline error={found.error} retry={found.retry} />;
  if (found.isLoading || (rows.length === 0 && !isComplete)) return <Loading what="Reading the decisions" />;
  if (rows.length === 0) {
    return (
      <Empty inline title="No decision is like that">
        {onClear && <Button onClick={onClear}>Show all decisions</Button>}
      </Empty>
    );
  }
  if (way === "checks" && conditionsOf(rows).length === 0) {
    return (
      <Empty inline title="No conditions were recorded">
        <p>
          <code>xray::keep!(item.id; item.rating &gt;= limits.rating)</code> in the filter says why each item stays or
          goes.
        </p>
      </Empty>
    );
  }
  return (
    <div className={styles.table}>
      <Table
        label={LABELS[way]}
        columns={columns}
        rows={sorted}
        rowKey={keyOf}
        hidden={hidden}
        onEnd={found.more}
        {...(total === undefined ? {} : { total: total + 1 })}
      />
    </div>
  );
}

const conditions = (rows: Decision[]): string[] => conditionsOf(rows.slice(0, 1_000)).map(({ condition }) => condition);

/** Keys need not be unique, but places are. */
const keyOf = (row: Decision): string => `${row.before ?? ""}|${row.after ?? ""}|${row.item}|${row.outcome}`;

/** Columns that would be empty. */
function unused(rows: Decision[]): string[] {
  const head = rows.slice(0, 1_000);
  const hidden: string[] = [];
  if (head.every((row) => row.score === null || row.score === undefined)) hidden.push("score");
  if (head.every((row) => !row.reason && !row.checks?.length)) hidden.push("reason");
  if (head.every((row) => !row.checks?.length)) hidden.push("near");
  return hidden;
}
