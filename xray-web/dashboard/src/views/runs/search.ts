import type { Raw } from "../../text/search";

export type RunsSearch = Record<never, never>;

export const runsDefaults: RunsSearch = {};

export const runsSearch = (_raw: Raw): RunsSearch => ({});
