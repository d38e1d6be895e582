// What the address of the list of runs holds.
import type { RunStatus } from "../../api/types";
import { type Raw, text, word } from "../../text/search";

export const STATUSES = [
  "running",
  "completed",
  "failed",
  "crashed",
  "incomplete",
] as const satisfies readonly RunStatus[];
export const SPANS = ["15m", "1h", "1d", "7d"] as const;
export type Span = (typeof SPANS)[number];

export type RunsSearch = {
  /** A condition of the query language. */
  q?: string;
  /** A part of the pipeline's name, of the error, or the end of the id. */
  text?: string;
  status?: RunStatus;
  pipeline?: string;
  /** Runs of the time until now; `from` and `before` are of no meaning beside it. */
  last?: Span;
  from?: string;
  before?: string;
  /** The shortest and the longest duration, in nanoseconds; the longest is not included. */
  min?: number;
  max?: number;
  /** The columns that are shown, with commas between, where they are not those that are shown at first. */
  columns?: string;
  /** The runs that are chosen to be compared, with a comma between. */
  marked?: string;
};

export const runsDefaults: RunsSearch = {};

export const runsSearch = (raw: Raw): RunsSearch => ({
  q: text(raw.q, undefined) || undefined,
  text: text(raw.text, undefined) || undefined,
  status: word(raw.status, STATUSES, undefined),
  pipeline: text(raw.pipeline, undefined) || undefined,
  last: word(raw.last, SPANS, undefined),
  from: instant(raw.from),
  before: instant(raw.before),
  min: nanoseconds(raw.min),
  max: nanoseconds(raw.max),
  columns: text(raw.columns, undefined) || undefined,
  marked: text(raw.marked, undefined) || undefined,
});

const instant = (raw: unknown): string | undefined =>
  typeof raw === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(raw) && !Number.isNaN(Date.parse(raw))
    ? raw
    : undefined;

const nanoseconds = (raw: unknown): number | undefined =>
  typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0 ? raw : undefined;

const RUN = /^[0-9a-f]{32}$/;

/** At most two ids. */
export const markedRuns = (search: RunsSearch): string[] =>
  (search.marked ?? "")
    .split(",")
    .filter((id) => RUN.test(id))
    .slice(0, 2);

/** The marked runs with this one, too, or without it if it was marked. Of three, the one that was marked first goes. */
export function withMark(search: RunsSearch, run: string): string | undefined {
  const marked = markedRuns(search);
  const now = marked.includes(run) ? marked.filter((id) => id !== run) : [...marked.slice(-1), run];
  return now.join(",") || undefined;
}
