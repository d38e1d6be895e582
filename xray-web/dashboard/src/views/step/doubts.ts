import type { Doubt } from "../../api/types";

/** Why what was inferred may not be what happened. */
export const DOUBTS: Record<Doubt, string> = {
  ambiguous_argument:
    'The result may come from several lists: the argument with the most items in common was taken. items = "…" says which.',
  no_such_argument: "The argument that the attribute declares as the list was not captured as one.",
  no_such_key: "The key that the attribute declares names no field of the items.",
  key_not_unique: "Several items of one list have the same key: which of them was kept is not known.",
  cut: "Not all of a list was captured: nothing is said of the items that are missing.",
  unrelated: "Nothing relates what came out to what went in: the step makes new values, and only counts are known.",
  replaced: "Items that were not found again stand in the same places: they may be the same ones, changed.",
  keys_alone: "One of the lists holds the keys of the other one's items, not the items.",
  type_changed: "The items came out as another type: they were matched by a field of the same name.",
  empty_output: "Nothing came out: whether the result is a list of such items is not known.",
  several_lists: "The result has more than one list, and one of them was taken.",
};
