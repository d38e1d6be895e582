import { useQueries } from "@tanstack/react-query";
import { groups } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { duration, moment, things } from "../../text/format";
import { filtersOf, groupFilters, timeRange } from "./conditions";
import type { Narrow } from "./Filters";
import styles from "./NothingFound.module.css";
import type { RunsSearch } from "./search";
import { overviewOf } from "./statistics";

/** No run matches: which filter to drop, and how many there are without it. */
export function NothingFound({ search, narrow, now }: { search: RunsSearch; narrow: Narrow; now: Date }) {
  const filters = filtersOf(search, { moment, duration });
  const without = useQueries({
    queries: filters.map(({ drop }) => {
      const rest = { ...search, ...drop };
      return groups({ of: "runs", select: "count()", ...groupFilters(rest, timeRange(rest, now)) });
    }),
  });
  return (
    <Empty title="No run matches" inline>
      <p>{filters.length === 1 ? "Drop the filter:" : "Drop one of the filters, or all of them:"}</p>
      <ul className={styles.filters}>
        {filters.map(({ name, says, drop }, index) => {
          const data = without[index]?.data;
          return (
            <li key={name}>
              <Button onClick={() => narrow(drop)}>
                Drop {name} <strong>{says}</strong>
              </Button>{" "}
              {data && <span className={styles.count}>{things(overviewOf(data).count, "run")} without it</span>}
            </li>
          );
        })}
      </ul>
      {filters.length > 1 && (
        <Button quiet onClick={() => narrow(Object.assign({}, ...filters.map((filter) => filter.drop)))}>
          Drop all
        </Button>
      )}
    </Empty>
  );
}
