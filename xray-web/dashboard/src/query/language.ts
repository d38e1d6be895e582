// The colours of the query language.
import { HighlightStyle, StreamLanguage, type StringStream } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { PATTERNS, type TokenKind } from "./tokens";

const WORDS = new Set(["true", "false", "null", "in"]);

const NAMES: Record<TokenKind, string | null> = {
  space: null,
  comment: "comment",
  string: "string",
  number: "number",
  word: "variableName",
  operator: "operator",
  bracket: "punctuation",
  other: "invalid",
};

function token(stream: StringStream): string | null {
  for (const [kind, pattern] of PATTERNS) {
    const matched = stream.match(pattern);
    if (!matched) continue;
    const text = stream.current();
    if (kind !== "word") return NAMES[kind];
    if (WORDS.has(text)) return "keyword";
    return stream.peek() === "(" ? "macroName" : "variableName";
  }
  stream.next();
  return null;
}

export const queryLanguage = StreamLanguage.define({ name: "cel", token });

export const queryColours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.number, color: "var(--violet)" },
  { tag: tags.keyword, color: "var(--violet)" },
  { tag: tags.macroName, color: "var(--teal)" },
  { tag: tags.variableName, color: "var(--accent)" },
  { tag: tags.operator, color: "var(--faint)" },
  { tag: tags.punctuation, color: "var(--faint)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);
