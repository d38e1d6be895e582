// What the address says, as the API is asked for it.
import type { RunFilters } from "../../api/queries";
import { all, lowerAscii, quoted } from "../../text/cel";
import type { RunsSearch, Span } from "./search";

const SPAN_MS: Record<Span, number> = { "15m": 900e3, "1h": 3_600e3, "1d": 86_400e3, "7d": 604_800e3 };

export type Range = { from?: string; before?: string };

/** The time that the runs are of. */
export function timeRange(search: RunsSearch, now: Date): Range {
  if (search.last) return { from: new Date(now.getTime() - SPAN_MS[search.last]).toISOString() };
  return { from: search.from, before: search.before };
}

/**
 * What `/runs` has no parameters for. The query comes first, so that errors in it can be found again: `queryOffset`.
 */
function conditions({ q, text, min, max }: RunsSearch): string[] {
  const conditions: string[] = [];
  if (q) conditions.push(q);
  if (text) {
    const part = quoted(lowerAscii(text));
    conditions.push(
      `pipeline.lowerAscii().contains(${part}) || error.lowerAscii().contains(${part}) || id.endsWith(${part})`,
    );
  }
  if (min !== undefined) conditions.push(`duration >= duration("${min}ns")`);
  if (max !== undefined) conditions.push(`duration < duration("${max}ns")`);
  return conditions;
}

const equalities = ({ status, pipeline }: RunsSearch): string[] => [
  ...(status ? [`status == ${quoted(status)}`] : []),
  ...(pipeline !== undefined ? [`pipeline == ${quoted(pipeline)}`] : []),
];

/** For `/runs`: it has parameters for what it has indexes of, but they do not go together with a condition. */
export function listFilters(search: RunsSearch, range: Range): RunFilters {
  const { status, pipeline } = search;
  return conditions(search).length === 0 ? { status, pipeline, ...range } : groupFilters(search, range);
}

/** For `/query`. */
export const groupFilters = (search: RunsSearch, range: Range): { q?: string } & Range => ({
  q: all(...conditions(search), ...equalities(search)),
  ...range,
});

/** Where the query begins in what is asked, in bytes. */
export const queryOffset = (search: RunsSearch): number =>
  conditions(search).length + equalities(search).length > 1 ? 1 : 0;

export type Filter = {
  name: string;
  says: string;
  /** The change to the search that takes it away. */
  drop: Partial<RunsSearch>;
};

/** The filters that are on. */
export function filtersOf(
  search: RunsSearch,
  tell: { moment: (at: string) => string; duration: (ns: number) => string },
) {
  const filters: Filter[] = [];
  const add = (name: string, says: string, drop: Partial<RunsSearch>) => filters.push({ name, says, drop });
  const { q, text, status, pipeline, last, from, before, min, max } = search;
  if (status) add("status", status, { status: undefined });
  if (pipeline !== undefined) add("pipeline", pipeline, { pipeline: undefined });
  if (last) add("time", `last ${SPAN_NAMES[last]}`, { last: undefined });
  else if (from || before) {
    add("time", between(from && tell.moment(from), before && tell.moment(before)), {
      from: undefined,
      before: undefined,
    });
  }
  if (min !== undefined || max !== undefined) {
    const [shortest, longest] = [min, max].map((ns) => (ns === undefined ? undefined : tell.duration(ns)));
    add("duration", between(shortest, longest), { min: undefined, max: undefined });
  }
  if (text) add("search", text, { text: undefined });
  if (q) add("query", q, { q: undefined });
  return filters;
}

export const SPAN_NAMES: Record<Span, string> = { "15m": "15 minutes", "1h": "hour", "1d": "day", "7d": "week" };

function between(from: string | undefined, to: string | undefined): string {
  if (from && to) return `${from} – ${to}`;
  return from ? `from ${from}` : `before ${to}`;
}
