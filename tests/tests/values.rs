//! Any value comes back as it was, and one that is cut comes back as its beginning.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use xray_tests::Recording;

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[a-z]{200,400}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

#[xray::step]
fn same(value: &Value, again: Value) -> Value {
    let _ = value;
    again
}

/// What was captured of the newest call, as the API shows it: the two arguments and the result.
fn newest(recording: &Recording) -> [Value; 3] {
    recording.guard().flush().expect("a store that works");
    let store = recording.guard().store();
    let query = xray::store::RunQuery { limit: 1, ..xray::store::RunQuery::default() };
    let run = store.runs(&query).expect("readable").rows.remove(0);
    let step = store.step(run.id, run.id.root()).expect("readable").expect("there");
    let show = |value: &xray::value::Captured| serde_json::to_value(value).expect("it renders");
    [
        show(&step.arguments[0].captured),
        show(&step.arguments[1].captured),
        show(step.result.as_ref().expect("a result")),
    ]
}

#[test]
fn a_value_comes_back_as_it_was() {
    // Small chunks, so that values often go on in the next one.
    let recording = Recording::start_with(|builder| builder.chunks(4096, 64));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(150));
    let result = runner.run(&json(), |value| {
        same(&value, value.clone());
        for captured in newest(&recording) {
            prop_assert_eq!(&captured["value"], &value);
            prop_assert_eq!(&captured["cut"], &Value::Null);
        }
        Ok(())
    });
    result.expect("every value comes back");
    assert_eq!(xray::stats().dropped.total(), 0);
}

/// Whether `cut` is `whole` with ends missing.
fn is_beginning(cut: &Value, whole: &Value) -> bool {
    match (cut, whole) {
        (Value::Null, _) => true,
        (Value::Array(cut), Value::Array(whole)) => {
            cut.len() <= whole.len() && cut.iter().zip(whole).all(|(cut, whole)| is_beginning(cut, whole))
        }
        (Value::Object(cut), Value::Object(whole)) => cut.iter().all(|(key, cut)| {
            // A key may be cut, too: its value is then the last thing there was room for.
            whole.get(key).map_or(cut.is_null(), |whole| is_beginning(cut, whole))
        }),
        (Value::String(cut), Value::String(whole)) => whole.starts_with(cut.as_str()),
        (cut, whole) => cut == whole,
    }
}

#[test]
fn a_value_that_is_cut_is_the_beginning_of_what_it_was_and_says_so() {
    let limits = xray::Limits { bytes: 150, depth: 4, elements: 5 };
    let recording = Recording::start_with(|builder| builder.limits(limits).chunks(4096, 16));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(250));
    let result = runner.run(&json(), |value| {
        same(&value, value.clone());
        for captured in newest(&recording) {
            prop_assert!(is_beginning(&captured["value"], &value), "{} of {}", captured["value"], value);
            prop_assert_eq!(captured["cut"].is_null(), captured["value"] == value, "{} of {}", captured, value);
        }
        Ok(())
    });
    result.expect("every value is cut as it should be");
}
