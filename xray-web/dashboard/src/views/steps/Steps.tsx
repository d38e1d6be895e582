// Every function and every pipeline across runs: how often, how fast, how often in vain.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useRef } from "react";
import { Button } from "../../parts/Button";
import { useShortcut } from "../../shell/shortcuts";
import { Functions } from "./Functions";
import { Pipelines } from "./Pipelines";
import { since } from "./period";
import { Since } from "./Since";
import styles from "./Steps.module.css";
import type { StepsSearch } from "./search";

export function Steps() {
  const search = useSearch({ from: "/steps" });
  const navigate = useNavigate({ from: "/steps" });
  const filter = useRef<HTMLInputElement>(null);
  const change = (changed: StepsSearch) =>
    navigate({ search: (earlier) => ({ ...earlier, ...changed }), replace: true });
  useShortcut("/", "Filter by text", () => filter.current?.focus());
  const text = useDeferredValue(search.text ?? "");
  const ofPipelines = search.of === "pipelines";
  const properties = {
    text,
    from: since(search.from),
    sort: search.sort,
    onSort: (sort: string | undefined) => change({ sort }),
  };
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1>{ofPipelines ? "Pipelines" : "Steps across runs"}</h1>
        <fieldset className={styles.choice} aria-label="What is listed">
          <Button aria-pressed={!ofPipelines} onClick={() => change({ of: undefined, sort: undefined })}>
            Functions
          </Button>
          <Button aria-pressed={ofPipelines} onClick={() => change({ of: "pipelines", sort: undefined })}>
            Pipelines
          </Button>
        </fieldset>
        <input
          ref={filter}
          className={styles.filter}
          type="search"
          aria-label="Filter by text"
          placeholder={ofPipelines ? "name" : "name, kind, module or file"}
          value={search.text ?? ""}
          onChange={(event) => change({ text: event.target.value || undefined })}
        />
        <Since value={search.from ?? ""} onChange={(from) => change({ from: from || undefined })} />
      </header>
      {ofPipelines ? <Pipelines {...properties} /> : <Functions {...properties} since={search.from} />}
    </div>
  );
}
