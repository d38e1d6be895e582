// What the views ask for, by name: each is a TanStack Query, so that what two views need is asked for once.
import { infiniteQueryOptions, queryOptions, experimental_streamedQuery as streamed } from "@tanstack/react-query";
import { type Parameters, read } from "./client";
import type {
  CallsiteSummary,
  Comparison,
  Decision,
  Diff,
  Failures,
  FoundDecision,
  FoundStep,
  Groups,
  ItemHistory,
  ItemWay,
  Page,
  PipelineSummary,
  RunDetail,
  RunRow,
  RunStatus,
  Series,
  Stats,
  StepDetail,
  StepRow,
  Vocabulary,
} from "./types";

/** A list of which pages are asked for as they are scrolled to; all but the first may be of another size. */
function paged<Row>(path: string, parameters: Parameters, furtherLimit = parameters.limit) {
  return infiniteQueryOptions({
    queryKey: [path, parameters] as const,
    queryFn: ({ pageParam, signal }) =>
      read<Page<Row>>(path, pageParam ? { ...parameters, limit: furtherLimit, cursor: pageParam } : parameters, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Something that is answered whole. */
function whole<Answer>(path: string, parameters: Parameters = {}) {
  return queryOptions({
    queryKey: [path, parameters] as const,
    queryFn: ({ signal }) => read<Answer>(path, parameters, signal),
  });
}

const one = encodeURIComponent;

export type RunFilters = { q?: string; status?: RunStatus; pipeline?: string; from?: string; before?: string };

export const runs = (filters: RunFilters, limit = 200) => paged<RunRow>("/api/v1/runs", { ...filters, limit });

/** A run without its steps. */
export const run = (id: string) => whole<RunDetail>(`/api/v1/runs/${one(id)}`, { limit: 1 });

/** Every step of a run, without what was captured; first the first thousand, and when they are there all the others. */
export const steps = (run: string) =>
  queryOptions({
    queryKey: ["/api/v1/runs", run, "steps"] as const,
    queryFn: streamed<StepRow[], StepRow[], readonly ["/api/v1/runs", string, "steps"]>({
      streamFn: ({ signal }) => firstAndOthers(run, signal),
      reducer: (rows, more) => [...rows, ...more],
      initialValue: [],
      refetchMode: "replace",
    }),
  });

/** What the API gives of a run's steps at once, at most. */
export const STEPS_OF_A_REQUEST = 1_000;

async function* firstAndOthers(run: string, signal: AbortSignal): AsyncGenerator<StepRow[]> {
  const page = async (after?: string) => {
    const { steps } = await read<RunDetail>(
      `/api/v1/runs/${one(run)}`,
      { limit: STEPS_OF_A_REQUEST, steps_after: after },
      signal,
    );
    return { rows: steps.data as StepRow[], next: steps.next_cursor ?? undefined };
  };
  let { rows, next } = await page();
  yield rows;
  const others: StepRow[] = [];
  while (next) {
    ({ rows, next } = await page(next));
    others.push(...rows);
  }
  if (others.length > 0) yield others;
}

/** A step; `fields` are the parts of it that are wanted, all unless they are given. */
export const step = (run: string, step: string, fields?: string) =>
  whole<StepDetail>(`/api/v1/runs/${one(run)}/steps/${one(step)}`, { fields });

export type DecisionFilters = { outcome?: string; basis?: string; reason?: string; item?: string };

/** The server puts all of them together for each page: first a few, so that there is something to see, then many. */
export const decisions = (run: string, step: string, filters: DecisionFilters = {}) =>
  paged<Decision>(`/api/v1/runs/${one(run)}/steps/${one(step)}/decisions`, { ...filters, limit: 1000 }, 10_000);

export type Search = { q?: string; from?: string; before?: string; limit?: number; fields?: string };

export const foundSteps = (search: Search) => paged<FoundStep>("/api/v1/steps", search);
export const foundDecisions = (search: Search) => paged<FoundDecision>("/api/v1/decisions", search);

export const itemsOfRun = (run: string, fate?: string) =>
  paged<ItemWay & { item: string }>("/api/v1/items", { run, fate, limit: 1000 });

export const item = (key: string, run?: string) =>
  infiniteQueryOptions({
    queryKey: ["/api/v1/items", key, run] as const,
    queryFn: ({ pageParam, signal }) =>
      read<ItemHistory>(`/api/v1/items/${one(key)}`, { run, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** `kind` are the pairs of steps that are wanted, all but those that are the same unless it is given. */
export const diff = (a: string, b: string, kind?: string) =>
  infiniteQueryOptions({
    queryKey: ["/api/v1/diff", a, b, kind] as const,
    queryFn: ({ pageParam, signal }) =>
      read<Diff>("/api/v1/diff", { a, b, kind, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const compare = (parameters: Parameters) => whole<Comparison>("/api/v1/compare", parameters);

export type Aggregate = {
  of?: "runs" | "steps" | "decisions";
  group_by?: string;
  select: string;
  order?: string;
  limit?: number;
} & Pick<Search, "q" | "from" | "before">;

/** What rows have in common, group by group. */
export const groups = (aggregate: Aggregate) => whole<Groups>("/api/v1/query", aggregate);

export type Spread = { of?: "runs" | "steps"; bucket?: string } & Pick<Search, "q" | "from" | "before">;

/** Runs by status or steps by outcome, over time. */
export const series = (spread: Spread) => whole<Series>("/api/v1/series", spread);

export const pipelines = (search: Search = {}) => paged<PipelineSummary>("/api/v1/pipelines", search);
export const callsites = (search: Search = {}) => paged<CallsiteSummary>("/api/v1/callsites", search);
export const failures = (search: Pick<Search, "from" | "before">) => whole<Failures>("/api/v1/failures", search);
export const vocabulary = () => queryOptions({ ...whole<Vocabulary>("/api/v1/vocabulary"), staleTime: 60_000 });
export const stats = () => whole<Stats>("/api/v1/stats");
