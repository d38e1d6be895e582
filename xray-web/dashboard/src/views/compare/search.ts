import type { Raw } from "../../text/search";

export type CompareSearch = Record<never, never>;

export const compareDefaults: CompareSearch = {};

export const compareSearch = (_raw: Raw): CompareSearch => ({});
