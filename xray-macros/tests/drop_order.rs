//! What is dropped when: with the attribute as without it. Each function is written once and compiled twice.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Waker};

use xray_tests::Recording;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Notes its name when it is dropped.
struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        note(self.0);
    }
}

fn note(what: &'static str) {
    DROPPED.with_borrow_mut(|dropped| dropped.push(what));
}

fn dropped(act: impl FnOnce()) -> Vec<&'static str> {
    act();
    DROPPED.take()
}

struct Pair {
    left: Noted,
    right: Noted,
}

fn pair() -> Pair {
    Pair { left: Noted("left"), right: Noted("right") }
}

/// Defines the functions in a module without the attribute and in one with it.
macro_rules! twice {
    ($($item:item)*) => {
        #[allow(unused_variables, unused_mut, unused_assignments)]
        mod plain {
            use super::*;
            $($item)*
        }
        #[allow(unused_variables, unused_mut, unused_assignments)]
        #[xray::steps]
        mod annotated {
            use super::*;
            $($item)*
        }
    };
}

twice! {
    pub fn names(a: Noted, b: Noted, c: Noted) { note("body"); }
    pub fn used(a: Noted, b: Noted) { let _ = (&b, &a); note("body"); }
    pub fn discarded(_: Noted, b: Noted, _: Noted) { note("body"); }
    pub fn guard(_guard: Noted, _other: Noted) { note("body"); }
    pub fn moved(a: Noted, b: Noted) { drop(a); note("body"); }
    pub fn returned(a: Noted, b: Noted) -> Noted { note("body"); a }
    pub fn local(a: Noted) { let inner = Noted("local"); note("body"); }
    pub fn reassigned(mut a: Noted, mut b: Noted) { a = Noted("new"); note("body"); }
    pub fn tuple((a, b): (Noted, Noted), c: Noted) { note("body"); }
    pub fn half((a, _): (Noted, Noted), c: Noted) { note("body"); }
    pub fn fields(Pair { right, .. }: Pair, c: Noted) { note("body"); }
    pub fn by_ref(ref a: Noted, ref mut b: Noted) { note("body"); }
    pub fn part(pair: Pair, c: Noted) { let taken = pair.right; note("body"); }
    pub fn array([a, .., c]: [Noted; 3]) { note("body"); }
    pub fn question(a: Noted, b: Noted) -> Option<u8> { let inner = Noted("local"); None?; Some(1) }
    pub fn panicking(a: Noted, _: Noted, mut c: Noted) { let inner = Noted("local"); panic!("in the body"); }
    pub fn tail(a: Noted) -> usize { let inner = Noted("local"); Noted("temporary").0.len() + inner.0.len() }
    #[track_caller]
    pub fn tracked(a: Noted, _: Noted, (c, d): (Noted, Noted)) { note("body"); }
    pub fn boxed(a: Box<dyn FnOnce()>, b: Noted) { a(); note("body"); }

    pub async fn later(a: Noted, b: Noted, c: Noted) { note("body"); }
    pub async fn later_used(a: Noted, b: Noted) { let _ = (&a, &b); pause().await; let _ = (&b, &a); note("body"); }
    pub async fn later_backwards(a: Noted, b: Noted) { let _ = &b; pause().await; let _ = &a; note("body"); }
    pub async fn later_discarded(_: Noted, b: Noted, _: Noted) { pause().await; note("body"); }
    pub async fn later_guard(_guard: Noted, a: Noted, _other: Noted) { let _ = &a; pause().await; note("body"); }
    pub async fn later_moved(a: Noted, b: Noted) { drop(a); pause().await; note("body"); }
    pub async fn later_mut(a: Noted, mut b: Noted, c: Noted) { b = Noted("new"); pause().await; let _ = (&a, &c); }
    pub async fn later_tuple(z: Noted, (a, _): (Noted, Noted), c: Noted) { let _ = (&z, &c); pause().await; note("body"); }
    pub async fn later_part(pair: Pair, c: Noted) { let taken = pair.right; pause().await; note("body"); }
    pub async fn later_panicking(a: Noted, mut b: Noted) { pause().await; let inner = Noted("local"); panic!("in the body"); }
    pub async fn later_question(a: Noted, b: Noted) -> Option<u8> { pause().await; let inner = Noted("local"); None?; Some(1) }
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut paused, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// Polls so often, then drops the future.
fn polled<F: Future>(times: usize, future: F) {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if future.as_mut().poll(&mut task).is_ready() {
            note("ready");
            break;
        }
        note("pending");
    }
}

fn caught(act: impl FnOnce()) {
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
}

/// Compares a call of the one with a call of the other.
macro_rules! same {
    ($($name:ident($($argument:expr),*)),* $(,)?) => {
        $(
            let plain = dropped(|| { let result = plain::$name($($argument),*); note("after"); drop(result); });
            let annotated = dropped(|| { let result = annotated::$name($($argument),*); note("after"); drop(result); });
            assert_eq!(annotated, plain, stringify!($name));
            assert!(plain.len() > 1, stringify!($name));
        )*
    };
}

/// Compares futures that are dropped after each number of polls.
macro_rules! same_futures {
    ($($name:ident($($argument:expr),*)),* $(,)?) => {
        $(
            for times in 0..4 {
                let plain = dropped(|| caught(|| polled(times, plain::$name($($argument),*))));
                let annotated = dropped(|| caught(|| polled(times, annotated::$name($($argument),*))));
                assert_eq!(annotated, plain, "{} after {times} polls", stringify!($name));
                assert!(!plain.is_empty());
            }
        )*
    };
}

