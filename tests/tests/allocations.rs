//! A recorded call allocates nothing on the thread that makes it, whatever is captured of it.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use serde::Serialize;
use xray_tests::Recording;

/// Counts what each thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `act` allocates on this thread.
fn allocated(act: impl FnOnce()) -> u64 {
    let before = ALLOCATED.get();
    act();
    ALLOCATED.get() - before
}

#[derive(Debug, Clone, Serialize, xray::Capture)]
struct Item {
    id: String,
    title: String,
    price: f64,
    tags: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Served(Item);

fn items() -> Vec<Item> {
    let item = |number: usize| Item {
        id: format!("item-{number:07}"),
        title: format!("A title of exactly forty letters: {number:06}"),
        price: number as f64,
        tags: ["alpha", "beta", "gamma"].map(str::to_owned).to_vec(),
    };
    (0..100).map(item).collect()
}

macro_rules! functions {
    ($(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub(super) fn scalars(a: u64, b: f64, c: f32) -> f64 {
            a as f64 * b + f64::from(c)
        }

        $(#[$attribute])*
        pub(super) fn result(item: &crate::Item, limit: f64) -> Result<bool, String> {
            Ok(item.price < limit)
        }

        $(#[$attribute])*
        pub(super) fn served(item: &crate::Served, limit: f64) -> Result<bool, String> {
            Ok(item.0.price < limit)
        }

        $(#[$attribute])*
        pub(super) fn list(items: Vec<crate::Item>, limit: f64) -> Vec<crate::Item> {
            items.into_iter().filter(|item| item.price < limit).collect()
        }
    };
}

mod plain {
    functions!();
}
mod full {
    functions!(#[xray::step(capture = "full")]);
}
mod metrics {
    functions!(#[xray::step(capture = "metrics")]);
}

/// Calls the functions of this module.
macro_rules! call {
    ($module:ident, $items:expr) => {{
        let items: &[Item] = $items;
        let served = Served(items[7].clone());
        let mut lists: Vec<Vec<Item>> = (0..20).map(|_| items.to_vec()).collect();
        move || {
            for number in 0..5_000 {
                black_box($module::scalars(number, 2.0, 3.0));
                let _ = black_box($module::result(&items[7], 5.0));
                let _ = black_box($module::served(&served, 5.0));
            }
            while let Some(list) = lists.pop() {
                black_box($module::list(list, 50.0));
            }
        }
    }};
}

#[xray::run(skip(act))]
fn run(act: impl FnOnce()) {
    act();
}

#[test]
fn a_call_allocates_no_more_than_it_would_without_the_attribute() {
    let recording = Recording::start();
    let items = items();
    let plain = allocated(call!(plain, &items));
    // A thread's first calls take what it needs to record.
    run(call!(full, &items));
    run(call!(metrics, &items));
    // In their runs: a run is known before its calls are counted.
    let (mut at_full, mut at_metrics) = (u64::MAX, u64::MAX);
    let act = call!(full, &items);
    run(|| at_full = allocated(act));
    let act = call!(metrics, &items);
    run(|| at_metrics = allocated(act));
    assert_eq!((at_full, at_metrics), (plain, plain));
    recording.guard().flush().expect("a store that works");
    let stats = xray::stats();
    assert!(stats.produced - stats.dropped.total() > 1000, "nothing was recorded: {stats:?}");
}
