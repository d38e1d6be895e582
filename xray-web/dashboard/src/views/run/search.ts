import type { Raw } from "../../text/search";

export type RunSearch = Record<never, never>;

export const runDefaults: RunSearch = {};

export const runSearch = (_raw: Raw): RunSearch => ({});
