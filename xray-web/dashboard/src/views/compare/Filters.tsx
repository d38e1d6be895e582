import type { Diff } from "../../api/types";
import { Button } from "../../parts/Button";
import { Select } from "../../parts/Select";
import { count } from "../../text/format";
import type { Change } from "./Compare";
import styles from "./Compare.module.css";
import { type CompareSearch, type Shown, WAYS } from "./search";

type Properties = { summary: Diff["summary"]; show: Shown | undefined; way: CompareSearch["way"]; change: Change };

/** Which pairs of steps are listed, with how many there are of each sort. */
export function Filters({ summary, show, way, change }: Properties) {
  const { same, changed, only_a: onlyA, only_b: onlyB, moved, flipped } = summary;
  const choices: { show: Shown | undefined; label: string; pairs: number | undefined }[] = [
    { show: undefined, label: "Differing", pairs: changed + onlyA + onlyB },
    { show: "changed", label: "Changed", pairs: changed },
    { show: "only_a", label: "Only in A", pairs: onlyA },
    { show: "only_b", label: "Only in B", pairs: onlyB },
    { show: "moved", label: "Moved", pairs: moved },
    { show: "flipped", label: "Decisions flipped", pairs: flipped > 0 ? undefined : 0 },
    { show: "all", label: "All", pairs: same + changed + onlyA + onlyB },
  ];
  return (
    <div className={styles.filters}>
      {choices
        .filter(({ show: one, pairs }) => pairs !== 0 || one === undefined || one === show)
        .map(({ show: one, label, pairs }) => (
          <Button key={label} aria-pressed={one === show} onClick={() => change({ show: one, at: undefined }, true)}>
            {label} {pairs !== undefined && <span className={styles.faint}>{count(pairs)}</span>}
          </Button>
        ))}
      <Select
        label="In what they differ"
        value={way ?? ""}
        onChange={(way) => change({ way: way === "" ? undefined : way }, true)}
        choices={[{ value: "", label: "In any way" }, ...WAYS.map((value) => ({ value, label: `In ${value}` }))]}
      />
    </div>
  );
}
