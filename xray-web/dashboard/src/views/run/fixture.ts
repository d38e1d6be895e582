// Runs for tests, as small as they can be.
import type { RunRow, StepRow } from "../../api/types";

export const START = "2026-01-02T03:04:05.000000001Z";
const START_NS = BigInt(Date.parse("2026-01-02T03:04:05Z")) * 1_000_000n + 1n;

export function at(ns: number): string {
  const since = START_NS + BigInt(ns);
  const fraction = String(since % 1_000_000_000n).padStart(9, "0");
  return `${new Date(Number(since / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

export const run = (changes: Partial<RunRow> = {}): RunRow => ({
  id: "00000000000000010000000000000001",
  pipeline: "pick",
  status: "completed",
  outcome: "ok",
  started_at: START,
  started_ns: Number(START_NS),
  ended_at: at(100),
  ended_ns: Number(START_NS) + 100,
  duration_ns: 100,
  steps: 1,
  failures: 0,
  lost_events: 0,
  error: null,
  parent: null,
  orphan: false,
  level: "full",
  schema: null,
  misfits: 0,
  pinned: false,
  ...changes,
});

const counts = { kept: 0, eliminated: 0, scored: 0, introduced: 0, refused: 0, inferred: true, reasons: [] };

/** A step that took from `from` to `to`. */
export const step = (
  id: string,
  parent: string | null,
  [from, to]: [number, number],
  { counts: changed, ...changes }: Partial<Omit<StepRow, "counts">> & { counts?: Partial<StepRow["counts"]> } = {},
): StepRow => ({
  id,
  parent,
  name: id,
  kind: "",
  module: "films",
  file: "src/films.rs",
  line: 1,
  outcome: "returned",
  started_at: at(from),
  started_ns: Number(START_NS) + from,
  duration_ns: to - from,
  thread: 0,
  items_in: null,
  items_out: null,
  important: false,
  level: "full",
  arguments: [],
  ...changes,
  counts: { ...counts, ...changed },
});

/** A step that took `items_in` items and eliminated some for each reason. */
export function filter(
  id: string,
  parent: string,
  span: [number, number],
  items_in: number,
  reasons: Record<string, number> = {},
  changes: Partial<Omit<StepRow, "counts">> = {},
): StepRow {
  const eliminated = Object.values(reasons).reduce((all, items) => all + items, 0);
  const kept = items_in - eliminated;
  const listed = Object.entries(reasons).map(([reason, items]) => ({ reason, items }));
  return step(id, parent, span, {
    items_in,
    items_out: kept,
    ...changes,
    counts: { kept, eliminated, reasons: listed },
  });
}
