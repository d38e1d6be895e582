// Which ways of looking at a step its data allow, and which one is the best to begin with.
import type { StepDetail } from "../../api/types";
import type { Show } from "./search";

const FAILED = ["err", "panicked", "cancelled"];

/** What can be shown of a step, in the order of its tabs. */
export function showsOf(step: StepDetail): Show[] {
  const { kept, eliminated, scored, introduced } = step.counts;
  const shows: Show[] = [];
  if (step.llm && step.llm.length > 0) shows.push("llm");
  if (kept + eliminated + scored + introduced > 0) shows.push("decisions");
  if (eliminated > 0 || kept > 0) shows.push("checks");
  if (scored > 0) shows.push("ranking");
  shows.push("values");
  return shows;
}

/** The one to begin with: the call of a model, what went in where it failed, the order of a rank, else the decisions. */
export function bestOf(step: StepDetail): Show {
  const shows = showsOf(step);
  if (shows.includes("llm")) return "llm";
  if (FAILED.includes(step.outcome)) return "values";
  if (shows.includes("ranking") && step.counts.eliminated === 0) return "ranking";
  return shows.includes("decisions") ? "decisions" : "values";
}
