// What runs have in common, as the API calculates it.
import type { Aggregate } from "../../api/queries";
import type { Groups, RunStatus } from "../../api/types";
import { nanoseconds } from "../../text/format";

export const OVERVIEW = [
  "count()",
  "error_rate()",
  "quantile(duration, 0.5)",
  "quantile(duration, 0.95)",
  "min(started)",
  "max(started)",
  "min(duration)",
  "max(duration)",
].join(", ");

export type Overview = {
  count: number;
  errorRate?: number;
  p50?: number;
  p95?: number;
  first?: string;
  last?: string;
  shortest?: number;
  longest?: number;
};

export function overviewOf({ data }: Groups): Overview {
  const [count, errorRate, p50, p95, first, last, shortest, longest] = (data[0] ?? []) as unknown[];
  return {
    count: number(count) ?? 0,
    errorRate: number(errorRate),
    p50: number(p50),
    p95: number(p95),
    first: text(first),
    last: text(last),
    shortest: number(shortest),
    longest: number(longest),
  };
}

export const byStatus = (filters: Pick<Aggregate, "q" | "from" | "before">): Aggregate => ({
  of: "runs",
  group_by: "status",
  select: "count()",
  ...filters,
});

export const statusCounts = ({ data }: Groups): Map<RunStatus, number> =>
  new Map(data.map(([status, count]) => [status as RunStatus, count as number]));

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const UNITS: [string, number][] = [
  ["s", 1e9],
  ["min", 60e9],
  ["h", 3_600e9],
  ["day", 86_400e9],
];

/** So many in a time, by the shortest unit in which there is at least one; nothing where there was next to no time. */
export function rate(count: number, from: string, to: string): { count: number; unit: string } | undefined {
  const time = Number(nanoseconds(to) - nanoseconds(from));
  if (time < 1e9 || count < 2) return undefined;
  const [unit, size] = UNITS.find(([, size]) => (count * size) / time >= 1) ?? ["day", 86_400e9];
  return { count: Number(((count * size) / time).toPrecision(2)), unit };
}
