import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Problem } from "../../api/client";
import { callsites, compare, pipelines } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Condition, problemOf } from "../../parts/Condition";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { StepLink } from "../../parts/links";
import { Select } from "../../parts/Select";
import { since } from "../steps/period";
import { Since } from "../steps/Since";
import { Answer } from "./Answer";
import type { Change } from "./Compare";
import styles from "./Compare.module.css";
import sets from "./Sets.module.css";
import type { CompareSearch } from "./search";

type Properties = { search: CompareSearch; change: Change };

/** What differs between two sets: of runs, or of the items that a step eliminated and those that it kept. */
export function Sets({ search, change }: Properties) {
  const { of = "runs", a, b, pipeline, from, name, q, run, step } = search;
  const ofItems = of === "items";
  const parameters = ofItems
    ? { of, ...(run && step ? { run, step } : { name, q, from: since(from) }) }
    : { of, a, b, pipeline, from: since(from) };
  const isReady = !ofItems || Boolean(name || (run && step));
  const asked = useQuery({ ...compare(parameters), enabled: isReady });
  const { error } = asked;
  const isShownAbove = error instanceof Problem && ["a", "b", "q"].some((name) => problemOf(error, name));
  return (
    <div className={styles.panel}>
      {ofItems ? (
        <ItemSets search={search} change={change} error={error} />
      ) : (
        <RunSets search={search} change={change} error={error} />
      )}
      {!isReady ? (
        <Empty inline title="Of which step?">
          <p>Choose a function above, or open this from a step: what it eliminated is compared with what it kept.</p>
        </Empty>
      ) : error && !asked.data ? (
        !isShownAbove && <Failure inline error={error} retry={asked.refetch} />
      ) : !asked.data ? (
        <Loading what="Comparing the sets" />
      ) : (
        <Answer comparison={asked.data} search={search} />
      )}
    </div>
  );
}

type Inputs = Properties & { error: Error | null };

function RunSets({ search: { a, b, pipeline, from }, change, error }: Inputs) {
  const named = useInfiniteQuery(pipelines({ limit: 100 }));
  const names = named.data?.pages.flatMap((page) => page.data.map((row) => row.pipeline)) ?? [];
  return (
    <div className={sets.asked}>
      <div className={sets.conditions}>
        <Condition
          label="A: runs of which this holds"
          value={a ?? ""}
          placeholder='status == "failed"'
          problem={problemOf(error, "a")}
          onChange={(a) => change({ a: a || undefined })}
        />
        <Condition
          label="B: runs of which this holds"
          value={b ?? ""}
          placeholder='status == "completed"'
          problem={problemOf(error, "b")}
          onChange={(b) => change({ b: b || undefined })}
        />
      </div>
      <div className={styles.filters}>
        <Select
          label="Pipeline"
          value={pipeline ?? ""}
          onChange={(pipeline) => change({ pipeline: pipeline || undefined })}
          choices={[{ value: "", label: "All pipelines" }, ...names.map((value) => ({ value, label: value }))]}
        />
        <Since value={from ?? ""} onChange={(from) => change({ from: from || undefined })} />
        <Button onClick={() => change({ a: b ?? 'status == "completed"', b: a ?? 'status == "failed"' })}>
          ⇄ Swap
        </Button>
        {(a || b) && <Button onClick={() => change({ a: undefined, b: undefined })}>Failed against completed</Button>}
      </div>
    </div>
  );
}

function ItemSets({ search: { name, q, from, run, step }, change, error }: Inputs) {
  const sites = useInfiniteQuery(callsites({ q: "kept > 0 || eliminated > 0", limit: 1000 }));
  const known = sites.data?.pages.flatMap((page) => page.data.map((site) => site.name)) ?? [];
  const names = [...new Set(name ? [...known, name] : known)].sort();
  if (run && step) {
    return (
      <div className={styles.bar}>
        <p>
          Items of{" "}
          <StepLink run={run} step={step}>
            one step
          </StepLink>{" "}
          of the run <code>{run.slice(-8)}</code>
        </p>
        <Button onClick={() => change({ run: undefined, step: undefined })}>Of a function, across runs</Button>
      </div>
    );
  }
  return (
    <div className={sets.asked}>
      <div className={styles.filters}>
        <Select
          label="Function"
          value={name ?? ""}
          onChange={(name) => change({ name: name || undefined })}
          choices={[{ value: "", label: "Choose a function" }, ...names.map((value) => ({ value, label: value }))]}
        />
        <Since value={from ?? ""} onChange={(from) => change({ from: from || undefined })} />
      </div>
      <Condition
        label="Only of its steps of which this holds"
        value={q ?? ""}
        placeholder="all of them"
        problem={problemOf(error, "q")}
        onChange={(q) => change({ q: q || undefined })}
      />
    </div>
  );
}
