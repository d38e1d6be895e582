//! Any value comes back as it was, and one that is cut comes back as its beginning.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde::ser::{SerializeMap as _, SerializeStruct as _};
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

/// Goes on after a field that cannot be serialized, wherever that has failed.
struct GoesOn;

impl serde::Serialize for GoesOn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("GoesOn", 4)?;
        let _ = fields.serialize_field("at_once", &Fails(false));
        let _ = fields.serialize_field("half_way", &Fails(true));
        let _ = fields.serialize_field("in_a_list", &[Fails(true), Fails(false)]);
        fields.serialize_field("last", &1)?;
        fields.end()
    }
}

/// Fails before or after something was written of it.
struct Fails(bool);

impl serde::Serialize for Fails {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            let mut entries = serializer.serialize_map(None)?;
            entries.serialize_entry("first", &1)?;
            entries.serialize_key("second")?;
        }
        Err(serde::ser::Error::custom("it cannot be serialized"))
    }
}

#[xray::step]
fn goes_on(first: &GoesOn, again: &GoesOn) -> u8 {
    let _ = (first, again);
    1
}

#[test]
fn a_value_that_goes_on_after_a_failure_can_be_read() {
    let recording = Recording::start();
    // The names are known to the chunk the second time.
    goes_on(&GoesOn, &GoesOn);
    for captured in &newest(&recording)[..2] {
        assert_eq!(captured["value"]["last"], 1, "{captured}");
        assert_eq!(captured["value"]["half_way"]["first"], 1, "{captured}");
    }
}

mod no_numbers {
    //! What looks like numbers and is none.

    #[allow(non_camel_case_types)]
    pub(super) type u64 = String;

    #[xray::step]
    pub(super) fn texts(first: u64, second: u64, third: bool) -> usize {
        first.len() + second.len() + usize::from(third)
    }
}

#[test]
fn a_type_may_have_a_number_s_name() {
    let recording = Recording::start();
    no_numbers::texts("one".to_owned(), "two".to_owned(), true);
    let [first, second, result] = newest(&recording);
    assert_eq!(
        [&first["value"], &second["value"], &result["value"]],
        ["one".into(), "two".into(), Value::from(7)].each_ref()
    );
}
