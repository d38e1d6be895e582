//! The attribute on the allocator itself: whatever xray allocates on its way must not wait for itself.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use xray_tests::Recording;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    #[xray::step]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    #[xray::step]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[xray::run]
fn allocates(length: usize) -> usize {
    vec![1_u8; length].len()
}

#[test]
fn an_instrumented_allocator_is_recorded_and_does_not_hang() {
    assert_eq!(allocates(10), 10);
    let recording = Recording::start();
    assert_eq!(allocates(1234), 1234);
    let other = std::thread::spawn(|| allocates(5678)).join().expect("it does not panic");
    assert_eq!(other, 5678);
    recording.guard().flush().expect("a store that works");
    assert!(ALLOCATED.load(Ordering::Relaxed) > 0);
    let query = xray::store::RunQuery { pipeline: Some("allocates".into()), limit: 10, ..Default::default() };
    let runs = recording.guard().store().runs(&query).expect("readable").rows;
    assert_eq!(runs.len(), 2);
    for run in runs {
        let names: Vec<_> = recording.steps(run.id).iter().map(|step| step.callsite.name.to_string()).collect();
        assert_eq!(names, ["allocates", "alloc", "dealloc"]);
    }
}
