// What the address of a run says of how it is looked at.
import type { SearchSchemaInput } from "@tanstack/react-router";
import { type Raw, text, texts, truth, word } from "../../text/search";

export const SHOWS = ["waterfall", "funnel", "items"] as const;
export const SCALES = ["auto", "log", "linear"] as const;
export const FATES = ["kept", "eliminated"] as const;

export type Show = (typeof SHOWS)[number];
export type Scale = (typeof SCALES)[number];
export type Fate = (typeof FATES)[number];

export type RunSearch = {
  show: Show;
  /** The step whose panel is open. */
  step?: string | undefined;
  /** What steps, or items, are searched for. */
  q: string;
  /** Of the steps only those that failed. */
  errors: boolean;
  /** The part of the time that is in sight, in nanoseconds since the run began. */
  from?: number | undefined;
  to?: number | undefined;
  /** Steps that are deeper than this are folded away. */
  level?: number | undefined;
  /** The steps of which the opposite holds. */
  toggled?: string[] | undefined;
  scale: Scale;
  /** The funnel as a table. */
  table: boolean;
  fate?: Fate | undefined;
};

export const runDefaults: RunSearch = { show: "waterfall", q: "", errors: false, scale: "auto", table: false };

export function runSearch(given: Partial<RunSearch> & SearchSchemaInput): RunSearch {
  const raw: Raw = given;
  const [from, to] = [time(raw.from), time(raw.to)];
  const toggled = texts(raw.toggled);
  return {
    show: word(raw.show, SHOWS, runDefaults.show),
    step: text(raw.step, undefined),
    q: text(raw.q, runDefaults.q),
    errors: truth(raw.errors, runDefaults.errors),
    ...(from !== undefined && to !== undefined && from < to ? { from, to } : {}),
    level: time(raw.level),
    toggled: toggled?.length ? toggled : undefined,
    scale: word(raw.scale, SCALES, runDefaults.scale),
    table: truth(raw.table, runDefaults.table),
    fate: word(raw.fate, FATES, undefined),
  };
}

const time = (raw: unknown): number | undefined =>
  typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0 ? raw : undefined;
