// A step with what was captured of it, as it came: numbers keep their digits in the text, which they may not as numbers.
import { queryOptions } from "@tanstack/react-query";
import { ask } from "../../api/client";
import type { Captured, StepDetail } from "../../api/types";
import { rawAt } from "../../value/json/get";
import { queryRoot } from "../../value/json/path";

export type CapturedStep = { detail: StepDetail; json: string };

const OPEN_AGAIN_MS = 2_000;

export const capturedStep = (run: string, step: string) =>
  queryOptions({
    queryKey: ["/api/v1/runs", run, "steps", step, "captured"] as const,
    queryFn: async ({ signal }): Promise<CapturedStep> => {
      const path = `/api/v1/runs/${encodeURIComponent(run)}/steps/${encodeURIComponent(step)}`;
      const json = await (await ask(path, { signal })).text();
      return { detail: JSON.parse(json), json };
    },
    // A step that is still open has more to say soon.
    refetchInterval: (query) => (query.state.data?.detail.outcome === "open" ? OPEN_AGAIN_MS : false),
  });

/** A captured value of a step. */
export type Part = {
  /** As the API names it: `arguments.0`. */
  part: string;
  title: string;
  captured: Captured;
  /** Its JSON; nothing if it is too large for the step's answer. */
  raw: string | undefined;
  /** How a query names it. */
  root: string | undefined;
};

export type Parts = { input: Part[]; output: Part[]; noted: Part[]; llm: Part[] };

export function partsOf({ detail, json }: CapturedStep): Parts {
  const part = (part: string, title: string, captured: Captured, way: (string | number)[], name?: string): Part => ({
    part,
    title,
    captured,
    raw: captured.omitted ? undefined : rawAt(json, [...way, "value"]),
    root: queryRoot(part, name),
  });
  const one = (name: "result" | "input" | "output", title: string) => {
    const captured = detail[name];
    return captured ? [part(name, title, captured, [name])] : [];
  };
  const several = (name: "arguments" | "meta" | "reasoning" | "llm") =>
    (detail[name] ?? []).map((captured, index) => {
      const named = captured as { name?: string; key?: string };
      const title = named.name ?? named.key ?? "call";
      return part(`${name}.${index}`, title, captured, [name, index], title);
    });
  const error = detail.error?.value;
  return {
    input: [...several("arguments"), ...one("input", "the run's input")],
    output: [
      ...one("result", "result"),
      ...(error ? [part("error", "error", error, ["error", "value"])] : []),
      ...one("output", "the run's output"),
    ],
    noted: [...several("meta"), ...several("reasoning")],
    llm: several("llm"),
  };
}
