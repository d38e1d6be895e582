import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { diff } from "../../api/queries";
import { Badge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { LongList } from "../../parts/LongList";
import { useShortcut } from "../../shell/shortcuts";
import { things } from "../../text/format";
import type { Change } from "./Compare";
import styles from "./Compare.module.css";
import { Filters } from "./Filters";
import { FirstDivergence } from "./FirstDivergence";
import { PairRow } from "./PairRow";
import { RunInput } from "./Pick";
import { differs, kindsOf, listed, next, pairKey } from "./pairs";
import { Sides } from "./Sides";
import type { CompareSearch } from "./search";

type Properties = { a: string; b: string; search: CompareSearch; change: Change };

/** Two runs side by side: where they part first, and then every step of the one with its other. */
export function TwoRuns({ a, b, search, change }: Properties) {
  const { show, way, at } = search;
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const asked = useInfiniteQuery({ ...diff(a, b, kindsOf(show)), placeholderData: (earlier) => earlier });
  const pairs = useMemo(
    () => listed(asked.data?.pages.flatMap((page) => page.data) ?? [], { show, way }),
    [asked.data, show, way],
  );
  const move = (step: 1 | -1, counts = differs) => {
    const found = next(pairs, at, step, counts);
    if (found) change({ at: found }, true);
  };
  useShortcut("j", "Next pair of steps", () => move(1, () => true));
  useShortcut("k", "Previous pair of steps", () => move(-1, () => true));
  useShortcut("]", "Next difference", () => move(1));
  useShortcut("[", "Previous difference", () => move(-1));
  useShortcut("s", "Swap A and B", () => swap());
  const swap = () => change({ a: b, b: a, at: undefined });
  const turn = (key: string) =>
    setTurned((earlier) =>
      earlier.has(key) ? new Set([...earlier].filter((other) => other !== key)) : new Set([...earlier, key]),
    );

  const [first] = asked.data?.pages ?? [];
  if (asked.error && !first) {
    return (
      <div className={styles.panel}>
        <Failure inline error={asked.error} retry={asked.refetch} />
        <div className={styles.ids}>
          <RunInput side="A" value={a} onChange={(a) => change({ a })} />
          <RunInput side="B" value={b} onChange={(b) => change({ b })} />
        </div>
      </div>
    );
  }
  if (!first) return <Loading what="Comparing the runs" />;
  const { summary } = first;
  const isSame = summary.changed + summary.only_a + summary.only_b + summary.moved === 0;
  return (
    <div className={styles.panel}>
      <Sides diff={first} onSwap={swap} onPick={(side) => change({ [side]: undefined, at: undefined })} />
      {a === b && <p className={styles.said}>This is one run, compared with itself.</p>}
      {summary.stopped && (
        <p className={styles.said}>
          <Badge tone="warn">incomplete</Badge> A run has more steps than are compared: what comes after them is not
          here.
        </p>
      )}
      {first.first_divergence && (
        <FirstDivergence
          divergence={first.first_divergence}
          a={first.a.id}
          b={first.b.id}
          onOpen={(at) => change({ at, show: undefined, way: undefined }, true)}
        />
      )}
      {isSame && !show ? (
        <Empty inline title="Nothing differs">
          <p>{things(summary.same, "step")} did the same with the same, as far as it was captured.</p>
          <Button onClick={() => change({ show: "all" }, true)}>Show the steps</Button>
        </Empty>
      ) : (
        <section aria-labelledby="step-by-step">
          <header className={styles.bar}>
            <h2 id="step-by-step">Step by step</h2>
            <Filters summary={summary} show={show} way={way} change={change} />
          </header>
          {pairs.length === 0 && !asked.hasNextPage ? (
            <Empty inline title="No step is so">
              <p>No pair of steps passes this filter.</p>
              <Button onClick={() => change({ show: undefined, way: undefined }, true)}>All that differ</Button>
            </Empty>
          ) : (
            <LongList
              label="Pairs of steps"
              rows={pairs}
              rowKey={pairKey}
              estimate={44}
              reveal={at}
              onEnd={asked.hasNextPage && !asked.isFetching ? asked.fetchNextPage : undefined}
            >
              {(pair) => {
                const key = pairKey(pair);
                return (
                  <PairRow
                    pair={pair}
                    a={first.a.id}
                    b={first.b.id}
                    isCurrent={key === at}
                    isOpen={(key === at) !== turned.has(key)}
                    onTurn={() => turn(key)}
                  />
                );
              }}
            </LongList>
          )}
          {asked.isFetchingNextPage && <Loading what="More steps" />}
          {asked.isFetchNextPageError && <Failure inline error={asked.error} retry={asked.fetchNextPage} />}
        </section>
      )}
    </div>
  );
}
