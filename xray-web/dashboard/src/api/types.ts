// The API's types by the names that the rest of the dashboard uses. `schema.d.ts` is generated: `npm run api`.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type RunRow = Schemas["Run"];
export type RunStatus = Schemas["RunStatus"];
export type Outcome = Schemas["Outcome"];
export type RunDetail = Schemas["RunDetail"];
export type StepRow = Schemas["StepRow"];
export type StepDetail = Schemas["StepDetail"];
export type Counts = Schemas["Counts"];
export type Captured = Schemas["Captured"];
export type Argument = Schemas["Argument"];
export type Failure = Schemas["Failure"];
export type Decision = Schemas["Decision"];
export type Decisions = Schemas["Decisions"];
export type Doubt = Schemas["Doubt"];
export type Operand = Schemas["Operand"];
export type Verdict = Schemas["Verdict"];
export type Basis = Schemas["Basis"];
export type Check = Schemas["Check"];
export type FoundStep = Schemas["FoundStep"];
export type FoundDecision = Schemas["FoundDecision"];
export type ItemHistory = Schemas["ItemHistory"];
export type ItemWay = Schemas["ItemWay"];
export type Stage = Schemas["Stage"];
export type Diff = Schemas["Diff"];
export type Pair = Schemas["Pair"];
export type PairKind = Schemas["PairKind"];
export type Way = Schemas["Way"];
export type Flip = Schemas["Flip"];
export type ValueDifference = Schemas["ValueDifference"];
export type Comparison = Schemas["Comparison"];
export type ComparedSet = Schemas["ComparedSet"];
export type ComparedField = Schemas["ComparedField"];
export type CallsiteSummary = Schemas["CallsiteSummary"];
export type PipelineSummary = Schemas["PipelineSummary"];
export type Series = Schemas["Series"];
export type Groups = Schemas["Groups"];
export type Failures = Schemas["Failures"];
export type Stats = Schemas["Stats"];
export type Vocabulary = Schemas["Vocabulary"];
export type FieldInfo = Schemas["FieldInfo"];
export type ProblemBody = Schemas["Problem"];

/** A page of a list; one that is calculated says if it cost more than it may, and what is counted then. */
export type Page<Row> = { data: Row[]; next_cursor: string | null; stopped?: boolean; stopped_at?: string | null };
