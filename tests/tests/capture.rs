//! What is captured of a call, read back from the store.

use std::collections::HashMap;
use std::fmt;

use serde::{Serialize, Serializer};
use xray::model::{Outcome, RunStatus};
use xray::value::CaptureLevel;
use xray_tests::Recording;

#[derive(Debug, Clone, Serialize)]
struct Film {
    title: String,
    rating: Option<f64>,
    genre: Genre,
}

#[derive(Debug, Clone, Serialize)]
enum Genre {
    Drama,
    Other(String),
    Mixed { of: Vec<&'static str> },
    Pair(u8, i128),
}

fn film(title: &str, rating: Option<f64>, genre: Genre) -> Film {
    Film { title: title.to_owned(), rating, genre }
}

#[test]
fn a_pipeline_is_a_tree_of_its_calls() {
    #[xray::step(kind = "filter")]
    fn at_least(numbers: Vec<u32>, least: u32) -> Vec<u32> {
        numbers.into_iter().filter(|number| *number >= least).collect()
    }
    #[xray::step]
    fn largest(mut numbers: Vec<u32>) -> Result<u32, String> {
        numbers.sort_unstable();
        numbers.pop().ok_or_else(|| "there is no number".to_owned())
    }
    #[xray::run(name = "pick")]
    fn choose(numbers: &[u32], least: u32) -> Result<u32, String> {
        largest(at_least(numbers.to_vec(), least))
    }

    let recording = Recording::start();
    assert_eq!(choose(&[3, 9, 5], 4), Ok(9));
    assert_eq!(choose(&[3], 4), Err("there is no number".to_owned()));
    assert_eq!(
        recording.tree(),
        r#"pick completed
  pick(numbers=[3,9,5], least=4) ok 9
    at_least(numbers=[3,9,5], least=4) returned [9,5]
    largest(numbers=[9,5]) ok 9
pick failed
  pick(numbers=[3], least=4) err "there is no number"
    at_least(numbers=[3], least=4) returned []
    largest(numbers=[]) err "there is no number"
"#
    );
    let runs = recording.runs();
    assert_eq!((runs[0].steps, runs[0].failures, runs[0].error.as_deref()), (3, 0, None));
    assert_eq!((runs[1].steps, runs[1].failures, runs[1].error.as_deref()), (3, 2, Some("there is no number")));
    let filter = &recording.steps(runs[0].id)[1];
    assert_eq!((filter.items_in, filter.items_out, &*filter.callsite.kind), (Some(3), Some(2), "filter"));
    assert!(filter.callsite.file.ends_with("capture.rs") && filter.callsite.line > 0);
}

#[test]
fn values_keep_their_structure() {
    #[xray::step]
    fn everything(
        films: Vec<Film>,
        by_key: HashMap<(u8, u8), char>,
        nothing: (),
        bytes: &[u8],
        big: u128,
        odd: f64,
        nested: Option<Option<Result<i8, bool>>>,
    ) {
        let _ = (films, by_key, nothing, bytes, big, odd, nested);
    }
    let recording = Recording::start();
    let films = vec![
        film("1776", Some(7.5), Genre::Drama),
        film("\u{1f3ac} \"quoted\"", None, Genre::Other("Noir".to_owned())),
        film("", None, Genre::Mixed { of: vec!["a", "b"] }),
        film("x", None, Genre::Pair(1, i128::MIN)),
    ];
    everything(films.clone(), HashMap::from([((1, 2), 'x')]), (), b"ab", u128::MAX, f64::NAN, Some(Some(Ok(-1))));
    let step = recording.step("everything");
    let values: Vec<_> = step.arguments.iter().map(|argument| argument.captured.to_json()).collect();
    let json = serde_json::json!([
        [
            {"title": "1776", "rating": 7.5, "genre": "Drama"},
            {"title": "\u{1f3ac} \"quoted\"", "rating": null, "genre": {"Other": "Noir"}},
            {"title": "", "rating": null, "genre": {"Mixed": {"of": ["a", "b"]}}},
            {"title": "x", "rating": null, "genre": {"Pair": [1, i128::MIN.to_string()]}},
        ],
        {"[1,2]": "x"},
        null,
        [97, 98],
        u128::MAX.to_string(),
        "NaN",
        {"Ok": -1},
    ]);
    assert_eq!(serde_json::Value::from(values), json);
    assert!(step.arguments.iter().all(|argument| argument.captured.level() == CaptureLevel::Structured));
}

#[test]
fn a_value_is_captured_at_the_highest_level_that_its_type_has() {
    struct Opaque;
    #[derive(Debug)]
    struct OnlyDebug {
        #[allow(dead_code)]
        inside: u8,
    }
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    #[derive(Debug)]
    struct FailsAfterSome;
    impl Serialize for FailsAfterSome {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut list = serializer.serialize_seq(None)?;
            list.serialize_element(&[1, 2, 3])?;
            Err(serde::ser::Error::custom("no"))
        }
    }
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("in Serialize")
        }
    }
    struct DebugPanics;
    impl fmt::Debug for DebugPanics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Debug")
        }
    }
    #[xray::step]
    #[allow(clippy::too_many_arguments)]
    fn many<T>(
        opaque: &Opaque,
        debug: &OnlyDebug,
        array: [u8; 40],
        fails: Fails,
        fails_after_some: FailsAfterSome,
        panics: Panics,
        debug_panics: DebugPanics,
        generic: T,
        function: Box<dyn Fn() -> u8>,
        pointer: *const u8,
        shown: impl fmt::Debug,
    ) {
        let _ =
            (opaque, debug, array, fails, fails_after_some, panics, debug_panics, generic, function, pointer, shown);
    }
    let recording = Recording::start();
    many(
        &Opaque,
        &OnlyDebug { inside: 1 },
        [7; 40],
        Fails,
        FailsAfterSome,
        Panics,
        DebugPanics,
        5_u8,
        Box::new(|| 1),
        std::ptr::null(),
        "text",
    );
    let step = recording.step("many");
    let levels: Vec<_> = step.arguments.iter().map(|argument| (&*argument.name, argument.captured.level())).collect();
    use CaptureLevel::{DebugText, Panicked, Structured, TypeName};
    assert_eq!(
        levels,
        [
            ("opaque", TypeName),
            ("debug", DebugText),
            ("array", Structured),
            ("fails", TypeName),
            ("fails_after_some", DebugText),
            ("panics", Panicked),
            ("debug_panics", Panicked),
            ("generic", TypeName),
            ("function", TypeName),
            ("pointer", DebugText),
            ("shown", DebugText),
        ]
    );
    let json = |place: usize| step.arguments[place].captured.to_json();
    assert_eq!(json(1), "OnlyDebug { inside: 1 }");
    assert_eq!(json(4), "FailsAfterSome");
    assert!(json(0).as_str().is_some_and(|name| name.ends_with("Opaque")), "{}", json(0));
    assert_eq!(step.step.outcome, Outcome::Returned);
}