fn compare() {
    let [a, b, c] = ["a", "b", "c"].map(|name| move || Noted(name));
    #[allow(clippy::unit_arg, dropping_copy_types)]
    {
        same! {
            names(a(), b(), c()), used(a(), b()), discarded(a(), b(), c()), guard(a(), b()), moved(a(), b()),
            returned(a(), b()), local(a()), reassigned(a(), b()), tuple((a(), b()), c()), half((a(), b()), c()),
            fields(pair(), c()), by_ref(a(), b()), part(pair(), c()), array([a(), b(), c()]), question(a(), b()),
            tail(a()), tracked(a(), b(), (c(), Noted("d"))),
            boxed({ let inner = a(); Box::new(move || drop(inner)) }, b()),
        }
    }
    let plain = dropped(|| caught(|| plain::panicking(a(), b(), c())));
    assert_eq!(dropped(|| caught(|| annotated::panicking(a(), b(), c()))), plain);
    same_futures! {
        later(a(), b(), c()), later_used(a(), b()), later_backwards(a(), b()), later_discarded(a(), b(), c()),
        later_guard(a(), b(), c()), later_moved(a(), b()), later_mut(a(), b(), c()),
        later_tuple(Noted("z"), (a(), b()), c()), later_part(pair(), c()), later_panicking(a(), b()),
        later_question(a(), b()),
    }
}

#[test]
fn drops_are_the_same_while_nothing_is_recorded() {
    compare();
}

#[test]
fn drops_are_the_same_while_recorded() {
    let recording = Recording::start();
    compare();
    assert!(recording.runs().len() > 40);
}

/// A guard that a function takes and never mentions is what keeps the lock for as long as its body runs.
#[test]
fn a_lock_is_held_for_as_long_as_the_body_runs() {
    use std::sync::{Mutex, MutexGuard};
    #[xray::step(skip(lock))]
    fn holds(_guard: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
        lock.try_lock().is_err()
    }
    #[xray::step(skip(lock))]
    fn releases(guard: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
        drop(guard);
        lock.try_lock().is_err()
    }
    #[xray::step(skip(lock))]
    async fn holds_later(_guard: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
        pause().await;
        lock.try_lock().is_err()
    }
    fn polled_twice<F: Future>(future: F) -> std::task::Poll<F::Output> {
        let mut future = pin!(future);
        let mut task = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut task).is_pending());
        future.poll(&mut task)
    }
    let compare = || {
        let lock = Mutex::new(1);
        let guard = || lock.try_lock().expect("the call before let it go");
        assert!(holds(guard(), &lock) && !releases(guard(), &lock));
        assert_eq!(polled_twice(holds_later(guard(), &lock)), std::task::Poll::Ready(true));
        drop(guard());
    };
    compare();
    let _recording = Recording::start();
    compare();
}

/// `Serialize` of a `Mutex` locks it: of one that this very thread holds the program would wait for ever.
#[test]
fn a_lock_that_is_held_is_captured_without_waiting() {
    use std::sync::{Mutex, MutexGuard};
    #[xray::step(skip(_guard))]
    fn holds(_guard: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
        lock.try_lock().is_err()
    }
    let _recording = Recording::start();
    let lock = Mutex::new(1);
    assert!(holds(lock.lock().expect("not poisoned"), &lock));
}

mod receivers {
    use super::*;

    macro_rules! receiver {
        ($module:ident, $(#[$attribute:meta])*) => {
            mod $module {
                use super::*;
                pub struct Own {
                    pub left: Noted,
                    pub right: Noted,
                }
                pub fn own() -> Own {
                    Own { left: Noted("left"), right: Noted("right") }
                }
                #[allow(unused_variables)]
                impl Own {
                    $(#[$attribute])*
                    pub fn unused(self, c: Noted) {
                        note("body");
                    }
                    $(#[$attribute])*
                    pub fn used(self, c: Noted) {
                        let _ = (&self.right, &c);
                        note("body");
                    }
                    $(#[$attribute])*
                    pub fn taken(self, c: Noted) {
                        let taken = self.right;
                        note("body");
                    }
                    $(#[$attribute])*
                    pub fn changed(mut self) {
                        self.right = Noted("new");
                        note("body");
                    }
                    $(#[$attribute])*
                    pub fn held(self: Box<Self>, c: Noted) {
                        let _ = &self.right;
                        note("body");
                    }
                    $(#[$attribute])*
                    pub async fn later(self, c: Noted) {
                        let _ = (&self.right, &c);
                        pause().await;
                        let _ = &self.left;
                        note("body");
                    }
                    $(#[$attribute])*
                    pub async fn later_unused(self, c: Noted) {
                        pause().await;
                        note("body");
                    }
                }
            }
        };
    }
    receiver!(without,);
    receiver!(with, #[xray::step]);

    #[test]
    fn a_receiver_by_value_is_dropped_as_before() {
        let _recording = Recording::start();
        let c = || Noted("c");
        macro_rules! same {
            ($receiver:expr, $($name:ident($($argument:expr),*)),*) => {$(
                let plain = dropped(|| { use without::own; $receiver(own()).$name($($argument),*); note("after"); });
                let annotated = dropped(|| { use with::own; $receiver(own()).$name($($argument),*); note("after"); });
                assert_eq!(annotated, plain, stringify!($name));
            )*};
        }
        same!(std::convert::identity, unused(c()), used(c()), taken(c()), changed());
        same!(Box::new, held(c()));
        for times in 0..3 {
            let plain_dropped = dropped(|| polled(times, without::own().later(c())));
            assert_eq!(dropped(|| polled(times, with::own().later(c()))), plain_dropped, "{times}");
            let plain_dropped = dropped(|| polled(times, without::own().later_unused(c())));
            assert_eq!(dropped(|| polled(times, with::own().later_unused(c()))), plain_dropped, "{times}");
        }
    }
}
