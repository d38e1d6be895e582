// What a view shows first is asked for while the view itself is still loaded.
import type { QueryClient } from "@tanstack/react-query";
import { decisions, item, run, runs, steps } from "../api/queries";
import { listFilters, timeRange } from "./runs/conditions";
import type { RunsSearch } from "./runs/search";
import { capturedStep } from "./step/captured";
import { decisionFilters, type StepSearch } from "./step/search";

export function loadRuns(client: QueryClient, search: RunsSearch): void {
  // "The last hour" is for the view to say: it begins anew with each look at the clock.
  if (!search.last) client.prefetchInfiniteQuery(runs(listFilters(search, timeRange(search, new Date()))));
}

export function loadRun(client: QueryClient, id: string): void {
  client.prefetchQuery(run(id));
  client.prefetchQuery(steps(id));
}

export function loadStep(client: QueryClient, run: string, step: string, search: StepSearch): void {
  client.prefetchQuery(capturedStep(run, step));
  // What is shown of a step that has decisions, unless the address says otherwise.
  if (search.show === undefined || search.show === "decisions")
    client.prefetchInfiniteQuery(decisions(run, step, decisionFilters(search)));
}

export function loadItem(client: QueryClient, key: string): void {
  client.prefetchInfiniteQuery(item(key));
}
