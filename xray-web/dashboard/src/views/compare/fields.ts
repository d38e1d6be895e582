// A field in which two sets differ: in words, and as a condition that leads to what has it.
import type { ComparedField } from "../../api/types";
import { literal } from "../../text/cel";
import { count, duration, percent } from "../../text/format";
import { preview } from "../../value/preview";

const isDuration = (field: string) => field.endsWith("_ns");

/** A number of the field, as people read it. */
export function numberOf(field: string, value: number): string {
  if (isDuration(field)) return duration(value);
  return Math.abs(value) >= 1 || value === 0 ? count(value) : String(Number(value.toPrecision(3)));
}

/** How the field differs, in a sentence. */
export function told({ field, scale, a, b, auc, value }: ComparedField): string {
  if (scale === "number") {
    const medians = `median ${median(field, a.median)} in A, ${median(field, b.median)} in B`;
    if (typeof auc !== "number" || auc === 0.5) return medians;
    // The area under the curve is how often a value of A is above one of B.
    const [word, share] = auc < 0.5 ? ["lower", 1 - auc] : ["higher", auc];
    return `${word} in A in ${percent(share)} of pairs; ${medians}`;
  }
  const what = scale === "presence" ? "has a value" : preview(value, 60);
  return `${what} in ${share(a.proportion)} of A, in ${share(b.proportion)} of B`;
}

const median = (field: string, value: number | null | undefined) =>
  typeof value === "number" ? numberOf(field, value) : "none";
const share = (value: number | null | undefined) => (typeof value === "number" ? percent(value) : "none");

/** How long the bars of both sets are, from 0 to 1, and what they stand for. */
export function bars({ field, scale, a, b }: ComparedField): { share: number; value: string }[] {
  if (scale !== "number") {
    return [a, b].map(({ proportion }) => ({ share: proportion ?? 0, value: share(proportion) }));
  }
  const most = Math.max(Math.abs(a.median ?? 0), Math.abs(b.median ?? 0)) || 1;
  return [a, b].map((set) => ({ share: Math.abs(set.median ?? 0) / most, value: median(field, set.median) }));
}

export const NOTES = {
  few: "few values: it may be chance",
  may_be_chance: "no more than chance does",
} as const;

/** The fields of a run that a condition calls otherwise. */
function named(field: string): string {
  return isDuration(field) ? field.slice(0, -"_ns".length) : field;
}

/** What holds of those that tell most of the difference; nothing where no condition can say it. */
export function conditionOn(
  { field, scale, a, b, value, auc }: ComparedField,
  side: "a" | "b",
  prefix = "",
): string | undefined {
  const path = field.startsWith("size(") ? `size(${prefix}${field.slice("size(".length)}` : `${prefix}${named(field)}`;
  if (scale === "presence") return field.startsWith("size(") ? undefined : `has(${path})`;
  if (scale === "category") {
    const written = literal(value);
    return written && `${path} == ${written}`;
  }
  const middle = (side === "a" ? a : b).median;
  if (typeof middle !== "number" || typeof auc !== "number") return undefined;
  const isLow = side === "a" ? auc < 0.5 : auc >= 0.5;
  const written = isDuration(field) ? `duration("${middle}ns")` : String(middle);
  return `${path} ${isLow ? "<=" : ">="} ${written}`;
}
