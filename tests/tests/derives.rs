//! Types that say by themselves how they are captured, and which field tells them apart.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use xray::value::Captured;
use xray_tests::Recording;

#[derive(xray::Capture, Serialize)]
struct Unit;
#[derive(xray::Capture, Serialize)]
struct Empty {}
#[derive(xray::Capture, Serialize)]
struct Newtype(u64);
#[derive(xray::Capture, Serialize)]
struct Pair(i8, String);
#[derive(xray::Capture, Serialize)]
struct Generic<'a, T, const N: usize> {
    name: &'a str,
    values: [T; 2],
    bytes: std::marker::PhantomData<[u8; N]>,
    next: Option<Box<Generic<'a, T, N>>>,
    r#type: std::marker::PhantomData<T>,
}
#[derive(xray::Capture, Serialize)]
enum Shape {
    Unit,
    Value(f64),
    Tuple(u8, char),
    Fields { a: Unit, b: Vec<Shape> },
}
#[derive(xray::Capture, Serialize)]
struct Holder {
    newtype: Newtype,
    pair: Arc<Pair>,
    map: BTreeMap<u8, Shape>,
    names: HashMap<String, Newtype>,
    results: Vec<Result<Newtype, Shape>>,
    tuple: (Newtype, (), u128),
    nothing: Option<Unit>,
    queue: VecDeque<Empty>,
    text: &'static str,
    seconds: std::time::Duration,
}

/// What is captured of a value that says how, and what is of the same by its `Serialize`.
fn both<T: xray::Capture + Serialize>(value: &T) -> [Value; 2] {
    #[xray::step(serialize(by_serialize))]
    fn shown<T: xray::Capture + Serialize>(by_capture: &T, by_serialize: &T) {
        let _ = (by_capture, by_serialize);
    }
    let recording = Recording::start();
    shown(value, value);
    let step = recording.step("shown");
    [0, 1].map(|place| serde_json::to_value(&step.arguments[place].captured).expect("JSON"))
}

fn is_as_serialized<T: xray::Capture + Serialize>(value: &T) {
    let [by_capture, by_serialize] = both(value);
    assert_eq!(by_capture, by_serialize);
    assert_eq!(by_capture["value"], serde_json::to_value(value).expect("JSON"));
}

fn shapes() -> Vec<Shape> {
    let inner = vec![Shape::Unit, Shape::Value(0.5), Shape::Tuple(1, 'x')];
    vec![Shape::Unit, Shape::Value(1.5), Shape::Tuple(2, 'y'), Shape::Fields { a: Unit, b: inner }]
}

#[test]
fn the_shapes_are_those_of_serde() {
    is_as_serialized(&Unit);
    is_as_serialized(&Empty {});
    is_as_serialized(&Newtype(7));
    is_as_serialized(&Pair(-1, "b".to_owned()));
    is_as_serialized(&shapes());
    let last = Generic {
        name: "b",
        values: [3, 4],
        bytes: std::marker::PhantomData::<[u8; 5]>,
        next: None,
        r#type: std::marker::PhantomData,
    };
    let first = Generic {
        name: "a",
        values: [1, 2],
        bytes: std::marker::PhantomData,
        next: Some(Box::new(last)),
        r#type: std::marker::PhantomData,
    };
    is_as_serialized(&first);
    is_as_serialized(&Holder {
        newtype: Newtype(1),
        pair: Arc::new(Pair(2, "c".to_owned())),
        map: shapes().into_iter().enumerate().map(|(place, shape)| (place as u8, shape)).collect(),
        names: HashMap::from([("one".to_owned(), Newtype(1))]),
        results: vec![Ok(Newtype(1)), Err(Shape::Unit)],
        tuple: (Newtype(3), (), 4),
        nothing: None,
        queue: VecDeque::from([Empty {}, Empty {}]),
        text: "text",
        seconds: std::time::Duration::from_millis(1500),
    });
}

struct Opaque;
#[derive(Debug)]
#[allow(dead_code, reason = "read by Debug")]
struct Shown {
    secret: u8,
    plain: u8,
}
struct Fails;
impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

