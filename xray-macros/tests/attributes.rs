//! Other attributes beside ours, functions that macros make, qualifiers.
#![allow(unsafe_code)]
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::panic::Location;

use xray_tests::Recording;

#[xray::step]
#[track_caller]
fn tracked(_number: u8) -> u32 {
    Location::caller().line()
}

#[track_caller]
#[xray::step]
fn tracked_below() -> u32 {
    Location::caller().line()
}

#[xray::run]
#[xray::step(name = "inner")]
#[track_caller]
fn tracked_twice() -> u32 {
    Location::caller().line()
}

#[test]
fn a_caller_is_tracked() {
    let _recording = Recording::start();
    assert_eq!(tracked(1), line!());
    assert_eq!(tracked_below(), line!());
    assert_eq!(tracked_twice(), line!());
}

/// Documented.
#[xray::step]
#[must_use]
#[inline]
#[allow(dead_code)]
#[cfg(test)]
#[cfg_attr(test, doc = "Tested.")]
fn decorated(number: u8) -> u8 {
    #![allow(unused_variables)]
    let unused = 1;
    number
}

#[xray::step]
#[deprecated(note = "use the other one")]
fn deprecated() -> u8 {
    1
}

#[xray::step]
#[unsafe(no_mangle)]
#[cold]
#[inline(never)]
extern "C" fn xray_macros_test_exported(number: u8) -> u8 {
    number
}

#[xray::step]
unsafe fn dereference(pointer: *const u8) -> u8 {
    // SAFETY: the caller says so.
    unsafe { *pointer }
}

