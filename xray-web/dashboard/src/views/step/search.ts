import type { Raw } from "../../text/search";

export type StepSearch = Record<never, never>;

export const stepDefaults: StepSearch = {};

export const stepSearch = (_raw: Raw): StepSearch => ({});
