// The list of runs, newest first, with what narrows it and what they have in common.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { groups } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { queryProblem } from "../../query/problem";
import { useShortcut } from "../../shell/shortcuts";
import { filtersOf, groupFilters, listFilters, queryOffset, timeRange } from "./conditions";
import { ActiveFilters, Filters, type Narrow } from "./Filters";
import { FirstRun } from "./FirstRun";
import { NothingFound } from "./NothingFound";
import styles from "./Runs.module.css";
import { RunTable } from "./RunTable";
import { Statistics } from "./Statistics";
import { OVERVIEW, overviewOf } from "./statistics";
import { useRuns } from "./useRuns";

const DurationMap = lazy(() => import("./DurationMap"));

/** How often what runs have in common is asked for again while they come in. */
const AGAIN_MS = 5_000;

export function Runs() {
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const [paused, setPaused] = useState(false);
  const narrow: Narrow = useCallback(
    (change, replace = false) =>
      navigate({
        search: (search) => ({ ...search, ...(typeof change === "function" ? change(search) : change) }),
        replace,
      }),
    [navigate],
  );

  const { last, from, before } = search;
  // "The last hour" is the hour before it was asked for: what comes in meanwhile is added.
  const { range, now } = useMemo(() => {
    const now = new Date();
    return { range: timeRange({ last, from, before }, now), now };
  }, [last, from, before]);
  const runs = useRuns(listFilters(search, range), paused);
  const filters = groupFilters(search, range);
  const again = paused ? false : AGAIN_MS;
  const overview = useQuery({
    ...groups({ of: "runs", select: OVERVIEW, ...filters }),
    refetchInterval: again,
    select: overviewOf,
  });
  useShortcut("l", paused ? "Go on with new runs" : "Hold new runs back", () => setPaused(!paused));

  const { list, rows } = runs;
  const problem = queryProblem(list.error, search.q ?? "", queryOffset(search));
  const isNarrowed = filtersOf(search, { moment: String, duration: String }).length > 0;
  const hasNone = list.isSuccess && rows.length === 0 && !list.hasNextPage && !list.isPlaceholderData;
  if (hasNone && !isNarrowed) return <FirstRun />;
  return (
    <div className={styles.view}>
      <h1 className="visually-hidden">Runs</h1>
      <Filters search={search} narrow={narrow} problem={problem} />
      <ActiveFilters search={search} narrow={narrow} />
      {overview.data && overview.data.count > 0 && !problem && (
        <div className={styles.summary}>
          <Statistics
            overview={overview.data}
            range={range}
            filters={filters}
            narrow={narrow}
            again={again}
            now={new Date(overview.dataUpdatedAt).toISOString()}
          />
          <Suspense fallback={<Loading />}>
            <DurationMap overview={overview.data} range={range} filters={filters} again={again} onSelect={narrow} />
          </Suspense>
        </div>
      )}
      {list.isPending && <Loading what="Loading runs" />}
      {list.isError && !list.data && !problem && <Failure error={list.error} retry={() => list.refetch()} inline />}
      {problem && (
        <Empty title="The query cannot be asked" inline>
          <p>What is wrong is marked in it.</p>
          <Button onClick={() => narrow({ q: undefined })}>Go on without it</Button>
        </Empty>
      )}
      {hasNone && <NothingFound search={search} narrow={narrow} now={now} />}
      {rows.length > 0 && !problem && (
        <RunTable
          runs={runs}
          total={overview.data?.count}
          search={search}
          narrow={narrow}
          paused={paused}
          onPause={setPaused}
        />
      )}
    </div>
  );
}
