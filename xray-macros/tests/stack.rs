//! How much stack a call takes: recursion that fits without the attribute is to fit with it.
//!
//! Measured by the distance between a local of one call and that of the next, which an overflow would only bound.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::hint::black_box;
use std::pin::Pin;

use xray_tests::Recording;

/// What a call may take beside what it takes without the attribute. Without optimization there are two frames more, of
/// the closure that holds the body and of `call`, and nothing in them shares a place: 1072 bytes were measured here.
/// Optimized, there is one frame again, in which the recorder's code is inlined, with its locals: 544 bytes.
const MORE_BYTES: usize = 1536;
/// As above for an async function: the future in which it runs, its `poll`, and copies of what they return: 1456 bytes
/// were measured without optimization, 416 with it.
const MORE_BYTES_LATER: usize = if cfg!(debug_assertions) { 2560 } else { 1024 };
const DEPTH: usize = 64;
/// A stack that has room for the plain recursion and for the bound, not for much else.
const STACK_BYTES: usize = 256 << 10;

/// Where the local is.
fn place<T>(local: &T) -> usize {
    black_box(std::ptr::from_ref(local)).addr()
}

/// Notes its place at every depth.
macro_rules! down {
    ($name:ident $later:ident $(#[$attribute:meta])*) => {
        $(#[$attribute])*
        #[inline(never)]
        fn $name(depth: usize, numbers: &[u64], places: &mut [usize]) -> Result<u64, String> {
            let local = black_box(depth as u64);
            places[depth] = place(&local);
            if depth == 0 {
                return Ok(local);
            }
            let below = $name(depth - 1, numbers, places)?;
            Ok(black_box(below + local + numbers[0]))
        }

        $(#[$attribute])*
        fn $later<'a>(
            depth: usize,
            numbers: &'a [u64],
            places: &'a mut [usize],
        ) -> Pin<Box<dyn Future<Output = Result<u64, String>> + Send + 'a>> {
            Box::pin(async move {
                let on_stack = async {
                    let local = black_box(depth as u64);
                    // In a closure, since a local of the future itself may be in the box.
                    places[depth] = (|| place(&black_box(depth)))();
                    local
                };
                let local = on_stack.await;
                if depth == 0 {
                    return Ok(local);
                }
                let below = $later(depth - 1, numbers, places).await?;
                Ok(black_box(below + local + numbers[0]))
            })
        }
    };
}

down!(plain plain_later);
down!(annotated annotated_later #[xray::step(skip(places))]);

async fn plain_async(depth: usize, places: &mut [usize]) -> usize {
    places[depth] = (|| place(&black_box(depth)))();
    if depth == 0 { 0 } else { Box::pin(plain_async(depth - 1, places)).await + 1 }
}

#[xray::step(skip(places))]
async fn annotated_async(depth: usize, places: &mut [usize]) -> usize {
    places[depth] = (|| place(&black_box(depth)))();
    if depth == 0 { 0 } else { Box::pin(annotated_async(depth - 1, places)).await + 1 }
}

/// The bytes between one call and the next, on a small stack.
fn bytes_a_call(act: impl FnOnce(&mut [usize]) + Send) -> usize {
    let mut places = vec![0; DEPTH + 1];
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let done = thread.spawn_scoped(scope, || act(&mut places)).expect("a thread").join();
        done.expect("no panic");
    });
    // The same for all but the first and the last, which other code calls, or which call other code.
    let distances: Vec<_> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let inner = &distances[1..DEPTH - 1];
    assert!(inner.iter().all(|distance| *distance == inner[0]), "{distances:?}");
    inner[0]
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn compare(when: &str) {
    let plain_bytes = bytes_a_call(|places| assert!(plain(DEPTH, &[1], places).is_ok()));
    let annotated_bytes = bytes_a_call(|places| assert!(annotated(DEPTH, &[1], places).is_ok()));
    println!("{when}: {plain_bytes} -> {annotated_bytes} bytes a call");
    let plain_boxed = bytes_a_call(|places| assert!(block_on(plain_later(DEPTH, &[1], places)).is_ok()));
    let annotated_boxed = bytes_a_call(|places| assert!(block_on(annotated_later(DEPTH, &[1], places)).is_ok()));
    println!("{when}: {plain_boxed} -> {annotated_boxed} bytes a poll of a boxed future");
    let plain_polled = bytes_a_call(|places| assert_eq!(block_on(plain_async(DEPTH, places)), DEPTH));
    let annotated_polled = bytes_a_call(|places| assert_eq!(block_on(annotated_async(DEPTH, places)), DEPTH));
    println!("{when}: {plain_polled} -> {annotated_polled} bytes a poll of an async function");
    assert!(annotated_bytes <= plain_bytes + MORE_BYTES, "{plain_bytes} -> {annotated_bytes}");
    assert!(annotated_boxed <= plain_boxed + MORE_BYTES_LATER, "{plain_boxed} -> {annotated_boxed}");
    assert!(annotated_polled <= plain_polled + MORE_BYTES_LATER, "{plain_polled} -> {annotated_polled}");
}

#[test]
fn a_call_takes_little_more_stack() {
    compare("not recorded");
    let recording = Recording::start();
    compare("recorded");
    assert_eq!(recording.runs().len(), 3);
}
