import { describe, expect, it } from "vitest";
import type { Vocabulary } from "../api/types";
import { complete, type RowKind } from "./complete";

const field = (name: string, kind: unknown, values?: string[]) => ({ name, kind, doc: `the ${name}`, values });
const vocabulary = {
  fields: {
    run: [
      field("pipeline", "text"),
      field("status", "text", ["completed", "failed"]),
      field("duration", "duration"),
      field("orphan", "bool"),
      field("steps", { rows: "step" }),
    ],
    step: [
      field("name", "text"),
      field("kind", "text"),
      field("input", "captured"),
      field("decisions", { rows: "decision" }),
      field("run", { row: "run" }),
    ],
    decision: [field("item", "text"), field("outcome", "text", ["kept", "eliminated"]), field("step", { row: "step" })],
  },
  functions: [
    { usage: "text.contains(part)", doc: "" },
    { usage: "now()", doc: "" },
    { usage: 'duration("1m30s")', doc: "" },
  ],
  aggregates: [],
  recorded: { names: ["rank"], kinds: ["filter"], modules: [], pipelines: ['a "b"'], arguments: ["limits"] },
} as unknown as Vocabulary;

/** The options where the `|` is. */
function at(text: string, of: RowKind = "run"): string[] {
  const position = text.indexOf("|");
  const found = complete(text.replace("|", ""), position, of, vocabulary);
  return found?.options.map((option) => option.label) ?? [];
}

describe("completion offers", () => {
  it("fields and functions, where a condition begins", () => {
    expect(at("|")).toEqual(["pipeline", "status", "duration", "orphan", "steps", "now", "duration"]);
    expect(at("!(st|")).toContain("status");
    expect(at("orphan && |", "step")).toContain("decisions");
  });
  it("the values that a field can have, in quotes", () => {
    expect(at("status == |")).toEqual(['"completed"', '"failed"']);
    expect(at('status == "fa|')).toEqual(['"completed"', '"failed"']);
    expect(at('status in ["failed", "|')).toEqual(['"completed"', '"failed"']);
    expect(at("pipeline.contains(|")).toEqual(['"a \\"b\\""']);
    expect(at("orphan == |")).toEqual(["true", "false"]);
    expect(at("duration > |")).toEqual(["duration"]);
  });
  it("what was recorded, of steps inside of runs, too", () => {
    expect(at("name == |", "step")).toEqual(['"rank"']);
    expect(at('steps.exists(s, s.kind == "|')).toEqual(['"filter"']);
    expect(at("steps.exists(s, s.decisions.all(d, d.outcome == |")).toEqual(['"kept"', '"eliminated"']);
    expect(at("input.|", "step")).toEqual(["limits"]);
  });
  it("members along a path", () => {
    expect(at("steps.|")).toEqual(["exists", "exists_one", "all"]);
    expect(at("steps.exists(s, s.|)")).toEqual(["name", "kind", "input", "decisions", "run"]);
    expect(at("step.run.sta|", "decision")).toContain("status");
    expect(at("pipeline.|")).toEqual(["contains"]);
  });
  it("variables only where they hold", () => {
    expect(at("steps.exists(s, |")).toContain("s");
    expect(at("steps.exists(s, s.name == 'x') && |")).not.toContain("s");
  });
  it("nothing after a value, in a comment, behind what is not known, or of a closed text", () => {
    expect([at("status |"), at("1 // |"), at("nothing.|"), at('status == "failed" |'), at("steps[0].|")]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
  });
  it("the closing quote is written once", () => {
    expect(complete('status == "fa"', 13, "run", vocabulary)).toMatchObject({ from: 10, to: 14 });
  });
});
