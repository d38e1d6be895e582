import type { Raw } from "../../text/search";

export type ItemSearch = Record<never, never>;

export const itemDefaults: ItemSearch = {};

export const itemSearch = (_raw: Raw): ItemSearch => ({});
