// A Rust test from what was captured of a step: its arguments go in again, and what came out has to come out again.
import type { Captured, StepDetail } from "../../api/types";
import { HELPERS } from "./testHelpers";

export type TestArgument = Pick<Captured, "level" | "cut" | "redacted"> & {
  name: string;
  /** Its JSON as it was captured; nothing if it is so large that it did not come with its step. */
  json: string | undefined;
  /** Where its JSON is by itself. */
  path: string;
};

export type TestSource = Pick<StepDetail, "run" | "id" | "name" | "module" | "file" | "outcome"> & {
  arguments: TestArgument[];
  result: Omit<TestArgument, "name"> | undefined;
  /** The message of the error or panic. */
  error: string | undefined;
};

export type WrittenTest = {
  code: string;
  /** Values that are too large to be read in a test: files beside it. */
  files: { name: string; path: string }[];
  /** What has to be done by hand before it compiles. */
  missing: string[];
};

/** What is longer lies in a file of its own. */
const INLINE = 20_000;

export function copyAsTest(source: TestSource, isAsync = false): WrittenTest {
  const files: WrittenTest["files"] = [];
  const missing: string[] = [];
  const literal = (name: string, { json, path }: Pick<TestArgument, "json" | "path">) => {
    if (json !== undefined && json.length <= INLINE) return rawText(json);
    const file = `${word(source.name)}.${word(name)}.json`;
    files.push({ name: file, path });
    return `include_str!(${quoted(file)})`;
  };

  const lets: string[] = [];
  const given = source.arguments.map((argument) => {
    const name = identifier(argument.name);
    const why = unusable(argument);
    if (why === undefined) {
      lets.push(`let ${name} = ${literal(argument.name, argument)};`);
      return `captured(${name})`;
    }
    const said = `the argument \`${argument.name}\` ${why}: write it here`;
    missing.push(said);
    return `compile_error!(${quoted(said)})`;
  });

  const call = `${functionPath(source)}(${given.join(", ")})${isAsync ? ".await" : ""}`;
  const { asserts, comparesWith } = assertions(source, literal, missing);
  const test = isAsync ? "#[tokio::test]" : "#[test]";
  const panics =
    source.outcome === "panicked" ? [`#[should_panic(expected = ${quoted(firstLine(source.error))})]`] : [];
  const module = `${word(source.name)}_as_captured`;
  const body = [...lets, `let ${asserts.length > 0 ? "outcome" : "_outcome"} = ${call};`, ...asserts];
  const helpers = [...(lets.length > 0 ? [HELPERS.captured] : []), ...(comparesWith ? [HELPERS.assertSame] : [])].join(
    "\n\n",
  );
  const code = `// For ${comment(source.file)}: at its end, \`${comment(source.name)}\` can be called even if it is private.
// Arguments that the attribute skips are not captured: add them to the call. The types need \`serde::Deserialize\`.
#[cfg(test)]
mod ${module} {
    /// Run ${source.run}, step ${source.id}.
    ${test}
${panics.map((line) => `    ${line}\n`).join("")}    ${isAsync ? "async " : ""}fn does_what_it_did() {
${body.map((line) => indented(line, 8)).join("\n")}
    }
${helpers && `\n${indented(helpers, 4)}\n`}}
`;
  return { code, files, missing };
}

/** What has to hold of \`outcome\`. */
function assertions(
  source: TestSource,
  literal: (name: string, value: Omit<TestArgument, "name">) => string,
  missing: string[],
) {
  const { outcome, result, error } = source;
  if (outcome === "err") {
    const said = error === undefined ? [] : [`// ${comment(firstLine(error))}`];
    return { asserts: [...said, 'assert!(matches!(outcome, Err(_)), "it succeeded");'], comparesWith: false };
  }
  if (outcome !== "ok" && outcome !== "returned") {
    if (outcome !== "panicked") missing.push(`the step is ${outcome}: nothing is known of what came out`);
    return { asserts: [], comparesWith: false };
  }
  const opened = outcome === "ok" ? ['let Ok(outcome) = outcome else { panic!("it failed") };'] : [];
  const why = result && unusable(result);
  if (!result || why !== undefined) {
    const said = `the result ${why ?? "was not captured"}: say what has to hold of it`;
    missing.push(said);
    return { asserts: [...opened, "let _ = outcome;", `// ${comment(said)}`], comparesWith: false };
  }
  return {
    asserts: [...opened, `assert_same(&outcome, ${literal("result", result)});`],
    comparesWith: true,
  };
}

/** Why a value cannot be built again; nothing if it can. */
function unusable({ level, cut, redacted }: Pick<TestArgument, "level" | "cut" | "redacted">): string | undefined {
  if (level === "debug_text") return "was captured as debug text, for its type is not Serialize";
  if (level === "type_name") return "was captured as the name of its type, for that is neither Serialize nor Debug";
  if (level === "panicked") return "could not be captured, for its Serialize or Debug panicked";
  if (level === "redacted") return "was redacted";
  if (redacted && redacted.length > 0) return `was redacted at ${redacted[0] || "its root"}`;
  if (cut && cut.length > 0) return `was truncated at ${cut[0]?.pointer || "its root"}`;
  return undefined;
}

/** By its module, from the root of its crate. */
function functionPath({ module, name }: Pick<TestSource, "module" | "name">): string {
  const [, ...inner] = module.split("::");
  const names = [...inner, name].map((part) => identifier(part.replace(/^r#/, "")));
  return ["crate", ...names].join("::");
}

const KEYWORDS =
  /^(as|async|await|box|break|const|continue|do|dyn|else|enum|extern|false|final|fn|for|gen|if|impl|in|let|loop|macro|match|mod|move|mut|override|priv|pub|ref|return|static|struct|trait|true|try|type|typeof|unsafe|unsized|use|virtual|where|while|yield|abstract|become)$/;

/** A name that Rust takes for one, of whatever a step or an argument is called. */
function identifier(name: string): string {
  const plain = word(name);
  if (/^(self|Self|super|crate)$/.test(plain)) return `${plain}_given`;
  // These are the test's own.
  if (/^(outcome|captured|assert_same|difference)$/.test(plain)) return `${plain}_given`;
  return KEYWORDS.test(plain) ? `r#${plain}` : plain;
}

/** Letters, digits and underscores, as a part of a name. */
function word(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(?=\d)/, "_");
  return /^_*$/.test(plain) ? `value${plain}` : plain;
}

/** `r#"…"#` with as many hashes as it takes. */
export function rawText(text: string): string {
  const runs = Array.from(text.matchAll(/"(#*)/g), ([, hashes = ""]) => hashes.length + 1);
  const hashes = "#".repeat(runs.length > 0 ? Math.max(...runs) : 1);
  // A raw text of Rust cannot hold a carriage return; in JSON it is white space, or escaped.
  return `r${hashes}"${text.replaceAll("\r", " ")}"${hashes}`;
}

/** `"…"`. */
function quoted(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, "\\$&")
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
  return `"${escaped}"`;
}

const firstLine = (text = ""): string => (text.split(/[\r\n]/)[0] ?? "").slice(0, 300);
/** Nothing that could end the comment. */
const comment = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
/** What is within a raw text must stay as it is: JSON that was captured has no lines, and is on the first one. */
const indented = (text: string, by: number): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : " ".repeat(by) + line))
    .join("\n");
