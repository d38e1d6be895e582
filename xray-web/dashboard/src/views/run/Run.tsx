// One run: what it is, how its steps went on in time, and what they did with the items.
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef } from "react";
import { Problem } from "../../api/client";
import type { RunRow } from "../../api/types";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { Split } from "../../parts/Split";
import { Tabs } from "../../parts/Tabs";
import { useShortcut } from "../../shell/shortcuts";
import { count } from "../../text/format";
import { Drops } from "./Drops";
import styles from "./Run.module.css";
import { RunHeader } from "./RunHeader";
import type { RunSearch, Show } from "./search";
import { stagesOf } from "./stages";
import type { Tree } from "./tree";
import { useRun } from "./useRun";
import { Waterfall } from "./Waterfall";

const Funnel = lazy(() => import("./Funnel").then(({ Funnel }) => ({ default: Funnel })));
const Items = lazy(() => import("./Items").then(({ Items }) => ({ default: Items })));
const StepPanel = lazy(() => import("../step/StepPanel").then(({ StepPanel }) => ({ default: StepPanel })));

const route = getRouteApi("/runs/$run");

export function Run() {
  const { run: id } = route.useParams();
  const { found, run, listed, tree, isWhole } = useRun(id);
  useTitle(run?.pipeline);
  if (!run)
    return found.error ? <Failure error={found.error} retry={found.refetch} /> : <Loading what="Loading the run" />;
  const isGone = found.error instanceof Problem && found.error.isGone;
  return (
    <div className={styles.view}>
      <RunHeader run={run} root={tree?.nodes[0]?.step.id} isGone={isGone} />
      {listed.error && (!tree || tree.nodes.length < run.steps) && (
        <Failure error={listed.error} retry={listed.refetch} inline />
      )}
      {tree && <Steps run={run} tree={tree} isWhole={isWhole} />}
      {listed.isPending && <Loading what="Loading its steps" />}
    </div>
  );
}

/** `isWhole` says that no further steps are still being loaded. */
function Steps({ run, tree, isWhole }: { run: RunRow; tree: Tree; isWhole: boolean }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = useCallback(
    (changes: Partial<RunSearch>) => navigate({ search: (earlier) => ({ ...earlier, ...changes }), replace: true }),
    [navigate],
  );
  // What is searched for in one of them means nothing in another.
  const show = (show: Show) => navigate({ search: (earlier) => ({ ...earlier, show, q: "" }) });
  const openStep = (step: string | undefined) => set({ step });
  useShortcut("w", "Waterfall", () => show("waterfall"));
  useShortcut("f", "Funnel of items", () => show("funnel"));
  useShortcut("i", "Items", () => show("items"));
  const stages = useMemo(() => stagesOf(tree), [tree]);

  if (tree.nodes.length === 0) return <NoSteps run={run} />;
  const isKnown = search.step !== undefined && (tree.byId.has(search.step) || !isWhole);
  const steps = isWhole ? count(tree.nodes.length) : `${count(tree.nodes.length)} of ${count(run.steps)}`;
  const aside = search.step !== undefined && (
    <Panel run={run.id} step={search.step} isKnown={isKnown} onClose={() => openStep(undefined)} />
  );
  return (
    <>
      {isWhole && <Drops run={run.id} stages={stages} show={search.show} onFunnel={() => show("funnel")} />}
      <Split label="Step" name="xray-step-width" aside={aside || undefined}>
        <Tabs
          label="How to look at the run"
          value={search.show}
          onChange={show}
          tabs={[
            {
              id: "waterfall",
              label: `Waterfall ${steps}`,
              panel: () => <Waterfall tree={tree} search={search} set={set} />,
            },
            {
              id: "funnel",
              label: "Funnel",
              panel: () => (
                <Suspense fallback={<Loading what="Loading the funnel" />}>
                  <Funnel run={run.id} stages={stages} search={search} set={set} />
                </Suspense>
              ),
            },
            {
              id: "items",
              label: "Items",
              panel: () => (
                <Suspense fallback={<Loading what="Loading the items" />}>
                  <Items run={run} search={search} set={set} />
                </Suspense>
              ),
            },
          ]}
        />
      </Split>
    </>
  );
}

function Panel(properties: { run: string; step: string; isKnown: boolean; onClose: () => void }) {
  const { run, step, isKnown, onClose } = properties;
  const panel = useRef<HTMLDivElement>(null);
  useShortcut("Escape", "Close the step", onClose);
  // On a narrow screen it is below what can be seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: every step is brought into sight
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "nearest" });
  }, [step]);
  return (
    <div ref={panel} className={styles.panel}>
      <Button quiet className={styles.close} onClick={onClose} aria-label="Close the step" title="Close (Esc)">
        ✕
      </Button>
      {isKnown ? (
        <Suspense fallback={<Loading what="Loading the step" />}>
          <StepPanel run={run} step={step} compact />
        </Suspense>
      ) : (
        <Empty title="This run has no such step" inline>
          <p>The address may not be whole. Choose a step of the waterfall.</p>
        </Empty>
      )}
    </div>
  );
}

const NoSteps = ({ run }: { run: RunRow }) => (
  <Empty title="No steps" inline>
    <p>
      {run.status === "running"
        ? "None has been stored yet: they come as they are recorded."
        : run.lost_events > 0
          ? "All of its events were lost: more chunks, or less captured for each step, make room for them."
          : "Nothing was captured of it. Its level decides what is: see `Builder::level`."}
    </p>
  </Empty>
);

function useTitle(pipeline: string | undefined) {
  useEffect(() => {
    if (pipeline === undefined) return;
    const before = document.title;
    document.title = `${pipeline} · xray`;
    return () => {
      document.title = before;
    };
  }, [pipeline]);
}