#[xray::step]
async unsafe fn dereference_later(pointer: *const u8) -> u8 {
    // SAFETY: the caller says so.
    unsafe { *pointer }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn target_features_hold_in_the_body() {
    #[target_feature(enable = "sse4.2")]
    fn needs_it(number: u32) -> u32 {
        std::arch::x86_64::_mm_crc32_u8(number, 1)
    }
    #[xray::step]
    #[target_feature(enable = "sse4.2")]
    #[inline]
    fn has_it(number: u32) -> u32 {
        // Without the feature this call would be unsafe.
        needs_it(number)
    }
    if std::is_x86_feature_detected!("sse4.2") {
        let recording = Recording::start();
        // SAFETY: the processor has it.
        let sum = unsafe { has_it(7) };
        assert!(recording.tree().contains(&format!("has_it(number=7) returned {sum}")), "{}", recording.tree());
    }
}

#[test]
fn other_attributes_and_qualifiers_stay() {
    let recording = Recording::start();
    assert_eq!(decorated(1), 1);
    #[allow(deprecated)]
    let one = deprecated();
    assert_eq!((one, xray_macros_test_exported(2)), (1, 2));
    // SAFETY: it points to a number.
    assert_eq!(unsafe { dereference(&3) }, 3);
    // SAFETY: as above.
    assert_eq!(block_on(unsafe { dereference_later(&4) }), 4);
    assert_eq!(recording.runs().len(), 5);
}

#[test]
#[xray::step]
fn a_test_above() -> Result<(), String> {
    Ok(())
}

#[xray::step]
#[test]
#[should_panic(expected = "as it should")]
fn a_test_below() {
    panic!("as it should");
}

#[tokio::test]
#[xray::step]
async fn a_tokio_test_above() {
    tokio::task::yield_now().await;
}

#[xray::step]
#[tokio::test]
async fn a_tokio_test_below() {
    tokio::task::yield_now().await;
}

#[xray::run]
#[tokio::main(flavor = "current_thread")]
async fn main_below(number: u8) -> Result<u8, String> {
    tokio::task::yield_now().await;
    (number > 0).then_some(number).ok_or_else(|| "zero".to_owned())
}

#[tokio::main(flavor = "current_thread")]
#[xray::run]
async fn main_above(number: u8) -> u8 {
    tokio::task::yield_now().await;
    number
}

#[xray::step]
#[tracing::instrument(skip(text))]
fn instrumented_below(number: u8, text: &str) -> usize {
    usize::from(number) + text.len()
}

#[tracing::instrument(ret, err)]
#[xray::step]
async fn instrumented_above(mut number: u8, (a, b): (u8, u8)) -> Result<u8, String> {
    number += a;
    tokio::task::yield_now().await;
    Ok(number + b)
}

#[tracing::instrument(ret)]
#[xray::step]
fn instrumented_above_now(mut number: u8, (a, _): (u8, u8)) -> u8 {
    number += a;
    number
}

#[xray::step]
#[tracing::instrument(ret)]
async fn instrumented_later(text: &str) -> &str {
    tokio::task::yield_now().await;
    text
}

#[xray::run(name = "both")]
#[xray::step(name = "first")]
#[xray::step(name = "second")]
fn three_times(mut number: u8, (a, _): (u8, u8)) -> u8 {
    number += a;
    number
}

#[xray::run]
#[xray::step(name = "later")]
async fn twice_later(mut number: u8, text: &str) -> usize {
    number += 1;
    text.len() + usize::from(number)
}

#[test]
fn attributes_go_in_any_order() {
    let recording = Recording::start();
    assert_eq!((main_below(1), main_above(2)), (Ok(1), 2));
    assert_eq!(instrumented_below(1, "ab"), 3);
    assert_eq!(instrumented_above_now(1, (2, 3)), 3);
    assert_eq!(block_on(instrumented_above(1, (2, 3))), Ok(6));
    assert_eq!(block_on(instrumented_later("x")), "x");
    assert_eq!(three_times(1, (2, 3)), 3);
    assert_eq!(block_on(twice_later(1, "ab")), 4);
    let tree = recording.tree();
    for line in [
        "main_below(number=1) ok 1",
        "main_above(number=2) returned 2",
        "instrumented_below(number=1, text=\"ab\") returned 3",
        "instrumented_above(number=1, (a, b)=[2,3]) ok 6",
        "instrumented_above_now(number=1, (a, _)=[2,3]) returned 3",
        "instrumented_later(text=\"x\") returned \"x\"",
        "  both(number=1, (a, _)=[2,3]) returned 3",
        "    first(number=1, ",
        "  second(number=1, ",
        "  later(number=1, text=\"ab\") returned 4\n",
        "  twice_later(number=1, text=\"ab\") returned 4",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

mod made {
    macro_rules! functions {
        ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),*) -> $ret:ty $body:block) => {
            #[xray::step]
            $(#[$meta])*
            $vis fn $name($($argument: $type),*) -> $ret $body
        };
    }
    functions! {
        /// Documented.
        #[must_use]
        pub(super) fn by_block(a: u8, b: &str) -> usize { usize::from(a) + b.len() }
    }
    functions! {
        pub(super) fn diverging(a: u8) -> ! { panic!("{a}") }
    }
    macro_rules! item {
        ($item:item) => {
            #[xray::step]
            $item
        };
    }
    item! {
        pub(super) async fn by_item(mut a: u8) -> u8 { a += 1; a }
    }
    macro_rules! hygienic {
        ($name:ident, $value:expr, $pattern:pat, $lifetime:lifetime) => {
            #[xray::step]
            pub(super) fn $name<$lifetime>(hidden: u8, text: &$lifetime str, $pattern: (u8, u8)) -> &$lifetime str {
                let mut sum = hidden;
                sum += $value;
                assert_eq!(sum, 3);
                text
            }
        };
    }
    hygienic!(by_parts, 2, (_a, _), 'x);
    macro_rules! methods {
        ($($type:ident)*) => {$(
            impl super::$type {
                #[xray::step]
                pub(super) fn get(&self) -> u8 { self.0 }
                #[xray::step]
                pub(super) fn take(mut self) -> u8 { self.0 += 1; self.0 }
                #[xray::step]
                pub(super) async fn later(self) -> u8 { self.0 }
            }
        )*};
    }
    methods!(Wrapped);
    macro_rules! all {
        ($($item:item)*) => {
            #[xray::steps]
            pub(super) mod all { $($item)* }
        };
    }
    all! {
        pub fn in_module(a: u8) -> u8 { a }
        pub const fn constant() -> u8 { 1 }
    }
    macro_rules! expression {
        ($name:ident $body:expr) => {
            #[xray::step]
            pub(super) fn $name() -> u8 {
                $body
            }
        };
    }
    expression!(by_expression { if true { return 3; } 4 });
}

struct Wrapped(u8);

#[test]
fn macros_make_functions() {
    let recording = Recording::start();
    assert_eq!(made::by_block(1, "ab"), 3);
    assert!(std::panic::catch_unwind(|| made::diverging(1)).is_err());
    assert_eq!(block_on(made::by_item(1)), 2);
    assert_eq!(made::by_parts(1, "x", (1, 2)), "x");
    assert_eq!((Wrapped(1).get(), Wrapped(1).take(), block_on(Wrapped(3).later())), (1, 2, 3));
    assert_eq!((made::all::in_module(4), made::all::constant(), made::by_expression()), (4, 1, 3));
    let tree = recording.tree();
    assert_eq!(recording.runs().len(), 9, "{tree}");
    assert!(tree.contains("by_block(a=1, b=\"ab\") returned 3"), "{tree}");
    assert!(tree.contains("by_parts(hidden=1, text=\"x\", (_a, _)=[1,2]) returned \"x\""), "{tree}");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
