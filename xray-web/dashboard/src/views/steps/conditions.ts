// The conditions that a function's page asks with.
import { all, quoted } from "../../text/cel";
import { since } from "./period";
import type { FunctionSearch } from "./search";

export type Asked = {
  name: string;
  /** A condition on steps. */
  steps: string;
  /** The same on decisions. */
  decisions: string;
  /** The same on a step `s` of a run. */
  ofRun: string;
};

/** Which steps are meant: those of a function that began in a time. */
export function conditionsOf(name: string, { module, line, from, before }: FunctionSearch): Asked {
  const parts: [string, string][] = [["name", `== ${quoted(name)}`]];
  if (module !== undefined) parts.push(["module", `== ${quoted(module)}`]);
  if (line !== undefined) parts.push(["line", `== ${line}`]);
  const begin = since(from);
  if (begin) parts.push(["started", `>= timestamp(${quoted(begin)})`]);
  if (before) parts.push(["started", `< timestamp(${quoted(before)})`]);
  const of = (prefix: string) => parts.map(([field, rest]) => `${prefix}${field} ${rest}`).join(" && ");
  return { name, steps: of(""), decisions: of("step."), ofRun: of("s.") };
}

/** The runs that had such a step, of which more may have to hold: `s` is the step. */
export const runsWith = ({ ofRun }: Asked, more?: string): string =>
  `steps.exists(s, ${more ? `${ofRun} && ${more}` : ofRun})`;

export const failed = (asked: Asked): string => all(asked.steps, "failed") as string;

/** Calls at least as slow as this quantile are few enough to be looked at one by one. */
export function slowQuantile(calls: number): number {
  if (calls <= 100) return 0;
  return [0.5, 0.9, 0.99, 0.999, 0.9999].find((quantile) => Math.floor(calls * (1 - quantile)) <= 100) ?? 0.9999;
}
