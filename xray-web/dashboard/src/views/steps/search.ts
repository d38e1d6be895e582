import { type Raw, text, word } from "../../text/search";

export type StepsSearch = {
  /** Functions unless it is given. */
  of?: "pipelines";
  /** Part of a name, a kind, a module or a file. */
  text?: string;
  /** A word of `SINCE`, or a time. */
  from?: string;
  /** A column, with a `-` in front for the highest first. */
  sort?: string;
};

export const stepsDefaults: StepsSearch = {};

export const stepsSearch = (raw: Raw): StepsSearch => ({
  of: word(raw.of, ["pipelines"], undefined),
  text: text(raw.text, undefined),
  from: text(raw.from, undefined),
  sort: text(raw.sort, undefined),
});

/** Which function of the name, if there are several; and the time. */
export type FunctionSearch = { module?: string; line?: number; from?: string; before?: string };

export const functionDefaults: FunctionSearch = {};

export const functionSearch = (raw: Raw): FunctionSearch => ({
  module: text(raw.module, undefined),
  line: typeof raw.line === "number" && Number.isSafeInteger(raw.line) ? raw.line : undefined,
  from: text(raw.from, undefined),
  before: text(raw.before, undefined),
});
