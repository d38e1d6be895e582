// How close a decision was: how far the value that a condition looked at is from the bound that it was held against.
import type { Check, Decision } from "../../api/types";

export type Distance = {
  /** As a share of the bound: 0.05 is five percent off. */
  share: number;
  check: Check;
};

/** The distance by which an item was eliminated, or the least by which it was not. */
export function distanceOf(decision: Pick<Decision, "checks">): Distance | undefined {
  const checks = decision.checks ?? [];
  const failed = checks.filter((check) => !check.holds);
  let nearest: Distance | undefined;
  for (const check of failed.length > 0 ? failed : checks) {
    const share = shareOf(check);
    if (share !== undefined && (!nearest || share < nearest.share)) nearest = { share, check };
  }
  return nearest;
}

const COMPARISON = /(<=|>=|<|>)/;

/** Of a condition that compares two numbers, one of which may be written in it. */
function shareOf(check: Check): number | undefined {
  if (!COMPARISON.test(check.condition)) return undefined;
  const values = check.operands.map(({ value }) => value);
  if (!values.every((value) => typeof value === "number")) return undefined;
  const [value, other] = values;
  const bound = other ?? written(check.condition);
  if (value === undefined || bound === undefined || values.length > 2) return undefined;
  const off = Math.abs(value - bound);
  return bound === 0 ? off : off / Math.abs(bound);
}

/** The number beside a comparison: `stock > 0`, `1_000 <= votes`. */
function written(condition: string): number | undefined {
  const sides = condition.split(COMPARISON);
  if (sides.length !== 3) return undefined;
  for (const side of [sides[2], sides[0]]) {
    const number = /^\s*(-?\d[\d_]*(?:\.[\d_]+)?(?:e[+-]?\d+)?)(?:_?[iuf]\d+|_?[iu]size)?\s*$/i.exec(side ?? "")?.[1];
    if (number !== undefined) return Number(number.replaceAll("_", ""));
  }
  return undefined;
}
