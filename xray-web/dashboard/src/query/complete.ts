// What can be written at a place in a query, from what the server says that there is.
import type { FieldInfo, Vocabulary } from "../api/types";
import { quoted } from "../text/cel";
import { isClosed, type Token, tokens } from "./tokens";

export type RowKind = "run" | "step" | "decision";

export type Option = {
  /** What is shown, and written unless `write` says otherwise. */
  label: string;
  write?: string;
  /** How far from the end of what is written the cursor goes. */
  back?: number;
  detail: string;
  sort: "field" | "function" | "value" | "variable";
};

export type Completion = { from: number; to: number; options: Option[] };

/** As the vocabulary has it. */
type Kind = "text" | "number" | "bool" | "time" | "duration" | "captured" | { row: RowKind } | { rows: RowKind };
type Named = { kind: Kind; field?: FieldInfo; owner?: RowKind };
type Scope = Map<string, RowKind>;

/** The options at `position`, or none. They are not filtered by what is written already. */
export function complete(text: string, position: number, of: RowKind, vocabulary: Vocabulary): Completion | undefined {
  const before = tokens(text.slice(0, position)).filter((token) => token.kind !== "space");
  const last = before.at(-1);
  if (last?.kind === "comment") return undefined;
  const known = new Known(of, vocabulary, scopeOf(before, of, vocabulary));

  if (last?.kind === "string" && !isClosed(last.text)) {
    const compared = comparedWith(before.slice(0, -1));
    const options = compared ? known.values(compared) : [];
    const closes = text[position] === last.text.replace(/^[rR]/, "")[0];
    return options.length > 0 ? { from: last.from, to: position + (closes ? 1 : 0), options } : undefined;
  }

  const word = last?.kind === "word" && last.to === position ? last : undefined;
  const rest = word ? before.slice(0, -1) : before;
  const at = { from: word?.from ?? position, to: position };
  const previous = rest.at(-1);
  if (previous?.text === ".") return some({ ...at, options: known.members(pathBefore(rest, rest.length - 1)) });
  if (
    previous &&
    (previous.kind !== "operator" || previous.text === ":") &&
    !["(", "[", ",", "in"].includes(previous.text)
  )
    return undefined;
  const compared = comparedWith(rest);
  const values = compared ? [...known.values(compared), ...known.written(compared)] : [];
  return some({ ...at, options: values.length > 0 ? values : known.names() });
}

const some = (completion: Completion): Completion | undefined =>
  completion.options.length > 0 ? completion : undefined;

/** What is before the `.` or operator at `index`: `run.pipeline` as its words. */
function pathBefore(before: Token[], index: number): string[] | undefined {
  const words: string[] = [];
  for (let at = index - 1; at >= 0; at -= 2) {
    const token = before[at];
    if (token?.kind !== "word") return undefined;
    words.unshift(token.text);
    if (before[at - 1]?.text !== ".") return words;
  }
  return undefined;
}

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="];
const METHODS = ["contains", "startsWith", "endsWith"];

/** What the value is compared with that comes after these tokens: `path ==`, `path in [… ,`, `path.contains(`. */
function comparedWith(before: Token[]): string[] | undefined {
  let at = before.length - 1;
  if (COMPARISONS.includes(before[at]?.text ?? "")) return pathBefore(before, at);
  if (before[at]?.text === "(" && METHODS.includes(before[at - 1]?.text ?? "")) return pathBefore(before, at - 2);
  while (before[at]?.kind === "string" || before[at]?.text === ",") at -= 1;
  return before[at]?.text === "[" && before[at - 1]?.text === "in" ? pathBefore(before, at - 1) : undefined;
}

const QUANTIFIERS = ["exists", "exists_one", "all"];

/** The variables of the quantifiers that are open at the end: `s` after `steps.exists(s, `. */
function scopeOf(before: Token[], of: RowKind, vocabulary: Vocabulary): Scope {
  const open: Scope[] = [new Map()];
  before.forEach((token, index) => {
    const around = open.at(-1) ?? new Map();
    if (token.text === ")" && open.length > 1) open.pop();
    if (token.text !== "(") return;
    const inside = new Map(around);
    open.push(inside);
    if (!QUANTIFIERS.includes(before[index - 1]?.text ?? "") || before[index - 2]?.text !== ".") return;
    const kind = new Known(of, vocabulary, around).named(pathBefore(before, index - 2))?.kind;
    const variable = before[index + 1];
    if (variable?.kind === "word" && before[index + 2]?.text === "," && typeof kind === "object" && "rows" in kind) {
      inside.set(variable.text, kind.rows);
    }
  });
  return open.at(-1) ?? new Map();
}

