import { type Raw, text } from "../../text/search";

/** The run that is open. */
export type ItemSearch = { run?: string };

export const itemDefaults: ItemSearch = {};

export const itemSearch = (raw: Raw): ItemSearch => ({ run: text(raw.run, undefined) || undefined });
