// What narrows the list of runs: each control writes a part of the address.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { pipelines } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Select } from "../../parts/Select";
import type { QueryProblem } from "../../query/problem";
import { QueryBox } from "../../query/QueryBox";
import { duration, moment } from "../../text/format";
import { filtersOf, SPAN_NAMES } from "./conditions";
import styles from "./Filters.module.css";
import { SearchBox } from "./SearchBox";
import { type RunsSearch, SPANS, type Span, STATUSES } from "./search";

type Change = Partial<RunsSearch>;
export type Narrow = (change: Change | ((search: RunsSearch) => Change), replace?: boolean) => void;

type Properties = { search: RunsSearch; narrow: Narrow; problem: QueryProblem | undefined };

export function Filters({ search, narrow, problem }: Properties) {
  return (
    <search className={styles.filters} aria-label="Runs">
      <div className={styles.texts}>
        <SearchBox value={search.text ?? ""} onChange={(text) => narrow({ text: text || undefined }, true)} />
        <QueryBox of="run" value={search.q ?? ""} onApply={(q) => narrow({ q: q || undefined })} problem={problem} />
      </div>
      <div className={styles.choices}>
        <Select
          label="Status"
          choices={[{ value: "", label: "Any status" }, ...STATUSES.map((value) => ({ value, label: value }))]}
          value={search.status ?? ""}
          onChange={(status) => narrow({ status: status || undefined })}
        />
        <Pipelines value={search.pipeline} onChange={(pipeline) => narrow({ pipeline })} />
        <Time search={search} narrow={narrow} />
      </div>
    </search>
  );
}

const ANY = "";

function Pipelines({ value, onChange }: { value: string | undefined; onChange: (pipeline?: string) => void }) {
  const [isWanted, setWanted] = useState(false);
  const { data } = useInfiniteQuery({ ...pipelines({ limit: 1000 }), enabled: isWanted });
  const names = new Set(data?.pages.flatMap((page) => page.data.map(({ pipeline }) => pipeline)));
  if (value !== undefined) names.add(value);
  return (
    <Select
      label="Pipeline"
      choices={[
        { value: ANY, label: "Any pipeline" },
        ...[...names].sort().map((name) => ({ value: name, label: name })),
      ]}
      value={value ?? ANY}
      onChange={(pipeline) => onChange(pipeline || undefined)}
      onOpen={() => setWanted(true)}
    />
  );
}

type TimeChoice = Span | "any" | "own";

function Time({ search, narrow }: { search: RunsSearch; narrow: Narrow }) {
  const has = search.from !== undefined || search.before !== undefined;
  const [wanted, setWanted] = useState(false);
  const value: TimeChoice = search.last ?? (has || wanted ? "own" : "any");
  function choose(choice: TimeChoice) {
    setWanted(choice === "own");
    if (choice === "own") return narrow({ last: undefined });
    narrow({ last: choice === "any" ? undefined : choice, from: undefined, before: undefined });
  }
  return (
    <>
      <Select
        label="Time"
        choices={[
          { value: "any", label: "Any time" },
          ...SPANS.map((span) => ({ value: span, label: `Last ${SPAN_NAMES[span]}` })),
          { value: "own", label: "From – to" },
        ]}
        value={value}
        onChange={choose}
      />
      {value === "own" && (
        <>
          <Moment label="From" value={search.from} onChange={(from) => narrow({ from }, true)} />
          <Moment label="Before" value={search.before} onChange={(before) => narrow({ before }, true)} />
        </>
      )}
    </>
  );
}

/** A local time, to the second. */
function Moment({ label, value, onChange }: { label: string; value?: string; onChange: (at?: string) => void }) {
  return (
    <label className={styles.moment}>
      {label}
      <input
        type="datetime-local"
        step={1}
        value={value ? local(value) : ""}
        onChange={(event) => onChange(event.target.value ? new Date(event.target.value).toISOString() : undefined)}
      />
    </label>
  );
}

function local(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** The filters that are on, each with a button that drops it. */
export function ActiveFilters({ search, narrow }: { search: RunsSearch; narrow: Narrow }) {
  const filters = filtersOf(search, { moment, duration });
  if (filters.length === 0) return null;
  return (
    <ul className={styles.active} aria-label="Filters">
      {filters.map(({ name, says, drop }) => (
        <li key={name} className={styles.filter}>
          <span className={styles.says}>
            {name} <strong title={says}>{says}</strong>
          </span>
          <Button quiet className={styles.drop} aria-label={`Drop ${name} ${says}`} onClick={() => narrow(drop)}>
            ✕
          </Button>
        </li>
      ))}
      {filters.length > 1 && (
        <li>
          <Button quiet onClick={() => narrow(Object.assign({}, ...filters.map((filter) => filter.drop)))}>
            Drop all
          </Button>
        </li>
      )}
    </ul>
  );
}
