// What a view shows first is asked for while the view itself is still loaded.
import type { QueryClient } from "@tanstack/react-query";
import { item, run, runs, steps } from "../api/queries";
import { listFilters, timeRange } from "./runs/conditions";
import type { RunsSearch } from "./runs/search";
import { capturedStep } from "./step/captured";

export function loadRuns(client: QueryClient, search: RunsSearch): void {
  // "The last hour" is for the view to say: it begins anew with each look at the clock.
  if (!search.last) client.prefetchInfiniteQuery(runs(listFilters(search, timeRange(search, new Date()))));
}

export function loadRun(client: QueryClient, id: string): void {
  client.prefetchQuery(run(id));
  client.prefetchQuery(steps(id));
}

export function loadStep(client: QueryClient, run: string, step: string): void {
  client.prefetchQuery(capturedStep(run, step));
}

export function loadItem(client: QueryClient, key: string): void {
  client.prefetchInfiniteQuery(item(key));
}
