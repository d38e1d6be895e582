// Every item of a run: how it left, where, and why.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { itemsOfRun } from "../../api/queries";
import type { ItemWay, RunRow, Stage } from "../../api/types";
import { Badge } from "../../parts/Badge";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { Select } from "../../parts/Select";
import { type Column, Table } from "../../parts/Table";
import { useShortcut } from "../../shell/shortcuts";
import { count, things } from "../../text/format";
import styles from "./Items.module.css";
import { RunItemLink } from "./links";
import { wordsOf } from "./rows";
import type { Fate, RunSearch } from "./search";

/** So many are loaded at once, so that they can be sorted. */
const MANY = 10_000;

type Row = ItemWay & { item: string };

const FATES: { value: Fate | "all"; label: string }[] = [
  { value: "all", label: "Kept and eliminated" },
  { value: "kept", label: "Kept" },
  { value: "eliminated", label: "Eliminated" },
];

export function Items(properties: {
  run: RunRow;
  search: RunSearch;
  set: (changes: Partial<RunSearch>) => Promise<void>;
}) {
  const { run, search, set } = properties;
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", "Search items", () => input.current?.focus());
  const found = useInfiniteQuery(itemsOfRun(run.id, search.fate));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data]);
  const words = useMemo(() => wordsOf(search.q), [search.q]);
  const shown = useMemo(() => rows.filter((row) => says(row, words)), [rows, words]);
  const columns = useMemo(() => columnsOf(run.id, !hasNextPage), [run.id, hasNextPage]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  // The server neither searches items by text nor sorts them: that is done here, with all of them.
  const wantsAll = words.length > 0 || rows.length < MANY;
  useEffect(() => {
    if (wantsAll) more();
  }, [wantsAll, more]);

  if (found.isPending) return <Loading what="Loading the items" />;
  if (found.error && rows.length === 0) return <Failure error={found.error} retry={found.refetch} inline />;
  return (
    <div className={styles.items}>
      <div className={styles.bar}>
        <input
          ref={input}
          type="search"
          className={styles.search}
          aria-label="Search items"
          placeholder="Search items, steps, reasons  /"
          value={search.q}
          onChange={(event) => set({ q: event.target.value })}
        />
        <Select
          label="Fate"
          choices={FATES}
          value={search.fate ?? "all"}
          onChange={(fate) => set({ fate: fate === "all" ? undefined : fate })}
        />
        <span role="status" className={styles.status}>
          {status(shown.length, rows.length, hasNextPage, words.length > 0)}
        </span>
      </div>
      {shown.length > 0 ? (
        <div className={styles.table}>
          <Table
            label="Items"
            columns={columns}
            rows={shown}
            rowKey={(row) => row.item}
            onEnd={more}
            onOpen={({ item }) => navigate({ to: "/items/$item", params: { item }, search: { run: run.id } })}
          />
        </div>
      ) : (
        <NoItems run={run} isFiltered={words.length > 0 || search.fate !== undefined} />
      )}
    </div>
  );
}

function says({ item, entered, ended, fate }: Row, words: string[]): boolean {
  const text = [item, fate, entered?.name, ended?.name, ended?.reason].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function status(shown: number, loaded: number, hasMore: boolean, isSearched: boolean): string {
  const of = hasMore ? `the first ${count(loaded)}` : things(loaded, "item");
  if (isSearched) return `${count(shown)} found of ${of}${hasMore ? ", searching on…" : ""}`;
  return hasMore ? `${of} items; more as you scroll` : of;
}

/** The last score that a step gave it. */
const scoreOf = ({ steps }: Row): number | undefined =>
  steps.findLast((stage) => typeof stage.score === "number")?.score ?? undefined;

const place = (stage: Stage | null | undefined) => (stage ? <code>{stage.name}</code> : "");

/** Rows can be sorted once all of them are there. */
const columnsOf = (run: string, isWhole: boolean): Column<Row>[] => {
  const columns: Column<Row>[] = [
    {
      id: "item",
      header: "Item",
      width: "minmax(11rem, 2fr)",
      cell: ({ item }) => <RunItemLink run={run} item={item} />,
      sort: ({ item }) => item,
    },
    {
      id: "fate",
      header: "Fate",
      title: "How it left the run",
      width: "7rem",
      cell: ({ fate }) => <Badge tone={fate === "kept" ? "good" : "bad"}>{fate}</Badge>,
      sort: ({ fate }) => fate,
    },
    {
      id: "ended",
      header: "Ended at",
      title: "The step that eliminated it",
      width: "minmax(7rem, 0.8fr)",
      cell: ({ ended }) => place(ended),
      sort: ({ ended }) => ended?.name,
    },
    {
      id: "reason",
      header: "Reason",
      width: "minmax(9rem, 1.6fr)",
      cell: ({ fate, ended }) => (fate === "eliminated" ? <code>{ended?.reason ?? ""}</code> : ""),
      sort: ({ ended }) => ended?.reason ?? undefined,
    },
    {
      id: "entered",
      header: "Entered at",
      title: "The first step that saw it",
      width: "minmax(7rem, 0.8fr)",
      cell: ({ entered }) => place(entered),
      sort: ({ entered }) => entered?.name,
    },
    {
      id: "score",
      header: "Score",
      title: "The last one that a step gave it",
      width: "6rem",
      align: "end",
      cell: (row) => {
        const score = scoreOf(row);
        return score === undefined ? "" : count(score);
      },
      sort: scoreOf,
    },
  ];
  return isWhole ? columns : columns.map(({ sort: _, ...column }) => column);
};

function NoItems({ run, isFiltered }: { run: RunRow; isFiltered: boolean }) {
  return (
    <Empty title={isFiltered ? "No item is like that" : "No items went through this run"} inline>
      <p>
        {isFiltered
          ? "Search for less, or show both fates."
          : run.level === "metrics"
            ? "At the level `metrics` items are counted and not kept: record the run at a higher level."
            : "A step that takes a list and returns one tells what became of each; its items need a key."}
      </p>
    </Empty>
  );
}
