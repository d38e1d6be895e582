// What differs: between two runs, step by step; between two sets of runs, or of items, field by field.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "../../parts/Tabs";
import styles from "./Compare.module.css";
import { Pick } from "./Pick";
import { Sets } from "./Sets";
import type { CompareSearch } from "./search";
import { TwoRuns } from "./TwoRuns";

type What = "two" | "runs" | "items";

export type Change = (changed: CompareSearch, replace?: boolean) => void;

export function Compare() {
  const search = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const change: Change = (changed, replace = false) =>
    navigate({ search: (earlier) => ({ ...earlier, ...changed }), replace });
  const choose = (what: What) => navigate({ search: what === "two" ? {} : { of: what } });
  const { a, b } = search;
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Compare</h1>
      <Tabs<What>
        label="What is compared"
        value={search.of ?? "two"}
        onChange={choose}
        tabs={[
          {
            id: "two",
            label: "Two runs",
            panel: () =>
              a && b ? <TwoRuns a={a} b={b} search={search} change={change} /> : <Pick a={a} b={b} change={change} />,
          },
          { id: "runs", label: "Sets of runs", panel: () => <Sets search={search} change={change} /> },
          { id: "items", label: "Eliminated and kept", panel: () => <Sets search={search} change={change} /> },
        ]}
      />
    </div>
  );
}
