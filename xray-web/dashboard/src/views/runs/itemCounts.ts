// How many items went through a run. The list of runs does not say it: it is asked of the steps, for the runs in sight.
import { queryOptions } from "@tanstack/react-query";
import { read } from "../../api/client";
import type { Groups, RunRow } from "../../api/types";
import { instant, nanoseconds } from "../../text/format";

export type ItemCounts = {
  /** The most items that went into one of its steps. */
  into?: number;
  /** The items that came out of the last of its steps that has items. */
  out?: number;
  /** Of all decisions of its steps to keep or to eliminate, the share that eliminated. */
  rejectionRate?: number;
};

/** A run that runs is asked for again when it has more steps. */
export const itemCounts = (run: RunRow) =>
  queryOptions({
    queryKey: ["items of run", run.id, run.status, run.steps],
    queryFn: () => asked(run),
    staleTime: Number.POSITIVE_INFINITY,
  });

type Wanted = { run: RunRow; resolve: (counts: ItemCounts) => void; reject: (error: unknown) => void };

/** As many as there is room for in a query of 4,096 bytes, with few enough groups for one answer. */
const MOST = 50;
const TOGETHER_MS = 20;
let wanted: Wanted[] = [];

/** What is asked for at about the same time is asked for together. */
function asked(run: RunRow): Promise<ItemCounts> {
  return new Promise((resolve, reject) => {
    if (wanted.length === 0) setTimeout(askAll, TOGETHER_MS);
    wanted.push({ run, resolve, reject });
  });
}

function askAll() {
  const all = wanted;
  wanted = [];
  for (let from = 0; from < all.length; from += MOST) {
    const some = all.slice(from, from + MOST);
    countsOf(some.map(({ run }) => run)).then(
      (counts) => {
        for (const { run, resolve } of some) resolve(counts.get(run.id) ?? {});
      },
      (error) => {
        for (const { reject } of some) reject(error);
      },
    );
  }
}

const LIMIT = 1000;

async function countsOf(runs: RunRow[]): Promise<Map<string, ItemCounts>> {
  const starts = runs.map((run) => run.started_at).sort();
  const groups = await read<Groups>("/api/v1/query", {
    of: "steps",
    q: `run.id in ${JSON.stringify(runs.map((run) => run.id))} && has(items_in)`,
    from: starts[0],
    before: instant(nanoseconds(starts.at(-1) ?? "") + 1n),
    group_by: "run.id, name",
    select: "max(items_in), min(items_out), sum(kept), sum(eliminated), max(started)",
    limit: LIMIT,
  });
  if (groups.groups > LIMIT && runs.length > 1) {
    const half = Math.ceil(runs.length / 2);
    const halves = await Promise.all([countsOf(runs.slice(0, half)), countsOf(runs.slice(half))]);
    return new Map(halves.flatMap((counts) => [...counts]));
  }
  return summed(groups.data as unknown as Row[]);
}

type Row = [
  run: string,
  name: string,
  into: number | null,
  out: number | null,
  kept: number | null,
  eliminated: number | null,
  last: string,
];

/** Of each run, from what is known of its functions. */
export function summed(rows: Row[]): Map<string, ItemCounts> {
  const found = new Map<string, { into: number; out: number | undefined; last: string; kept: number; gone: number }>();
  for (const [run, , into, out, kept, eliminated, last] of rows) {
    const sum = found.get(run) ?? { into: 0, out: undefined, last: "", kept: 0, gone: 0 };
    sum.into = Math.max(sum.into, into ?? 0);
    sum.kept += kept ?? 0;
    sum.gone += eliminated ?? 0;
    if (out !== null && last > sum.last) {
      sum.out = out;
      sum.last = last;
    }
    found.set(run, sum);
  }
  return new Map(
    [...found].map(([run, { into, out, kept, gone }]) => [
      run,
      { into, out, rejectionRate: kept + gone > 0 ? gone / (kept + gone) : undefined },
    ]),
  );
}