#[test]
fn an_error_keeps_its_sources() {
    #[derive(Debug, thiserror::Error)]
    #[error("no film fits {wish:?}")]
    struct NoPick {
        wish: &'static str,
        source: std::num::ParseIntError,
    }
    #[xray::step]
    fn typed() -> Result<(), NoPick> {
        let source = "x".parse::<u8>().expect_err("not a number");
        Err(NoPick { wish: "a comedy", source })
    }
    #[xray::step]
    fn anyhow() -> anyhow::Result<u8> {
        use anyhow::Context as _;
        Err(typed().expect_err("it fails")).context("nothing to see")
    }
    #[xray::step]
    fn boxed() -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        Err("just a text".into())
    }
    #[xray::step]
    fn bare() -> Result<u8, fmt::Error> {
        Err(fmt::Error)
    }
    let recording = Recording::start();
    assert!(anyhow().is_err() && boxed().is_err() && bare().is_err());
    let tree = recording.tree();
    assert!(
        tree.contains(r#"anyhow() err "nothing to see" <- "no film fits \"a comedy\"" <- "invalid digit"#),
        "{tree}"
    );
    assert!(tree.contains(r#"typed() err "no film fits \"a comedy\"" <- "invalid digit found in string""#), "{tree}");
    assert!(tree.contains(r#"boxed() err "just a text""#), "{tree}");
    assert!(tree.contains(r#"bare() err "an error occurred when formatting an argument""#), "{tree}");
    let value = recording.step("typed").error.and_then(|error| error.value).expect("the error as a value");
    assert!(value.to_json().as_str().is_some_and(|text| text.starts_with("NoPick { wish: \"a comedy\"")));
}

#[test]
fn a_panic_is_noted_with_its_message_and_place() {
    #[xray::step]
    fn divide(by: u32) -> u32 {
        12 / by
    }
    #[xray::run]
    fn outer(by: u32) -> u32 {
        divide(by)
    }
    let recording = Recording::start();
    let panic = std::panic::catch_unwind(|| outer(0)).expect_err("it panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"attempt to divide by zero"), "the panic itself is as it was");
    assert_eq!(outer(4), 3);
    assert_eq!(
        recording.tree(),
        r#"outer failed
  outer(by=0) panicked "attempt to divide by zero"
    divide(by=0) panicked "attempt to divide by zero"
outer completed
  outer(by=4) returned 3
    divide(by=4) returned 3
"#
    );
    let runs = recording.runs();
    assert_eq!((runs[0].status, runs[0].outcome), (RunStatus::Failed, Outcome::Panicked));
    let steps = recording.steps(runs[0].id);
    let detail = recording.guard().store().step(runs[0].id, steps[1].id).expect("readable").expect("there");
    let location = detail.error.and_then(|error| error.location).expect("a location");
    assert!(location.contains("capture.rs:"), "{location}");
}

#[test]
fn options_choose_what_is_captured() {
    #[xray::step(name = "login", kind = "api", skip(session), redact(password), ret = false)]
    fn sign_in(user: &str, password: &str, session: u32) -> String {
        format!("{user} {password} {session}")
    }
    #[xray::step(capture = "metrics")]
    fn counted(secret: &str) -> usize {
        secret.len()
    }
    #[xray::step(capture = "off")]
    fn unseen() {}
    let recording = Recording::start();
    sign_in("ada", "hunter2", 7);
    counted("hunter2");
    unseen();
    assert_eq!(
        recording.tree(),
        "login completed\n  login(user=\"ada\", password=\"[redacted]\") returned\ncounted completed\n  counted() returned\n"
    );
    let password = &recording.step("login").arguments[1];
    assert_eq!(password.captured.level(), CaptureLevel::Redacted);
    assert_eq!(serde_json::to_value(password).expect("JSON")["redacted"], serde_json::json!([""]));
    let file = std::fs::read(recording.path()).expect("the store's file");
    assert!(!file.windows(7).any(|window| window == b"hunter2"), "the secret is in the file");
}

#[test]
fn a_value_is_bounded_and_says_what_is_missing() {
    #[xray::step]
    fn take(text: &str, list: &[u32], deep: serde_json::Value) -> usize {
        text.len() + list.len() + deep.to_string().len()
    }
    let limits = xray::Limits { bytes: 1000, depth: 3, elements: 1_000_000 };
    let recording = Recording::start_with(|builder| builder.limits(limits));
    let text = "é".repeat(100_000);
    let list: Vec<u32> = (0..100_000).collect();
    take(&text, &list, serde_json::json!({"a": {"b": {"c": {"d": 1}}}}));
    let step = recording.step("take");
    let captured: Vec<_> = step.arguments.iter().map(|value| serde_json::to_value(value).expect("JSON")).collect();
    let kept = captured[0]["value"].as_str().expect("a text");
    assert!(text.starts_with(kept) && (900..=1000).contains(&kept.len()), "{}", kept.len());
    assert_eq!(captured[0]["cut"], serde_json::json!([{"pointer": "", "length": 200_000}]));
    let kept = captured[1]["value"].as_array().expect("a list");
    assert!((150..=200).contains(&kept.len()) && kept[149] == 149, "{}", kept.len());
    assert_eq!(captured[1]["cut"], serde_json::json!([{"pointer": "", "length": 100_000}]));
    assert_eq!(captured[2]["value"], serde_json::json!({"a": {"b": {"c": null}}}));
    assert_eq!(captured[2]["cut"], serde_json::json!([{"pointer": "/a/b/c"}]));
    assert_eq!(step.step.items_in, Some(100_000), "the length is known although the list is cut");
}

#[test]
fn a_value_may_be_larger_than_a_chunk() {
    #[xray::step]
    fn copy(list: &[u64], text: &str) -> Vec<u64> {
        let _ = text;
        list.to_vec()
    }
    let recording = Recording::start_with(|builder| builder.chunks(8192, 64));
    let list: Vec<u64> = (0..10_000).collect();
    let text = "long ".repeat(10_000);
    copy(&list, &text);
    copy(&[1], "short");
    let runs = recording.runs();
    let detail = |run: usize| {
        let steps = recording.steps(runs[run].id);
        recording.guard().store().step(runs[run].id, steps[0].id).expect("readable").expect("there")
    };
    assert_eq!(detail(0).arguments[0].captured.to_json(), serde_json::json!(list));
    assert_eq!(detail(0).arguments[1].captured.to_json(), serde_json::json!(text));
    assert_eq!(detail(0).result.expect("a result").to_json(), serde_json::json!(list));
    assert_eq!(xray_tests::line(&detail(1)), r#"copy(list=[1], text="short") returned [1]"#);
}

#[test]
fn capturing_does_not_capture_itself() {
    struct Reentrant;
    #[xray::step]
    fn inner() -> u8 {
        1
    }
    impl Serialize for Reentrant {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u8(inner())
        }
    }
    #[xray::step]
    fn outer(value: Reentrant) -> Reentrant {
        value
    }
    let recording = Recording::start();
    outer(Reentrant);
    assert_eq!(recording.tree(), "outer completed\n  outer(value=1) returned 1\n");
}
