//! Shapes that came up in published crates and that the attribute did not take at first.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use xray_tests::Recording;

pub struct CapacityError<T = ()>(T);
impl<T> std::fmt::Debug for CapacityError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
impl<T> std::fmt::Display for CapacityError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
impl<T: std::any::Any> std::error::Error for CapacityError<T> {}
#[xray::step]
pub fn a<'a>(s: &'a str) -> Result<(), CapacityError<&'a str>> {
    Err(CapacityError(s))
}
#[xray::step]
pub fn b<T>(t: T) -> Result<(), CapacityError<T>> {
    Err(CapacityError(t))
}
pub struct S;
impl<'a> TryFrom<&'a str> for S {
    type Error = CapacityError<&'a str>;
    #[xray::step]
    fn try_from(s: &'a str) -> Result<Self, Self::Error> {
        Err(CapacityError(s))
    }
}
#[xray::step]
pub fn get_hash(entries: &[u64]) -> impl Fn(&usize) -> u64 + Copy + '_ {
    move |&i| entries[i].pow(2)
}
#[xray::step]
pub fn equivalent<'a, Q: PartialEq + ?Sized>(key: &'a Q, entries: &'a [&'a Q]) -> impl Fn(&usize) -> bool + 'a {
    move |&i| key.eq(entries[i])
}
#[xray::step]
#[track_caller]
pub fn place() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn an_error_that_borrows_has_its_message() {
    let recording = Recording::start();
    assert!(a("text").is_err() && b(7).is_err() && S::try_from("text").is_err());
    let tree = recording.tree();
    assert_eq!(tree.matches("err \"x\"").count(), 3, "{tree}");
}

#[test]
fn a_closure_that_is_returned_works_as_before() {
    let recording = Recording::start();
    assert_eq!(get_hash(&[2, 3])(&1), 9);
    assert!(equivalent("a", &["b", "a"])(&1));
    assert_eq!(place(), line!());
    assert_eq!(recording.runs().len(), 3);
}
