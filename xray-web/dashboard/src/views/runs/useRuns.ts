// The runs that match, as they are loaded page by page and as they change meanwhile.
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { read } from "../../api/client";
import { useLive } from "../../api/live";
import { type RunFilters, runs } from "../../api/queries";
import type { Page, RunRow } from "../../api/types";
import { all } from "../../text/cel";
import { instant, nanoseconds } from "../../text/format";
import { type Heard, merged } from "./merge";

/** Live events are put into the list together, so that a burst of them is one change. */
const TOGETHER_MS = 250;
/** With more than so many, the list is asked for again. */
const MOST_HEARD = 5_000;
const NOTHING: Heard = new Map();

export function useRuns(filters: RunFilters, paused: boolean) {
  const key = JSON.stringify(filters);
  const queryClient = useQueryClient();
  const options = useMemo(() => runs(JSON.parse(key)), [key]);
  const list = useInfiniteQuery({ ...options, placeholderData: keepPreviousData, refetchOnWindowFocus: false });
  const { heard, waiting, put } = useHeard(filters, key, paused, list.refetch);

  // A list that is returned to is asked for again: its first page, not all that had been scrolled through.
  useEffect(
    () => () => {
      queryClient.setQueryData(options.queryKey, (data) =>
        data ? { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) } : data,
      );
    },
    [queryClient, options],
  );

  const loaded = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const rows = useMemo(() => merged(loaded, heard), [loaded, heard]);
  const { hasNextPage, isFetching, fetchNextPage } = list;
  const pages = list.data?.pages.length ?? 0;
  // Another function for every page: a page may be empty, and the next is wanted all the same.
  const more = useCallback(() => {
    if (pages > 0 && hasNextPage && !isFetching) fetchNextPage();
  }, [pages, hasNextPage, isFetching, fetchNextPage]);
  return { list, rows, waiting, put, more, complete: list.isSuccess && !hasNextPage, key };
}

/** What was heard since the list was loaded. While it is paused it waits. */
function useHeard(filters: RunFilters, key: string, paused: boolean, refetch: () => Promise<unknown>) {
  const [state, setState] = useState({ key, heard: NOTHING });
  const [waiting, setWaiting] = useState(0);
  const held = useRef(new Map<string, RunRow>());
  const chain = useRef(Promise.resolve());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const heard = state.key === key ? state.heard : NOTHING;

  const add = useCallback(
    (news: Heard) =>
      setState((state) => ({ key, heard: new Map([...(state.key === key ? state.heard : NOTHING), ...news]) })),
    [key],
  );
  const put = useCallback((row: RunRow) => add(new Map([[row.id, row]])), [add]);
  const release = useEffectEvent(() => {
    timer.current = undefined;
    if (paused) return;
    const rows = [...held.current.values()];
    held.current.clear();
    setWaiting(0);
    const asked = key;
    // One after the other: what was heard later is put over what was heard before.
    chain.current = chain.current
      .then(() => judged(rows, filters))
      .then((news) => {
        if (asked === current()) add(news);
      });
  });
  const current = useEffectEvent(() => key);
  useEffect(() => {
    if (heard.size > MOST_HEARD) again();
  }, [heard]);
  useEffect(() => {
    if (!paused) release();
  }, [paused]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );

  // What the list says now is newer than what was heard before it was asked for.
  async function reload() {
    const earlier = heard;
    await refetch();
    setState((state) => ({
      key: state.key,
      heard: new Map([...state.heard].filter(([id, row]) => earlier.get(id) !== row)),
    }));
  }
  const again = useEffectEvent(() => {
    reload();
  });
  useLive(
    (event) => {
      if (event.about === "dropped") reload();
      if (event.about !== "run") return;
      held.current.set(event.run.id, event.run);
      if (paused) setWaiting(held.current.size);
      else timer.current ??= setTimeout(() => release(), TOGETHER_MS);
    },
    { paused, onOpen: reload },
  );
  return { heard, waiting, put };
}

const AT_A_TIME = 50;

/** Which of these runs the filters let through. What needs the query language, the server says. */
async function judged(rows: RunRow[], filters: RunFilters): Promise<Map<string, RunRow | null>> {
  const news = new Map<string, RunRow | null>(rows.map((row) => [row.id, isOfRange(row, filters) ? row : null]));
  const { q } = filters;
  const left = rows.filter((row) => news.get(row.id));
  for (let from = 0; q && from < left.length; from += AT_A_TIME) {
    const some = left.slice(from, from + AT_A_TIME);
    const found = await matching(some, q).catch(() => undefined);
    for (const { id } of some) {
      // Where there was no answer, the list stays as it is.
      if (found) news.set(id, found.find((row) => row.id === id) ?? null);
      else news.delete(id);
    }
  }
  return news;
}

function isOfRange(row: RunRow, { status, pipeline, from, before }: RunFilters): boolean {
  const started = nanoseconds(row.started_at);
  return (
    (!status || row.status === status) &&
    (pipeline === undefined || row.pipeline === pipeline) &&
    (!from || started >= nanoseconds(from)) &&
    (!before || started < nanoseconds(before))
  );
}

async function matching(rows: RunRow[], q: string): Promise<RunRow[]> {
  const starts = rows.map((row) => row.started_at).sort();
  const { data } = await read<Page<RunRow>>("/api/v1/runs", {
    q: all(`id in ${JSON.stringify(rows.map((row) => row.id))}`, q),
    from: starts[0],
    before: instant(nanoseconds(starts.at(-1) ?? "") + 1n),
    limit: 1000,
  });
  return data;
}
