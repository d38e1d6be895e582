import type { Counts, Verdict } from "../../api/types";
import { type StepSearch, VERDICTS } from "./search";

export type Group = {
  id: string;
  outcome: Verdict;
  reason?: string | undefined;
  items: number;
  /** What is left of the outcome once the reasons are taken out. */
  isRest: boolean;
};

/** The reasons for which items were eliminated, most first; then what has none. */
export function groupsOf(counts: Counts, { outcome, reason }: StepSearch): Group[] {
  const groups: Group[] = [];
  for (const verdict of VERDICTS) {
    const items = counts[verdict];
    if (items === 0 || (outcome !== undefined && outcome !== verdict)) continue;
    if (verdict !== "eliminated") {
      if (reason === undefined) groups.push({ id: verdict, outcome: verdict, items, isRest: false });
      continue;
    }
    const named = counts.reasons.filter((one) => reason === undefined || one.reason === reason);
    const sorted = [...named].sort((a, b) => b.items - a.items);
    for (const one of sorted)
      groups.push({
        id: `reason ${one.reason}`,
        outcome: verdict,
        reason: one.reason,
        items: one.items,
        isRest: false,
      });
    const rest = items - counts.reasons.reduce((sum, one) => sum + one.items, 0);
    if (rest > 0 && reason === undefined) groups.push({ id: "rest", outcome: verdict, items: rest, isRest: true });
  }
  const rank = (group: Group) => (group.outcome === "eliminated" ? 0 : 1);
  return groups.sort((a, b) => rank(a) - rank(b));
}