#[derive(xray::Capture, Serialize)]
struct Attributed {
    #[xray(redact)]
    iban: String,
    #[xray(skip)]
    #[allow(dead_code)]
    cache: Vec<u8>,
    #[xray(rename = "shown as")]
    name: &'static str,
    #[serde(skip)]
    opaque: Opaque,
    #[serde(skip)]
    shown: Option<Shown>,
    #[serde(skip)]
    fails: Vec<Fails>,
    user_password: &'static str,
    note: &'static str,
}

#[derive(xray::Capture)]
#[allow(dead_code)]
enum Kept {
    One(#[xray(redact)] String),
    Two(u8, #[xray(redact)] String, #[xray(skip)] Opaque),
    Three {
        #[xray(redact)]
        iban: u64,
    },
}

fn attributed() -> Attributed {
    Attributed {
        iban: "GB29NWBK60161331926819".to_owned(),
        cache: vec![201, 202],
        name: "ada",
        opaque: Opaque,
        shown: Some(Shown { secret: 1, plain: 2 }),
        fails: vec![Fails],
        user_password: "hunter2",
        note: "card 4111-1111-1111-1111.",
    }
}

#[test]
fn attributes_say_what_is_captured() {
    #[xray::step]
    fn shown(one: &Attributed, many: Vec<Kept>) -> Option<Arc<Attributed>> {
        let _ = (one, many);
        Some(Arc::new(attributed()))
    }
    let recording = Recording::start();
    let iban = || "GB29NWBK60161331926819".to_owned();
    shown(&attributed(), vec![Kept::One(iban()), Kept::Two(1, iban(), Opaque), Kept::Three { iban: 29 }]);
    let step = recording.step("shown");
    let expected = json!({
        "level": "structured",
        "value": {
            "iban": "[redacted]",
            "shown as": "ada",
            "opaque": "derives::Opaque",
            "shown": "Some(Shown { secret: *, plain: 2 })",
            "fails": "alloc::vec::Vec<derives::Fails>",
            "user_password": "[redacted]",
            "note": "card [redacted].",
        },
        "redacted": ["/iban", "/shown", "/user_password", "/note"],
    });
    assert_eq!(serde_json::to_value(&step.arguments[0].captured).expect("JSON"), expected);
    assert_eq!(serde_json::to_value(step.result.as_ref().expect("a result")).expect("JSON"), expected);
    assert_eq!(
        serde_json::to_value(&step.arguments[1].captured).expect("JSON"),
        json!({
            "level": "structured",
            "value": [{ "One": "[redacted]" }, { "Two": [1, "[redacted]"] }, { "Three": { "iban": "[redacted]" } }],
            "redacted": ["/0/One", "/1/Two/1", "/2/Three/iban"],
        })
    );
}

#[derive(xray::Capture)]
struct Deep {
    next: Option<Box<Deep>>,
    numbers: Vec<u32>,
}

#[derive(xray::Capture)]
struct Breaks {
    before: u8,
    panics: Panics,
}
struct Panics;
impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("in the middle");
    }
}

#[test]
fn limits_and_failures_are_as_with_serde() {
    #[xray::step]
    fn shown(deep: &Deep, breaks: &Breaks, after: u8) {
        let _ = (deep, breaks, after);
    }
    let limits = xray::Limits { depth: 4, elements: 3, ..xray::Limits::default() };
    let recording = Recording::start_with(|builder| builder.limits(limits));
    let mut deep = Deep { next: None, numbers: (0..5).collect() };
    for _ in 0..100 {
        deep = Deep { next: Some(Box::new(deep)), numbers: (0..5).collect() };
    }
    shown(&deep, &Breaks { before: 1, panics: Panics }, 7);
    let step = recording.step("shown");
    let shown = serde_json::to_value(&step.arguments[0].captured).expect("JSON");
    assert_eq!(shown["value"]["numbers"], json!([0, 1, 2]));
    assert_eq!(shown["value"]["next"]["next"]["next"], json!({ "next": null, "numbers": null }));
    assert!(shown["cut"].as_array().expect("it is cut").contains(&json!({ "pointer": "/numbers", "length": 5 })));
    assert_eq!(
        serde_json::to_value(&step.arguments[1].captured).expect("JSON"),
        json!({ "level": "panicked", "value": "&derives::Breaks" })
    );
    assert_eq!(step.arguments[2].captured.to_json(), json!(7));

    let recording = {
        drop(recording);
        Recording::start_with(|builder| builder.limits(xray::Limits { bytes: 64, ..xray::Limits::default() }))
    };
    shown_list(&(0..1000).map(Newtype).collect::<Vec<_>>());
    let list = serde_json::to_value(&recording.step("shown_list").arguments[0].captured).expect("JSON");
    assert_eq!(list["value"][0], json!(0));
    assert_eq!(list["cut"], json!([{ "pointer": "", "length": 1000 }]));
}