/** What is known of the rows that are asked about. */
class Known {
  readonly of: RowKind;
  readonly vocabulary: Vocabulary;
  readonly scope: Scope;

  constructor(of: RowKind, vocabulary: Vocabulary, scope: Scope) {
    this.of = of;
    this.vocabulary = vocabulary;
    this.scope = scope;
  }

  /** What a path leads to, or nothing if it leads into captured data or nowhere. */
  named(path: string[] | undefined): Named | undefined {
    const [first, ...others] = path ?? [];
    if (first === undefined) return undefined;
    const variable = this.scope.get(first);
    const start: Named | undefined = variable ? { kind: { row: variable } } : this.field(this.of, first);
    return others.reduce<Named | undefined>((named, name) => {
      const kind = named?.kind;
      return typeof kind === "object" && "row" in kind ? this.field(kind.row, name) : undefined;
    }, start);
  }

  private field(owner: RowKind, name: string): Named | undefined {
    const field = this.vocabulary.fields[owner]?.find((field) => field.name === name);
    return field && { kind: field.kind as Kind, field, owner };
  }

  /** What can come after `path.`. */
  members(path: string[] | undefined): Option[] {
    const named = this.named(path);
    if (!named) return [];
    const { kind, field } = named;
    if (typeof kind === "object") return "row" in kind ? this.fields(kind.row) : quantifiers("x");
    if (kind === "text") return this.functions(/^text\.(\w+)\(/);
    if (field?.name === "input") {
      return this.vocabulary.recorded.arguments.map((label) => ({ label, detail: "argument", sort: "field" }));
    }
    return [];
  }

  /** The values that a path is known to have, in quotes. */
  values(path: string[]): Option[] {
    const named = this.named(path);
    if (!named) return [];
    const { recorded } = this.vocabulary;
    const lists: Record<string, string[]> = {
      "step.name": recorded.names,
      "step.kind": recorded.kinds,
      "step.module": recorded.modules,
      "run.pipeline": recorded.pipelines,
    };
    const values = named.field?.values ?? lists[`${named.owner}.${named.field?.name}`] ?? [];
    return values.map((value) => ({ label: quoted(value), detail: "", sort: "value" }));
  }

  /** How a value of the path's kind is written. */
  written(path: string[]): Option[] {
    switch (this.named(path)?.kind) {
      case "bool":
        return ["true", "false"].map((label) => ({ label, detail: "", sort: "value" }));
      case "duration":
        return [{ label: "duration", write: 'duration("")', back: 2, detail: '("1m30s")', sort: "function" }];
      case "time":
        return [
          { label: "timestamp", write: 'timestamp("")', back: 2, detail: '("2026-01-31T12:00:00Z")', sort: "function" },
          { label: "now()", detail: "when it is asked", sort: "function" },
        ];
      default:
        return [];
    }
  }

  /** What a condition can begin with. */
  names(): Option[] {
    const variables = [...this.scope].map(([label, row]): Option => ({ label, detail: row, sort: "variable" }));
    return [...variables, ...this.fields(this.of), ...this.functions(/^(\w+)\(/)];
  }

  private fields(of: RowKind): Option[] {
    const fields = this.vocabulary.fields[of] ?? [];
    return fields.map(({ name, kind, doc }) => ({
      label: name,
      detail: typeof kind === "string" ? `${kind}: ${doc}` : doc,
      sort: "field",
    }));
  }

  private functions(pattern: RegExp): Option[] {
    return this.vocabulary.functions.flatMap(({ usage, doc }): Option[] => {
      const name = pattern.exec(usage)?.[1];
      return name
        ? [{ label: name, write: `${name}()`, back: usage.endsWith("()") ? 0 : 1, detail: doc, sort: "function" }]
        : [];
    });
  }
}

const quantifiers = (variable: string): Option[] =>
  QUANTIFIERS.map((name) => ({
    label: name,
    write: `${name}(${variable}, ${variable}.)`,
    back: 1,
    detail: `(${variable}, condition)`,
    sort: "function",
  }));
