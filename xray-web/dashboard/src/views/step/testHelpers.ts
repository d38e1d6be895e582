// What a copied test needs to read values and to compare them. The compiler finds out what each parameter takes.

const captured = `/// Reads a captured value as whatever the parameter is: a value, a reference, a slice. What is lent is never freed.
fn captured<T: Captured<How>, How>(json: &str) -> T {
    let json: serde_json::Value = serde_json::from_str(json).expect("what was captured is JSON");
    T::read(Box::leak(Box::new(json)))
}

#[diagnostic::on_unimplemented(
    message = "\`{Self}\` cannot be read from JSON",
    note = "derive \`serde::Deserialize\` for it, or build the argument by hand"
)]
trait Captured<How> {
    fn read(json: &'static serde_json::Value) -> Self;
}

struct Value;
impl<T: serde::Deserialize<'static>> Captured<Value> for T {
    fn read(json: &'static serde_json::Value) -> Self {
        T::deserialize(json).expect("the value fits its type")
    }
}

struct Reference;
impl<T: serde::de::DeserializeOwned> Captured<Reference> for &'static T {
    fn read(json: &'static serde_json::Value) -> Self {
        Box::leak(Box::new(T::deserialize(json).expect("the value fits its type")))
    }
}

struct Slice;
impl<T: serde::de::DeserializeOwned> Captured<Slice> for &'static [T] {
    fn read(json: &'static serde_json::Value) -> Self {
        <Vec<T> as serde::Deserialize>::deserialize(json).expect("the list fits its type").leak()
    }
}

struct Mutable;
impl<T: serde::de::DeserializeOwned> Captured<Mutable> for &'static mut T {
    fn read(json: &'static serde_json::Value) -> Self {
        Box::leak(Box::new(T::deserialize(json).expect("the value fits its type")))
    }
}`;

const assertSame = `/// Compares as JSON, so that the type needs neither PartialEq nor Debug.
fn assert_same(outcome: &impl serde::Serialize, captured: &str) {
    let outcome = serde_json::to_value(outcome).expect("the result can be serialized");
    let captured = serde_json::from_str(captured).expect("what was captured is JSON");
    if let Some(difference) = difference(&outcome, &captured, "") {
        panic!("{difference}");
    }
}

/// Where two values differ first. 9 and 9.0 are the same, and so are numbers that only reading makes differ.
fn difference(now: &serde_json::Value, then: &serde_json::Value, at: &str) -> Option<String> {
    use serde_json::Value::{Array, Number, Object};
    let near = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * a.abs().max(b.abs());
    match (now, then) {
        (Number(a), Number(b)) if a.is_f64() || b.is_f64() => {
            let same = a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| near(a, b));
            (!same).then(|| format!("at {at:?}: {a} now, {b} then"))
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        (Object(a), Object(b)) if a.len() == b.len() => a.iter().find_map(|(name, a)| {
            let at = format!("{at}/{name}");
            difference(a, b.get(name).unwrap_or(&serde_json::Value::Null), &at)
        }),
        _ => (now != then).then(|| format!("at {at:?}: {now} now, {then} then")),
    }
}`;

export const HELPERS = { captured, assertSame };
