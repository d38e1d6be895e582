//! What a captured call costs in space, beside the plain call: bytes of stack a call, and the size of a future.
//!
//! `cargo run --release -p xray-benches --bin sizes`, and without `--release` for what a debug build takes. Stack is the
//! distance between a local of one call and that of the next; an async function's is that of its `poll`.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

const DEPTH: usize = 32;
const PAYLOAD_BYTES: usize = 256;

type Payload = [u8; PAYLOAD_BYTES];

/// Where a local of the caller's is, in bytes.
#[inline(always)]
fn place() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(black_box(&local)).addr()
}

/// The same function twice: plain, and with the attribute.
macro_rules! twice {
    ($($item:item)*) => {
        mod plain {
            use super::*;
            $($item)*
        }
        #[xray::steps(skip(places))]
        mod annotated {
            use super::*;
            $($item)*
        }
    };
}

twice! {
    #[inline(never)]
    pub(crate) fn small(depth: usize, places: &mut Vec<usize>) -> usize {
        places.push(place());
        if depth == 0 { 0 } else { black_box(small(depth - 1, places)) + 1 }
    }

    #[inline(never)]
    pub(crate) fn large(depth: usize, payload: Payload, places: &mut Vec<usize>) -> usize {
        places.push(place());
        black_box(&payload);
        if depth == 0 { 0 } else { black_box(large(depth - 1, payload, places)) + 1 }
    }

    #[inline(never)]
    pub(crate) fn fallible(depth: usize, text: &str, places: &mut Vec<usize>) -> Result<String, String> {
        places.push(place());
        if depth == 0 { Ok(text.to_owned()) } else { black_box(fallible(depth - 1, text, places)) }
    }

    pub(crate) async fn later(depth: usize, places: &mut Vec<usize>) -> usize {
        places.push(place());
        if depth == 0 { 0 } else { black_box(boxed(later(depth - 1, places)).await) + 1 }
    }

    pub(crate) async fn later_large(depth: usize, payload: Payload, places: &mut Vec<usize>) -> usize {
        places.push(place());
        black_box(&payload);
        if depth == 0 { 0 } else { black_box(boxed(later_large(depth - 1, payload, places)).await) + 1 }
    }

    pub(crate) async fn held(payload: Payload) -> u8 {
        std::future::pending::<()>().await;
        payload[7]
    }

    pub(crate) async fn held_mut(mut payload: Payload) -> u8 {
        std::future::pending::<()>().await;
        payload[7] += 1;
        payload[7]
    }

    pub(crate) async fn empty() {
        std::future::pending::<()>().await;
    }
}

fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}

/// Bytes of stack from one call to the next: the median, for the first and the last calls differ.
fn bytes_a_call(act: impl FnOnce(&mut Vec<usize>)) -> usize {
    let mut places = Vec::with_capacity(DEPTH + 1);
    act(&mut places);
    let mut distances: Vec<usize> = places.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect();
    distances.sort_unstable();
    distances[distances.len() / 2]
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing in it waits"),
    }
}

fn row(what: &str, plain: usize, annotated: usize) {
    println!("{what:48} {plain:8} {annotated:10} {:8}", annotated.cast_signed() - plain.cast_signed());
}

/// A row for a function of the two modules.
macro_rules! stack {
    ($what:literal, $name:ident($($argument:expr),*)) => {
        row(
            $what,
            bytes_a_call(|places| _ = black_box(plain::$name(DEPTH, $($argument,)* places))),
            bytes_a_call(|places| _ = black_box(annotated::$name(DEPTH, $($argument,)* places))),
        );
    };
    (async $what:literal, $name:ident($($argument:expr),*)) => {
        row(
            $what,
            bytes_a_call(|places| _ = black_box(now(plain::$name(DEPTH, $($argument,)* places)))),
            bytes_a_call(|places| _ = black_box(now(annotated::$name(DEPTH, $($argument,)* places)))),
        );
    };
}

/// As above, for the size of a future.
macro_rules! future {
    ($what:literal, $name:ident($($argument:expr),*)) => {
        row($what, size_of_val(&plain::$name($($argument),*)), size_of_val(&annotated::$name($($argument),*)));
    };
}

fn stacks() {
    let payload = [7; PAYLOAD_BYTES];
    stack!("sync", small());
    stack!("sync, 256 bytes by value", large(payload));
    stack!("sync, -> Result<String, String>", fallible("text"));
    stack!(async "async", later());
    stack!(async "async, 256 bytes by value", later_large(payload));
}

fn main() -> anyhow::Result<()> {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("{:48} {:>8} {:>10} {:>8}", format!("bytes, {profile}"), "plain", "annotated", "more");
    println!("stack a call, not recorded");
    stacks();
    let directory = tempfile::tempdir()?;
    let xray = xray::builder().store(directory.path().join("sizes.redb")).start()?;
    println!("stack a call, recorded");
    stacks();
    println!("future");
    let payload = [7; PAYLOAD_BYTES];
    future!("no argument", empty());
    future!("256 bytes by value", held(payload));
    future!("256 bytes by value, `mut`", held_mut(payload));
    xray.flush()?;
    Ok(())
}
