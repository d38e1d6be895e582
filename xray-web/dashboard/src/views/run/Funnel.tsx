// What became of the items, step by step: drawn, and as a table.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Sankey } from "../../charts/Sankey";
import { suitableScale } from "../../charts/sankey";
import { useSize } from "../../charts/useSize";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Select } from "../../parts/Select";
import { count, things } from "../../text/format";
import styles from "./Funnel.module.css";
import { FunnelTable } from "./FunnelTable";
import { DropLink, reasonWords } from "./links";
import type { RunSearch, Scale } from "./search";
import type { Drop, Stage } from "./stages";

type Properties = {
  run: string;
  stages: Stage[];
  search: RunSearch;
  set: (changes: Partial<RunSearch>) => Promise<void>;
};

const NARROW = 560;
/** More reasons of one step are in its decisions. */
const MOST_DROPS = 6;

const SCALES: { value: Scale; label: string }[] = [
  { value: "auto", label: "Scale: suitable" },
  { value: "log", label: "Scale: logarithmic" },
  { value: "linear", label: "Scale: linear" },
];

export function Funnel({ run, stages, search, set }: Properties) {
  const { ref, width } = useSize<HTMLDivElement>();
  const isNarrow = width > 0 && width < NARROW;
  if (stages.length === 0) return <NoItems />;
  const drawn = stages.map(sankeyStage);
  const suitable = suitableScale(drawn);
  const scale = search.scale === "auto" ? suitable : search.scale;
  const isTable = search.table || isNarrow;
  return (
    <div className={styles.funnel}>
      {!isNarrow && (
        <div className={styles.bar}>
          <Button aria-pressed={search.table} onClick={() => set({ table: !search.table })}>
            As a table
          </Button>
          {!search.table && (
            <>
              <Select label="Scale" choices={SCALES} value={search.scale} onChange={(scale) => set({ scale })} />
              <span className={styles.legend}>
                <span data-tone="good" aria-hidden="true" /> goes on
                <span data-tone="bad" aria-hidden="true" /> eliminated
                {stages.some((stage) => stage.introduced > 0) && (
                  <>
                    <span data-tone="teal" aria-hidden="true" /> introduced
                  </>
                )}
                {scale === "log" && <> · widths are logarithmic</>}
              </span>
            </>
          )}
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <div ref={ref} className={styles.scroller} tabIndex={0} role="group" aria-label="Funnel of items">
        {isTable ? (
          <FunnelTable run={run} stages={stages} />
        ) : (
          width > 0 && (
            <Sankey
              label="Items on their way through the steps"
              stages={drawn}
              scale={scale}
              width={width}
              stageLink={(index, { text, drawn }) =>
                stages[index] && (
                  <StageLink stage={stages[index]} label={text}>
                    {drawn}
                  </StageLink>
                )
              }
              dropLink={(index, place, { text, drawn }) => {
                const stage = stages[index];
                const drop = stage && shownDrops(stage)[place];
                if (!drop) return null;
                return (
                  <DropLink run={run} drop={drop} aria-label={`${stage.name}: ${text}`}>
                    {drawn}
                  </DropLink>
                );
              }}
            />
          )
        )}
      </div>
    </div>
  );
}

/** Opens the step beside, or finds its calls in the waterfall. */
export function StageLink({ stage, label, children }: { stage: Stage; label?: string; children: ReactNode }) {
  const [first, second] = stage.calls;
  return (
    <Link
      from="/runs/$run"
      to="."
      search={(earlier) =>
        second ? { ...earlier, show: "waterfall" as const, q: stage.name } : { ...earlier, step: first?.step.id }
      }
      aria-label={label}
    >
      {children}
    </Link>
  );
}

/** The most frequent reasons. */
const shownDrops = (stage: Stage): Drop[] => stage.drops.slice(0, MOST_DROPS);

function sankeyStage(stage: Stage) {
  const { id, name, kind, calls, items_in, items_out, eliminated, scored, introduced, follows } = stage;
  const hidden = stage.drops.length - MOST_DROPS;
  const taken = items_in ?? items_out ?? 0;
  const about = [
    kind,
    calls.length > 1 && `${count(calls.length)} calls`,
    scored > 0 && `${count(scored)} scored`,
    introduced > 0 && `${count(introduced)} introduced`,
    hidden > 0 && `${count(hidden)} more reasons`,
  ];
  return {
    id,
    name,
    about: about.filter(Boolean).join(" · "),
    numbers: numbersOf(stage),
    items_in: taken,
    kept: Math.max(0, Math.min(taken, taken - eliminated)),
    items_out,
    follows,
    drops: shownDrops(stage).map((drop) => drop.items),
    labels: shownDrops(stage).map((drop) => ({ number: `−${count(drop.items)}`, text: reasonWords(drop.reason) })),
    end: items_out === undefined ? `nothing came out: ${outcomes(stage)}` : `${things(items_out, "item")} came out`,
  };
}

export const numbersOf = ({ items_in, items_out }: Stage): string =>
  `${items_in === undefined ? "" : `${count(items_in)} `}→ ${items_out === undefined ? "nothing" : count(items_out)}`;

const outcomes = ({ calls }: Stage): string => [...new Set(calls.map((node) => node.step.outcome))].join(", ");

const NoItems = () => (
  <Empty title="No items went through this run" inline>
    <p>
      A step that takes a list and returns one shows here what it kept and what it eliminated; `keep!` adds the reasons.
    </p>
  </Empty>
);
