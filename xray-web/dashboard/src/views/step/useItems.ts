// The items of a step as they went in and came out.
import { useMemo } from "react";
import type { Decision } from "../../api/types";
import { recordsOf } from "../../value/RecordsTable";
import { shapesOf } from "../../value/shape";
import { useValueText } from "../../value/valueText";
import { type CapturedStep, type Part, partsOf } from "./captured";
import { fieldPaths, valueAt } from "./items";

/** A larger list is not read only to have more columns. */
const MOST_BYTES = 8 * 2 ** 20;
const SAMPLE = 50;

export type Items = {
  fields: string[];
  value: (decision: Decision, field: string) => unknown;
};

/** `argument` is the one that the items were compared with. */
export function useItems(step: CapturedStep, argument: string | null | undefined): Items {
  const { input, output } = useMemo(() => partsOf(step), [step]);
  const came = useRecords(input.find(({ title }) => title === argument));
  const went = useRecords(output.find(({ part }) => part === "result"));
  const isReading = came.isReading || went.isReading;
  const [before, after] = [came.records, went.records];
  return useMemo(() => {
    const sample = [...before.slice(0, SAMPLE), ...after.slice(0, SAMPLE)].map((record) => record.value());
    const paths = fieldPaths(sample);
    return {
      fields: [...paths.keys()],
      value: (decision, field) => {
        const path = paths.get(field) ?? [field];
        const found = valueAt(before[decision.before ?? -1]?.value(), path);
        return found ?? valueAt(after[decision.after ?? -1]?.value(), path) ?? (isReading ? "…" : undefined);
      },
    };
  }, [before, after, isReading]);
}

function useRecords(part: Part | undefined) {
  const omitted = part?.captured.omitted;
  const path = omitted && omitted.bytes <= MOST_BYTES ? omitted.path : undefined;
  const { text, whole, error } = useValueText(path, part?.raw);
  const records = useMemo(() => (text !== undefined && shapesOf(text)[0] === "table" ? recordsOf(text) : []), [text]);
  return { records, isReading: !whole && error === null };
}