#[xray::step]
fn shown_list(list: &[Newtype]) {
    let _ = list;
}

#[derive(xray::Item, xray::Capture, Clone)]
struct Film {
    #[xray(key)]
    title: &'static str,
    #[xray(redact)]
    owner: &'static str,
}

#[derive(xray::Item, Serialize, Clone)]
struct Book {
    #[serde(rename = "isbn-13")]
    #[xray(key = "isbn-13")]
    isbn: &'static str,
}

#[test]
fn lists_of_items_know_their_key() {
    #[xray::step]
    fn filter(
        films: &[Film],
        books: [Book; 1],
        more: Option<Vec<Book>>,
        none: Option<Vec<Book>>,
        plain: &[u8],
    ) -> Vec<Film> {
        let _ = (books, more, none, plain);
        films[..1].to_vec()
    }
    let recording = Recording::start();
    let book = Book { isbn: "978" };
    let films = ["Alien", "Brazil"].map(|title| Film { title, owner: "ada" });
    filter(&films, [book.clone()], Some(vec![book]), None, &[1]);
    let step = recording.step("filter");
    let keys: Vec<_> = step.arguments.iter().map(|argument| argument.captured.key()).collect();
    assert_eq!(keys, [Some("title"), Some("isbn-13"), Some("isbn-13"), Some("isbn-13"), None]);
    let result: &Captured = step.result.as_ref().expect("a result");
    assert_eq!((result.key(), result.to_json()), (Some("title"), json!([{ "title": "Alien", "owner": "[redacted]" }])));
    assert_eq!(step.arguments[1].captured.to_json(), json!([{ "isbn-13": "978" }]));
    assert_eq!(step.arguments[3].captured.to_json(), json!(null));
    assert_eq!((step.step.items_in, step.step.items_out), (Some(2), Some(1)));
}

/// Two fields that could be the key: the one that the type declares is.
#[derive(xray::Item, Serialize, Clone)]
struct Offer {
    id: u32,
    #[xray(key)]
    code: &'static str,
}

#[test]
fn what_became_of_an_item_goes_by_the_key_that_its_type_declares() {
    #[xray::step(kind = "filter")]
    fn renumbered(offers: Vec<Offer>) -> Vec<Offer> {
        let kept = offers.into_iter().filter(|offer| offer.code != "b");
        kept.map(|offer| Offer { id: offer.id + 100, ..offer }).collect()
    }
    for level in [xray::Level::Full, xray::Level::Sampled, xray::Level::Metrics] {
        let recording = Recording::start_with(|builder| builder.capture(level));
        renumbered(vec![Offer { id: 1, code: "a" }, Offer { id: 2, code: "b" }]);
        let step = recording.step("renumbered");
        assert_eq!((step.step.counts.kept, step.step.counts.eliminated, step.step.counts.introduced), (1, 1, 0));
        let account = step.account();
        let decisions: Vec<_> =
            account.decisions.iter().map(|one| (&*one.item, one.verdict.as_str(), one.changed)).collect();
        if level != xray::Level::Metrics {
            assert_eq!(decisions, [("a", "kept", true), ("b", "eliminated", false)]);
        }
    }
}
