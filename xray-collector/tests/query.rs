//! What is wrong with a query is told before anything is read: at its place, and with what was probably meant.

use xray_collector::query::{Entity, LONGEST, Query};

/// The message and the part of the query that it points at.
#[track_caller]
fn refused(entity: Entity, text: &str) -> (String, String) {
    let error = Query::parse(text, entity).expect_err(text);
    (error.to_string(), text.get(error.start..error.end).unwrap_or("?").to_owned())
}

#[track_caller]
fn is_refused(entity: Entity, text: &str, message: &str, at: &str) {
    assert_eq!(refused(entity, text), (message.to_owned(), at.to_owned()), "{text}");
}

#[test]
fn the_examples_of_the_documentation_are_queries() {
    let queries = [
        (Entity::Run, r#"status == "failed" && duration > duration("5s")"#),
        (Entity::Run, r#"steps.exists(s, s.name == "suitable" && s.outcome == "err")"#),
        (Entity::Run, r#"tags.tenant == "acme" && started > now() - duration("1h") && size(notes) > 0"#),
        (Entity::Run, r#"steps.all(s, s.kind != "llm" || s.decisions.exists(d, d.outcome == "introduced"))"#),
        (Entity::Step, r#"kind == "filter" && rejection_rate > 0.9"#),
        (Entity::Step, r#"llm.model == "gpt-4" && reasoning.percentage_eliminated > 90"#),
        (Entity::Step, r#"parent.name == "outer" && !has(parent.parent) && run.pipeline in ["a", "b"]"#),
        (Entity::Step, r#"output[0].title.startsWith("A") || output["a b"] == null || input.`b c` == 'x'"#),
        (Entity::Step, r#"children.exists_one(c, c.failed) && (items_in - items_out) * 2 >= 10 % 4"#),
        (Entity::Decision, r#"outcome == "eliminated" && reason.contains("rating") && input.limits.rating > 7.0"#),
        (Entity::Decision, r#"checks.exists(c, c.condition == "stock > 0" && !c.holds) && score < -1.5"#),
        (Entity::Decision, r#"step.name.matches("^su.t") ? item.lowerAscii() == "x" : basis == "inferred""#),
        (Entity::Step, "started < timestamp(\"2026-01-31T12:00:00+01:00\")\n  && duration in [duration('1s')]"),
    ];
    for (entity, text) in queries {
        if let Err(error) = Query::parse(text, entity) {
            panic!("{text}\n{error}\n{}", error.pointed(text));
        }
    }
}

#[test]
fn names_that_are_not_there() {
    is_refused(Entity::Run, "statsu == 'x'", "a run has no field `statsu`; did you mean `status`?", "statsu");
    is_refused(
        Entity::Step,
        "pipeline == 'x'",
        "a step has no field `pipeline`; did you mean `run.pipeline`?",
        "pipeline",
    );
    is_refused(
        Entity::Run,
        "steps.exists(s, s.nmae == 'x')",
        "a step has no field `nmae`; did you mean `name`?",
        "nmae",
    );
    is_refused(
        Entity::Step,
        "name.contians('x')",
        "there is no function `contians`; did you mean `contains`?",
        "contians",
    );
    is_refused(Entity::Step, "status.code == 1", "a step has no field `status`; did you mean `run.status`?", "status");
    is_refused(Entity::Step, "name.length > 3", "a text has no fields", "length");
    let (message, _) = refused(Entity::Decision, "zzz == 1");
    assert!(message.starts_with("a decision has no field `zzz`; there are: item, outcome, basis"), "{message}");
}

#[test]
fn values_that_a_field_never_has() {
    is_refused(Entity::Run, "status == 'faild'", "`status` is never \"faild\"; did you mean `failed`?", "'faild'");
    is_refused(Entity::Step, "'error' != outcome", "`outcome` is never \"error\"; did you mean `err`?", "'error'");
    is_refused(
        Entity::Decision,
        "outcome in ['kept', 'rejected']",
        "`outcome` is never \"rejected\"; there are: kept, eliminated, scored, introduced",
        "'rejected'",
    );
    is_refused(Entity::Run, "error == null", "this is never null; ask `!has(error)` whether it is missing", "error");
}

#[test]
fn operands_that_do_not_fit() {
    is_refused(
        Entity::Run,
        "duration > 5",
        "a number cannot be compared with a duration; write a duration as `duration(\"1.5s\")`",
        "5",
    );
    is_refused(
        Entity::Run,
        "started > '2026-01-01'",
        "a text cannot be compared with a point in time; write a time as `timestamp(\"2026-01-31T12:00:00Z\")`",
        "'2026-01-01'",
    );
    is_refused(Entity::Step, "name == 5", "a number cannot be compared with a text; put it in quotes", "5");
    is_refused(Entity::Step, "line == '5'", "a text cannot be compared with a number; leave out the quotes", "'5'");
    is_refused(Entity::Step, "important > true", "conditions have no order", "important");
    is_refused(Entity::Step, "name", "this is a text, where a condition is needed", "name");
    is_refused(Entity::Step, "name && failed", "this is a text, where a condition is needed", "name");
    is_refused(Entity::Step, "!line", "this is a number, where a condition is needed", "line");
    is_refused(Entity::Step, "name + line == 'x'", "a text and a number do not go together here", "name + line");
    is_refused(Entity::Step, "run", "this is a whole run; name one of its fields, such as `.pipeline`", "run");
    is_refused(
        Entity::Run,
        "steps",
        "these are steps, not a value; use `.exists(x, …)`, `.all(x, …)` or `size(…)`",
        "steps",
    );
    is_refused(Entity::Run, "steps.name == 'x'", "`.name` is asked of many steps; use `.exists(s, s.name …)`", "name");
    is_refused(Entity::Run, "size(failures) > 1", "a number has no size", "failures");
    is_refused(Entity::Run, "'x' in pipeline", "a text has no elements; use `text.contains(part)`", "pipeline");
    is_refused(
        Entity::Run,
        "steps.map(s, s.name) == []",
        "there is no function `map`; there are: has, contains, startsWith, endsWith, matches, lowerAscii, upperAscii, \
         size, duration, timestamp, now, exists, exists_one, all",
        "map",
    );
    is_refused(
        Entity::Run,
        "duration == duration('5 seconds')",
        "\"5 seconds\" is no duration: write it as in `1h30m`, `1.5s` or `200ms`",
        "'5 seconds'",
    );
    is_refused(
        Entity::Run,
        "duration == duration()",
        "`duration` is not used like this; write `duration(\"1m30s\")`",
        "duration",
    );
    is_refused(Entity::Run, "pipeline.matches('(')", "this is no regular expression: unclosed group", "'('");
    is_refused(Entity::Run, "pipeline == b'x'", "nothing is compared with bytes", "b'x'");
    is_refused(Entity::Run, "{'a': 1} == tags", "a query cannot build maps", "{");
}

#[test]
fn texts_that_are_no_conditions() {
    is_refused(Entity::Run, "", "the query is empty; write a condition, such as `status == \"failed\"`", "");
    is_refused(
        Entity::Run,
        "pipeline ==",
        "the query ends too early; a value, a name or a closing bracket is missing",
        "",
    );
    is_refused(Entity::Run, "pipeline = 'x'", "`=` is no operator; did you mean `==`?", "= ");
    is_refused(Entity::Run, "orphan and orphan", "`and` is not expected here; did you mean `&&`?", "and");
    is_refused(Entity::Run, "not orphan", "`orphan` is not expected here", "orphan");
    is_refused(Entity::Run, "orphan)", "`)` is not expected here", ")");
    is_refused(Entity::Run, "pipeline == 'é' x", "`x` is not expected here", "x");
    is_refused(Entity::Run, "pipeline == \"abc", "a text that does not end; close it with the same quote", "\"abc");
    is_refused(
        Entity::Run,
        "orphan ||\n  statsu == 'x'",
        "a run has no field `statsu`; did you mean `status`?",
        "statsu",
    );
}

/// Whatever the text, there is an answer: not a stack overflow, nor minutes of work.
#[test]
fn texts_that_are_made_to_hurt() {
    let deep = |open: &str, close: &str, times: usize| format!("{}orphan{}", open.repeat(times), close.repeat(times));
    for (text, is_fine) in [
        (deep("(", ")", 20), true),
        (deep("(", ")", 2_000), false),
        (deep("!", "", 4_000), true),
        (deep("!(", ")", 1_000), false),
        (format!("orphan{}", " && orphan".repeat(400)), true),
        (format!("orphan{}", ".a".repeat(2_000)), false),
        (format!("tags{} == 1", ".a".repeat(1_000)), false),
        (format!("failures{} > 1", " + 1".repeat(900)), false),
        (format!("pipeline in [{}]", "'a',".repeat(900).trim_end_matches(',')), true),
        (deep("steps.exists(s, ", ")", 200), false),
        ("[".repeat(2_000), false),
        ("\u{0}\u{7f}\u{1f600}".to_owned(), false),
        ("a".repeat(LONGEST + 1), false),
        ("pipeline.matches('(a{1000}){1000}')".to_owned(), false),
    ] {
        let parsed = Query::parse(&text, Entity::Run);
        let start: String = text.chars().take(40).collect();
        assert_eq!(parsed.is_ok(), is_fine, "{start} {:?}", parsed.err());
    }
}
