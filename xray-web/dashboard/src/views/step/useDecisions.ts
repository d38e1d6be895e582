// The decisions of a step as far as they are loaded, filtered as the address says.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { read } from "../../api/client";
import { decisions } from "../../api/queries";
import type { Counts, Decision, Decisions } from "../../api/types";
import { distanceOf } from "./distance";
import { decisionFilters, type StepSearch } from "./search";

/** `all`: what is shown needs every one of them, and they are loaded page by page. */
export function useDecisions(run: string, step: string, search: StepSearch, all: boolean) {
  const { item, sort } = search;
  const filters = decisionFilters(search);
  const query = useInfiniteQuery(decisions(run, step, filters));
  const exact = useQuery({
    queryKey: ["exactly", run, step, item, filters] as const,
    queryFn: ({ signal }) =>
      read<Decisions>(
        `/api/v1/runs/${encodeURIComponent(run)}/steps/${encodeURIComponent(step)}/decisions`,
        { ...filters, item, limit: 1000 },
        signal,
      ),
    enabled: item !== undefined,
  });
  const isExact = item !== undefined && (exact.data?.data.length ?? 0) > 0;
  const wantsAll = !isExact && (all || item !== undefined || sort !== undefined);
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query;
  useEffect(() => {
    if (wantsAll && hasNextPage && !isFetchingNextPage && !isError) fetchNextPage();
  }, [wantsAll, hasNextPage, isFetchingNextPage, isError, fetchNextPage]);

  const pages = query.data?.pages as Decisions[] | undefined;
  const rows = useMemo(() => {
    const loaded = isExact ? (exact.data?.data ?? []) : (pages ?? []).flatMap((page) => page.data);
    const words = item?.toLowerCase();
    const found = words && !isExact ? loaded.filter((row) => row.item.toLowerCase().includes(words)) : loaded;
    return sort === "near" ? nearestFirst(found) : found;
  }, [pages, exact.data, isExact, item, sort]);

  return {
    rows,
    about: pages?.[0],
    isComplete: isExact || !hasNextPage,
    isLoading: query.isLoading,
    loaded: (pages ?? []).reduce((sum, page) => sum + page.data.length, 0),
    error: query.error,
    retry: () => void query.refetch(),
    more: () => {
      if (hasNextPage && !isFetchingNextPage && !isError && !isExact) fetchNextPage();
    },
  };
}

export type LoadedDecisions = ReturnType<typeof useDecisions>;

/** Near misses first; those whose distance is not known stay as they are, at the end. */
export function nearestFirst(rows: Decision[]): Decision[] {
  const measured = rows.map((row) => ({ row, share: distanceOf(row)?.share ?? Number.POSITIVE_INFINITY }));
  const missed = (row: Decision) => (row.outcome === "eliminated" ? 0 : 1);
  const rank = ({ row, share }: (typeof measured)[number]) => (share === Number.POSITIVE_INFINITY ? 2 : missed(row));
  measured.sort((a, b) => rank(a) - rank(b) || (rank(a) < 2 ? a.share - b.share : 0));
  return measured.map(({ row }) => row);
}

/** How many decisions there are: what was scored is kept as well, or is not counted otherwise. */
export const decisionsIn = ({ kept, eliminated, introduced, scored }: Counts): number =>
  Math.max(kept + eliminated + introduced, scored);

/** How many decisions there are with these filters, as far as the step's counts say. */
export function totalOf(counts: Counts, { outcome, basis, reason, item }: StepSearch): number | undefined {
  if (basis !== undefined || item !== undefined) return undefined;
  if (reason !== undefined) return counts.reasons.find((one) => one.reason === reason)?.items;
  return outcome === undefined ? undefined : counts[outcome];
}
