//! Values of derived types go straight once a chunk knows their names: what is captured of them stays the same.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use xray::Limits;
use xray_tests::Recording;

#[derive(xray::Capture, Serialize, Clone, Copy)]
enum Colour {
    Red,
    Green,
}

#[derive(xray::Capture, Serialize, Clone)]
struct Metres(f64);

#[derive(xray::Capture, Serialize, Clone)]
struct Node {
    text: String,
    texts: Vec<String>,
    numbers: Vec<f64>,
    height: Metres,
    colour: Colour,
    pair: (u8, Option<bool>),
    shared: Arc<str>,
    queue: VecDeque<char>,
    set: BTreeSet<u16>,
    next: Option<Box<Node>>,
}

/// With a field that never goes straight.
#[derive(xray::Capture, Serialize, Clone)]
struct Mapped {
    nodes: Vec<Node>,
    counts: HashMap<String, u8>,
}

/// With a name that is a secret's.
#[derive(xray::Capture, Serialize, Clone)]
struct Account {
    name: String,
    password: String,
}

fn node(text: &str, next: Option<Node>) -> Node {
    Node {
        text: text.to_owned(),
        texts: vec!["short".to_owned(), text.to_owned(), String::new()],
        numbers: vec![0.5; text.len() % 4],
        height: Metres(1.5),
        colour: if text.len().is_multiple_of(2) { Colour::Red } else { Colour::Green },
        pair: (1, (text.len() > 9).then_some(true)),
        shared: text.into(),
        queue: text.chars().take(3).collect(),
        set: BTreeSet::from([3, 4]),
        next: next.map(Box::new),
    }
}

/// Texts of all lengths at which something changes, and such as have to be looked at twice, or are withheld.
fn texts() -> Vec<String> {
    let mut texts: Vec<_> =
        (0..70).chain([254, 255, 256, 300, 5000]).map(|length| "a rose ".repeat(800)[..length].to_owned()).collect();
    let others = [
        "067e6162-3b6f-4ae2-a171-2470b63dff00",
        "Überraschung, größer als gedacht",
        "the bearer should pay",
        "Authorization: Bearer abc.def-123",
        "card 4111 1111 1111 1111, thank you",
        "4111111111111111",
        "on 2024-05-06 at 17:18:19",
        "x -----BEGIN PRIVATE KEY-----\nMIIEabc",
    ];
    texts.extend(others.map(str::to_owned));
    texts
}

#[xray::step(serialize(by_serialize))]
fn shown<T: xray::Capture + Serialize>(by_capture: &T, by_serialize: &T) {
    let _ = (by_capture, by_serialize);
}

#[xray::run]
fn shown_all<T: xray::Capture + Serialize>(values: &[T]) {
    values.iter().for_each(|value| shown(value, value));
}

fn are_as_serialized<T: xray::Capture + Serialize>(values: &[T], set: impl FnOnce(xray::Builder) -> xray::Builder) {
    let recording = Recording::start_with(set);
    shown_all(values);
    let run = recording.runs()[0].id;
    let steps = recording.steps(run);
    let mut seen = 0;
    for step in steps.iter().filter(|step| &*step.callsite.name == "shown") {
        let detail = recording.guard().store().step(run, step.id).expect("a readable store").expect("it is there");
        let [by_capture, by_serialize] =
            [0, 1].map(|place| serde_json::to_value(&detail.arguments[place].captured).expect("JSON"));
        assert_ne!(by_capture, Value::Null);
        assert_eq!(by_capture, by_serialize);
        seen += 1;
    }
    assert_eq!(seen, values.len());
}

fn nodes() -> Vec<Node> {
    texts().iter().map(|text| node(text, Some(node("inner", None)))).collect()
}

#[test]
fn texts_of_all_kinds() {
    are_as_serialized(&nodes(), |builder| builder);
    are_as_serialized(&texts(), |builder| builder);
}

#[test]
fn lists() {
    let lists: Vec<_> = [0, 1, 30].map(|length| nodes()[..length].to_vec()).into();
    are_as_serialized(&[lists.clone(), lists.clone(), lists].concat(), |builder| builder);
}

#[test]
fn what_never_goes_straight() {
    let mapped = Mapped { nodes: nodes()[20..23].to_vec(), counts: HashMap::from([("one".to_owned(), 1)]) };
    are_as_serialized(&vec![mapped; 12], |builder| builder);
    let account = Account { name: "ada".to_owned(), password: "lovelace".to_owned() };
    are_as_serialized(&vec![account; 3], |builder| builder);
}

#[test]
fn within_limits() {
    let deep = (0..6).fold(None, |next, _| Some(node("a text that is no secret", next)));
    let values = vec![deep; 3];
    for limits in [
        Limits { depth: 4, ..Limits::default() },
        Limits { elements: 9, ..Limits::default() },
        Limits { elements: 2, ..Limits::default() },
    ] {
        are_as_serialized(&values, |builder| builder.limits(limits));
    }
}

#[test]
fn with_patterns_of_the_user() {
    are_as_serialized(&nodes(), |builder| builder.redact_values(["rose a+"]));
}

#[test]
fn at_the_ends_of_chunks() {
    let long = node(&"a rose ".repeat(300), None);
    are_as_serialized(&vec![long; 200], |builder| builder);
}
