import type { Doubt } from "../../api/types";

/** Why what was inferred may not be what happened. */
export const DOUBTS: Record<Doubt, string> = {
  ambiguous_argument: 'Several arguments are lists: it was not clear which holds the items. `items = "…"` says it.',
  no_such_argument: "The attribute's `items` names no argument that was captured.",
  no_such_key: "The items have no field of the name that `key` says.",
  key_not_unique: "Some items have the same key: they cannot be told apart.",
  cut: "The list was truncated when it was captured: items beyond that are missing here.",
  unrelated: "Nothing that went in came out: the lists may not be of the same things.",
  replaced: "Most items that came out had not gone in.",
  keys_alone: "Only the keys could be compared.",
  type_changed: "What came out is of another type than what went in; items were matched by key.",
  empty_output: "Nothing came out.",
  several_lists: "The result holds several lists.",
};
