// What was heard since a list was loaded, put over the list.
import type { RunRow } from "../../api/types";

/** Runs by id as they are now; `null` for those that the filters do not let through any more. */
export type Heard = ReadonlyMap<string, RunRow | null>;

/** Runs that changed are where they were, new ones above, the newest first. */
export function merged(loaded: RunRow[], heard: Heard): RunRow[] {
  if (heard.size === 0) return loaded;
  const left = new Map(heard);
  const rows: RunRow[] = [];
  for (const row of loaded) {
    const now = left.get(row.id);
    left.delete(row.id);
    if (now !== null) rows.push(now ?? row);
  }
  const fresh = [...left.values()].filter((row) => row !== null);
  // Times are of one length and end in Z: they compare as texts.
  fresh.sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
  return [...fresh, ...rows];
}
