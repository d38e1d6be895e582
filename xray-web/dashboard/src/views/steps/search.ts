import type { Raw } from "../../text/search";

export type StepsSearch = Record<never, never>;

export const stepsDefaults: StepsSearch = {};

export const stepsSearch = (_raw: Raw): StepsSearch => ({});

export type FunctionSearch = Record<never, never>;

export const functionDefaults: FunctionSearch = {};

export const functionSearch = (_raw: Raw): FunctionSearch => ({});
