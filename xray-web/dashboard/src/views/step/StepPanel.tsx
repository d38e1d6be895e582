// A step: what it is, what it decided, and what was captured of it. It is a page, and a part of the run's.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { type Tab, Tabs } from "../../parts/Tabs";
import { count } from "../../text/format";
import { type CapturedStep, capturedStep, partsOf } from "./captured";
import { DecisionsView } from "./DecisionsView";
import { ErrorChain } from "./ErrorChain";
import { LlmView } from "./LlmView";
import styles from "./Step.module.css";
import { StepHeader } from "./StepHeader";
import type { Show, StepSearch } from "./search";
import { bestOf, showsOf } from "./shows";
import { decisionsIn } from "./useDecisions";
import { ValuesView } from "./ValuesView";

type Properties = {
  run: string;
  step: string;
  /** Beside something else: without links to what is around it. */
  compact?: boolean;
  /** What of it is looked at; the panel keeps that for itself unless somebody else does. */
  search?: StepSearch;
  onChange?: (change: StepSearch) => void;
};

export function StepPanel({ run, step, compact = false, ...kept }: Properties) {
  const own = useState<StepSearch>({});
  const search = kept.search ?? own[0];
  const onChange = kept.onChange ?? ((change: StepSearch) => own[1]({ ...own[0], ...change }));
  const { data, error, refetch } = useQuery(capturedStep(run, step));
  if (!data) {
    return error ? <Failure error={error} inline={compact} retry={refetch} /> : <Loading what="Reading the step" />;
  }
  return (
    <div className={styles.panel} data-compact={compact || undefined}>
      <StepHeader step={data} compact={compact} />
      {data.detail.error && <ErrorChain error={data.detail.error} outcome={data.detail.outcome} />}
      <div className={styles.tabs}>
        <Shows key={data.detail.id} hasKeys={!compact} step={data} search={search} onChange={onChange} />
      </div>
    </div>
  );
}

type ShowsProperties = {
  hasKeys: boolean;
  step: CapturedStep;
  search: StepSearch;
  onChange: (change: StepSearch) => void;
};

const NAMES: Record<Show, string> = {
  llm: "Model call",
  decisions: "Decisions",
  checks: "Conditions",
  ranking: "Ranking",
  values: "Values",
};

function Shows({ hasKeys, step, search, onChange }: ShowsProperties) {
  const shows = showsOf(step.detail);
  const best = bestOf(step.detail);
  const shown = search.show && shows.includes(search.show) ? search.show : asked(search, best, shows);
  const tabs = shows.map(
    (show): Tab<Show> => ({
      id: show,
      label: show === "decisions" ? `${NAMES[show]} ${count(decisionsIn(step.detail.counts))}` : NAMES[show],
      panel: () => {
        if (show === "llm") return <LlmView calls={partsOf(step).llm} />;
        if (show === "values") return <ValuesView step={step} search={search} onChange={onChange} />;
        return (
          <DecisionsView key={show} way={show} hasKeys={hasKeys} step={step} search={search} onChange={onChange} />
        );
      },
    }),
  );
  return (
    <Tabs
      label="What is shown"
      tabs={tabs}
      value={shown}
      onChange={(show) => onChange({ show: show === best ? undefined : show })}
    />
  );
}

/** An address that filters decisions asks to see them. */
function asked({ outcome, basis, reason, item, group, sort }: StepSearch, best: Show, shows: Show[]): Show {
  const filters = [outcome, basis, reason, item, group, sort].some((filter) => filter !== undefined);
  return filters && best === "values" && shows.includes("decisions") ? "decisions" : best;
}
