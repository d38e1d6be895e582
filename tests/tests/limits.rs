//! What is huge costs a bounded part of it, and says how large it was.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::json;
use xray_tests::Recording;

/// A list that counts how many of its elements were asked for.
struct Counted {
    length: usize,
    asked: AtomicUsize,
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.length))?;
        for element in 0..self.length {
            self.asked.fetch_add(1, Ordering::Relaxed);
            list.serialize_element(&(element as u64))?;
        }
        list.end()
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for element in 0..self.length {
            self.asked.fetch_add(1, Ordering::Relaxed);
            write!(f, "{element} ")?;
        }
        Ok(())
    }
}

fn counted() -> Counted {
    Counted { length: 100_000_000, asked: AtomicUsize::new(0) }
}

#[xray::step]
fn text(text: &str, bytes: &[u8]) -> usize {
    text.len() + bytes.len()
}

#[test]
fn a_hundred_megabytes_cost_a_part_of_them() {
    let recording = Recording::start();
    let huge = "xray ".repeat(20_000_000);
    assert_eq!(text(&huge, huge.as_bytes()), 200_000_000);
    let step = recording.step("text");
    let shown = step.arguments.iter().map(|argument| serde_json::to_value(&argument.captured).expect("JSON"));
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown[0]["cut"], json!([{ "pointer": "", "length": 100_000_000 }]));
    assert_eq!(shown[1]["cut"], json!([{ "pointer": "", "length": 100_000_000 }]));
    for argument in &step.arguments {
        assert!(argument.captured.bytes().len() <= 1024 * 1024 + 64, "{}", argument.captured.bytes().len());
    }
    let file = std::fs::metadata(recording.path()).expect("the store").len();
    assert!(file < 16 * 1024 * 1024, "{file} bytes");
}

#[xray::step]
fn list(list: &Counted) -> usize {
    list.length
}

#[xray::step(debug(list))]
fn formatted(list: &Counted) -> usize {
    list.length
}

#[test]
fn what_is_left_out_is_not_asked_for_either() {
    let recording = Recording::start();
    let (as_list, as_text) = (counted(), counted());
    list(&as_list);
    formatted(&as_text);
    let asked = as_list.asked.into_inner();
    assert!(asked <= 2 * 65_536 + 1, "{asked}");
    let asked = as_text.asked.into_inner();
    assert!(asked <= 1024 * 1024, "{asked}");
    let step = recording.step("list");
    assert_eq!(
        serde_json::to_value(&step.arguments[0].captured).expect("JSON")["cut"],
        json!([{ "pointer": "", "length": 100_000_000 }])
    );
}

#[derive(serde::Serialize)]
struct Nested(Option<Box<Nested>>);

#[xray::step]
fn nested(value: &Nested) -> bool {
    value.0.is_some()
}

#[test]
fn limits_are_the_builders_to_set() {
    let limits = xray::Limits { bytes: 256, depth: 3, elements: 2 };
    let recording = Recording::start_with(|builder| builder.limits(limits));
    #[xray::step]
    fn lists(value: Vec<Vec<Vec<Vec<u8>>>>) -> usize {
        value.len()
    }
    lists(vec![vec![vec![vec![1]]], vec![], vec![]]);
    assert_eq!(recording.step("lists").arguments[0].captured.to_json(), json!([[[null]], []]));
    nested(&Nested(Some(Box::new(Nested(None)))));
    assert_eq!(recording.step("nested").arguments[0].captured.to_json(), json!(null));
}
