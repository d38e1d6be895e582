import type { PairKind, Way } from "../../api/types";
import { type Raw, text, word } from "../../text/search";

export const SHOWN = ["all", "changed", "only_a", "only_b", "moved", "flipped"] as const satisfies readonly (
  | PairKind
  | "all"
  | "moved"
  | "flipped"
)[];
export const WAYS = ["outcome", "error", "input", "output", "notes", "decisions"] as const satisfies readonly Way[];

export type Shown = (typeof SHOWN)[number];

export type CompareSearch = {
  /** Sets of what are compared; two runs unless it is given. */
  of?: "runs" | "items";
  /** Two runs by their ids, or the conditions of two sets of runs. */
  a?: string;
  b?: string;

  /** Of two runs: which steps are listed, those that differ unless it is given. */
  show?: Shown;
  way?: Way;
  /** The pair of steps that is open. */
  at?: string;

  /** Of two sets: the runs that they are of. */
  pipeline?: string;
  from?: string;
  /** Of items: the function that decided about them, with a condition on its steps, or one step of a run. */
  name?: string;
  q?: string;
  run?: string;
  step?: string;
};

export const compareDefaults: CompareSearch = {};

export const compareSearch = (raw: Raw): CompareSearch => ({
  of: word(raw.of, ["runs", "items"], undefined),
  a: text(raw.a, undefined),
  b: text(raw.b, undefined),
  show: word(raw.show, SHOWN, undefined),
  way: word(raw.way, WAYS, undefined),
  at: text(raw.at, undefined),
  pipeline: text(raw.pipeline, undefined),
  from: text(raw.from, undefined),
  name: text(raw.name, undefined),
  q: text(raw.q, undefined),
  run: text(raw.run, undefined),
  step: text(raw.step, undefined),
});
