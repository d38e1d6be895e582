import type { Captured } from "../api/types";
import type { Tone } from "../parts/Badge";

/** How much of a value was captured, in words. */
export const LEVELS: Record<Captured["level"], { word: string; tone: Tone; says: string }> = {
  structured: { word: "structured", tone: "plain", says: "Captured by Serialize: names, types and nesting are there" },
  debug_text: {
    word: "debug text",
    tone: "warn",
    says: "Its type has Debug but not Serialize: queries cannot look inside. Derive Serialize for more",
  },
  type_name: {
    word: "type only",
    tone: "warn",
    says: "Its type has neither Serialize nor Debug: only its name is known",
  },
  redacted: { word: "redacted", tone: "violet", says: "Withheld before it left the thread" },
  panicked: { word: "panicked", tone: "bad", says: "Its Serialize or Debug panicked while it was captured" },
};
