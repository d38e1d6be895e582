//! Values whose own code misbehaves: it costs the value, never the program.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use xray::value::CaptureLevel;
use xray_tests::Recording;

#[xray::step]
fn inside(number: u8) -> u8 {
    number
}

struct Panics;
struct Reenters;
struct Slow;
struct Huge;
struct Fails;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Debug")
    }
}

impl fmt::Debug for Reenters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", inside(1))
    }
}

impl Serialize for Reenters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(inside(2))
    }
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::thread::sleep(Duration::from_millis(20));
        f.write_str("slow")
    }
}

impl fmt::Debug for Huge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..4_000_000).try_for_each(|number| write!(f, "{number} "))
    }
}

impl fmt::Debug for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

#[test]
fn a_values_own_code_may_do_anything() {
    #[xray::step(debug(again))]
    fn take(panics: Panics, reenters: &Reenters, again: &Reenters, slow: Slow, huge: Huge, fails: Fails) -> Panics {
        let _ = (reenters, again, slow, huge, fails);
        panics
    }
    #[xray::step]
    async fn take_later(panics: Panics) -> Result<Panics, Panics> {
        Err(panics)
    }
    let recording = Recording::start();
    take(Panics, &Reenters, &Reenters, Slow, Huge, Fails);
    assert!(block_on(take_later(Panics)).is_err());
    assert_eq!(inside(3), 3);
    let step = recording.step("take");
    let levels: Vec<_> = step.arguments.iter().map(|argument| argument.captured.level()).collect();
    use CaptureLevel::{DebugText, Panicked, Structured, TypeName};
    assert_eq!(levels[..4], [Panicked, Structured, DebugText, DebugText]);
    assert_eq!((levels[5], step.result.expect("a result").level()), (TypeName, Panicked));
    assert_eq!(step.arguments[2].captured.to_json(), "1");
    assert_eq!(recording.step("inside").arguments[0].captured.to_json(), 3, "capturing is not captured");
    assert!(recording.tree().contains("take_later(panics="), "{}", recording.tree());
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
