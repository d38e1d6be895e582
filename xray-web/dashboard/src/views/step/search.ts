import type { DecisionFilters } from "../../api/queries";
import type { Basis, Verdict } from "../../api/types";
import { type Raw, text, texts, word } from "../../text/search";
import type { Shape } from "../../value/shape";

export const SHOWS = ["decisions", "checks", "ranking", "llm", "values"] as const;
export type Show = (typeof SHOWS)[number];

export const VERDICTS = ["kept", "eliminated", "scored", "introduced"] as const satisfies readonly Verdict[];
export const BASES = ["observed", "inferred"] as const satisfies readonly Basis[];

/** What of a step is looked at, and how. What is left out is what its data suggest, or everything. */
export type StepSearch = {
  show?: Show | undefined;
  outcome?: Verdict | undefined;
  basis?: Basis | undefined;
  reason?: string | undefined;
  /** A part of the item's key. */
  item?: string | undefined;
  group?: "reason" | undefined;
  sort?: "near" | undefined;
  /** Fields of the items that are columns. */
  columns?: string[] | undefined;
  /** How values are shown, by part, where it is not what suits them best. */
  as?: Record<string, Shape> | undefined;
};

export const stepDefaults: StepSearch = {};

/** Every part is there, if only as nothing: what was left out would come through from the address as it is. */
export function stepSearch(raw: Raw): StepSearch {
  return {
    show: word(raw.show, SHOWS, undefined),
    outcome: word(raw.outcome, VERDICTS, undefined),
    basis: word(raw.basis, BASES, undefined),
    reason: text(raw.reason, undefined),
    item: text(raw.item, undefined),
    group: word(raw.group, ["reason"], undefined),
    sort: word(raw.sort, ["near"], undefined),
    columns: texts(raw.columns),
    as: shapes(raw.as),
  };
}

function shapes(raw: unknown): Record<string, Shape> | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const known = Object.entries(raw).flatMap(([part, shape]) => {
    const found = word(shape, ["table", "text", "tree"], undefined);
    return found ? [[part, found] as const] : [];
  });
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}

/** Which decisions the server is asked for; it knows items by their whole keys alone. */
export const decisionFilters = ({ outcome, basis, reason }: StepSearch): DecisionFilters => ({
  ...(outcome === undefined ? {} : { outcome }),
  ...(basis === undefined ? {} : { basis }),
  ...(reason === undefined ? {} : { reason }),
});
