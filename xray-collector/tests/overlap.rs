//! Threads that record while the collector's side reads: the real chunks, with nothing above them.
//!
//! Small and without a store, so that it also runs under valgrind, the sanitizers and miri, which watch each access:
//! `cargo xtask sanitize`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use xray_collector::chunk::raw::read_all;
use xray_collector::chunk::{
    Ended, Entered, How, Overflow, Pool, PoolSettings, Reader, Record, Sink, Terms, Values, writer,
};
use xray_collector::clock;
use xray_collector::event::{About, Event, OuterRun, Site, What};
use xray_collector::model::{Callsite, Level, Outcome};

static SITE: Site = Site {
    name: "step",
    kind: "",
    module: "overlap",
    file: file!(),
    line: 1,
    arguments: &["text"],
    opens_run: false,
    items: "",
    key: "",
    relates: false,
};

/// What watches each access is slow.
const STEPS: u64 = if cfg!(miri) { 30 } else { 400 };
const THREADS: u64 = 3;

static POOL: Mutex<Option<Arc<Pool>>> = Mutex::new(None);

fn pool() -> Option<Arc<Pool>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Records a step whose argument is so long, and says whether both of its events were recorded.
fn step(session: u32, run: u64, length: usize) -> (u64, bool) {
    let mut writing = writer(session, pool).expect("this thread does nothing else");
    let step = writing.next_step();
    let place = Entered { step, parent: 0, run, outer_run: OuterRun::None, level: Level::Full };
    let terms = Terms::new(session, How::WithCare, 0, Level::Full);
    let (started, has_begun) = match Record::entered(writing, &SITE, terms, place) {
        Ok(mut record) => {
            let text = "0123456789".repeat(length / 10);
            if record.string(&text).is_err() {
                record.omitted();
            }
            (record.commit_now(), true)
        }
        Err(started) => (started, false),
    };
    let end = Ended { place, started, ended: clock::ticks(), outcome: Outcome::Ok };
    let writing = writer(session, pool).expect("this thread does nothing else");
    match Record::left(writing, &SITE, terms, end) {
        Some(mut record) => {
            let _ = record.string("done");
            record.commit();
            (step, has_begun)
        }
        None => (step, false),
    }
}

#[derive(Default)]
struct Seen {
    /// Of each step, how often it began and ended.
    steps: HashMap<u64, (u32, u32)>,
    /// Of each run, the step that was seen last.
    last: HashMap<u64, u64>,
    events: u64,
}

impl Sink for Seen {
    fn event(&mut self, event: Event, _: &mut Values<'_>) {
        let (begun, ended) = self.steps.entry(event.step).or_default();
        match event.what {
            What::Entered => *begun += 1,
            What::Left { .. } => *ended += 1,
        }
        let last = self.last.entry(event.run).or_default();
        assert!(event.step >= *last, "in the order of the thread");
        *last = event.step;
        self.events += 1;
    }

    fn fact(&mut self, about: About, _: &mut Values<'_>) {
        panic!("nobody said anything: {about:?}");
    }

    fn callsite(&mut self, _: u32, callsite: &Arc<Callsite>) {
        assert_eq!(&*callsite.name, "step");
    }
}

fn overlap(overflow: Overflow) -> (Seen, Arc<Pool>) {
    static TURN: Mutex<()> = Mutex::new(());
    static SESSION: AtomicU32 = AtomicU32::new(1);
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let session = SESSION.fetch_add(1, Ordering::Relaxed);
    let settings = PoolSettings { chunk_bytes: 4096, chunks: 8, overflow, ..PoolSettings::default() };
    let (mut reader, _) = Reader::new(settings, session, None, None);
    let pool = Arc::clone(reader.pool());
    *POOL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&pool));
    let is_done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let is_done = &is_done;
        let reading = scope.spawn(move || {
            let mut seen = Seen::default();
            loop {
                let is_last = is_done.load(Ordering::Acquire);
                read_all(&mut reader, &mut seen);
                if is_last {
                    assert_eq!((reader.decoded(), reader.corrupt()), (seen.events, 0));
                    return seen;
                }
                std::thread::yield_now();
            }
        });
        // Twice, so that the second half of the threads takes the slots of the first.
        for half in 0..2 {
            std::thread::scope(|scope| {
                for thread in 1..=THREADS {
                    scope.spawn(move || {
                        for number in 0..STEPS / 2 {
                            // Now and then one that spans chunks, or is given up as too long for the pool.
                            let length = if number % 10 == 9 { 6_000 } else { 20 * (number as usize % 7) };
                            step(session, half * THREADS + thread, length);
                        }
                    });
                }
            });
        }
        is_done.store(true, Ordering::Release);
        reading.join().expect("it does not panic")
    });
    *POOL.lock().unwrap_or_else(PoisonError::into_inner) = None;
    (seen, pool)
}

#[test]
fn what_threads_record_is_read_once_and_in_order() {
    let (seen, pool) = overlap(Overflow::Block);
    assert_eq!(seen.steps.len() as u64, STEPS / 2 * 2 * THREADS);
    assert!(seen.steps.values().all(|counts| *counts == (1, 1)));
    assert_eq!((pool.produced().produced, pool.produced().published()), (seen.events, seen.events));
}

#[test]
fn what_is_dropped_is_counted_and_the_rest_is_read_once_and_in_order() {
    let (seen, pool) = overlap(Overflow::Drop);
    assert!(seen.steps.values().all(|(begun, ended)| *begun <= 1 && *ended <= 1));
    let counted = pool.produced();
    assert_eq!(counted.produced, STEPS / 2 * 2 * THREADS * 2);
    assert_eq!(counted.published(), seen.events);
}
