import { describe, expect, it } from "vitest";
import { copyAsTest, rawText, type TestArgument, type TestSource } from "./copyAsTest";

const value = (json: string | undefined, rest: Partial<TestArgument> = {}): TestArgument => ({
  name: "films",
  level: "structured",
  json,
  path: "/values/arguments.0",
  ...rest,
});

const step = (rest: Partial<TestSource> = {}): TestSource => ({
  run: "ab",
  id: "cd",
  name: "rated",
  module: "movies::pipeline",
  file: "examples/movies/pipeline.rs",
  outcome: "returned",
  arguments: [value('[{"id":1}]'), value('{"at_least":8.5}', { name: "rating" })],
  result: value("[]"),
  error: undefined,
  ...rest,
});

/** What the test does, without the helpers. */
function body(source: TestSource, isAsync = false): string[] {
  const { code } = copyAsTest(source, isAsync);
  const lines = code.split("\n").map((line) => line.trim());
  return lines.slice(lines.findIndex((line) => line.startsWith("#[")) + 3, lines.indexOf("}"));
}

describe("a step as a test", () => {
  it("gives the arguments again, and compares the result", () => {
    expect(body(step())).toEqual([
      "#[test]",
      "fn does_what_it_did() {",
      'let films = r#"[{"id":1}]"#;',
      'let rating = r#"{"at_least":8.5}"#;',
      "let outcome = crate::pipeline::rated(captured(films), captured(rating));",
      'assert_same(&outcome, r#"[]"#);',
    ]);
  });
  it("of a Result compares what is in it, or that it failed", () => {
    expect(body(step({ outcome: "ok" })).slice(-2)).toEqual([
      'let Ok(outcome) = outcome else { panic!("it failed") };',
      'assert_same(&outcome, r#"[]"#);',
    ]);
    const failed = step({ outcome: "err", result: undefined, error: "no film\nof \u0007it" });
    expect(body(failed).slice(-2)).toEqual(["// no film", 'assert!(matches!(outcome, Err(_)), "it succeeded");']);
  });
  it("of a panic expects it", () => {
    const panicked = step({ outcome: "panicked", result: undefined, arguments: [], error: 'a "b" \\ \u0007' });
    expect(body(panicked)).toEqual([
      "#[test]",
      '#[should_panic(expected = "a \\"b\\" \\\\ \\u{7}")]',
      "fn does_what_it_did() {",
      "let _outcome = crate::pipeline::rated();",
    ]);
    expect(copyAsTest(panicked).code).not.toContain("fn captured");
  });
  it("of an async function waits for it", () => {
    const lines = body(step(), true);
    expect(lines[0]).toBe("#[tokio::test]");
    expect(lines[1]).toBe("async fn does_what_it_did() {");
    expect(lines.join()).toContain("captured(rating)).await;");
  });
  it("does not compile where an argument is not whole, and says which and why", () => {
    const cut = value("[1]", { cut: [{ pointer: "/0", length: 9 }] });
    const { code, missing } = copyAsTest(step({ arguments: [cut, value('"x"', { name: "n", level: "debug_text" })] }));
    expect(missing).toEqual([
      "the argument `films` was truncated at /0: write it here",
      "the argument `n` was captured as debug text, for its type is not Serialize: write it here",
    ]);
    for (const said of missing) expect(code).toContain(`compile_error!("${said}")`);
  });
  it("says nothing of a result that is not whole", () => {
    for (const result of [undefined, value("1", { redacted: ["/key"] }), value("1", { level: "type_name" })]) {
      const { code, missing } = copyAsTest(step({ result }));
      expect(missing).toHaveLength(1);
      expect(code).not.toContain("assert_same");
    }
  });
  it("keeps large values in files", () => {
    const { code, files } = copyAsTest(
      step({ arguments: [value(undefined), value("1".repeat(30_000), { name: "b" })] }),
    );
    expect(files.map(({ name }) => name)).toEqual(["rated.films.json", "rated.b.json"]);
    expect(code).toContain('let films = include_str!("rated.films.json");');
  });
  it("has names that Rust takes", () => {
    const odd = ["type", "self", "outcome", "a b", "7", "_"].map((name) => value("1", { name }));
    const lines = body(step({ name: "r#match", module: "movies", arguments: odd })).join("\n");
    expect(lines).toContain("crate::r#match(captured(r#type), captured(self_given), captured(outcome_given)");
    expect(lines).toContain("captured(a_b), captured(_7), captured(value_))");
  });
});

it("a raw text has as many hashes as it takes", () => {
  expect(["1", 'a"b', 'a"#b', 'a"##"#'].map(rawText)).toEqual(['r#"1"#', 'r#"a"b"#', 'r##"a"#b"##', 'r###"a"##"#"###']);
});
