//! Whether a call costs the same on more threads than one, and deep below others.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::measure::{Row, batches, percentile, ran};
use crate::recorded::{self, Recorded};
use crate::workload;

const ROUNDS: usize = 11;
const THREADS: [usize; 3] = [1, 2, 4];
const CALLS_PER_THREAD: usize = 20_000;
const DEPTHS: [usize; 4] = [1, 10, 100, 1_000];
/// Steps in a round, at every depth.
const STEPS: usize = 10_000;

/// `A` on several threads that start together. Times are those of one thread's call, while that thread runs.
pub(crate) fn threads(recorded: &Recorded) -> Vec<Row> {
    let mut rows = Vec::new();
    for threads in THREADS {
        eprintln!("threads {threads}: {ROUNDS} rounds");
        let (mut over_plain, mut rates) = (Vec::new(), Vec::new());
        let before = recorded.delivered();
        for _ in 0..ROUNDS {
            let plain = together(threads, || {
                batches(CALLS_PER_THREAD, || _ = black_box(workload::scalars(1, 2.0, 3.0)));
            });
            let full = together(threads, || {
                recorded::batches(CALLS_PER_THREAD, || _ = black_box(recorded::full::scalars(1, 2.0, 3.0)));
            });
            recorded.delivered();
            let calls = (threads * CALLS_PER_THREAD) as f64;
            rates.push(calls / full.wall.as_secs_f64());
            over_plain.push((full.ran.as_nanos() as f64 - plain.ran.as_nanos() as f64) / calls);
        }
        let delivered = recorded.delivered() - before;
        let calls = (ROUNDS * threads * CALLS_PER_THREAD) as u64;
        rows.push(
            Row {
                workload: format!("A, threads: {threads}"),
                variant: "xray full",
                delivered: Some(delivered),
                dropped: Some(calls.saturating_sub(delivered)),
                calls_per_second: Some(percentile(&rates, 0.5)),
                ..Row::default()
            }
            .with_times(&over_plain),
        );
    }
    rows
}

/// What threads took.
struct Took {
    /// From when all were there to when the last was done.
    wall: Duration,
    /// How long all of them ran.
    ran: Duration,
}

fn together(threads: usize, work: impl Fn() + Sync) -> Took {
    let barrier = Barrier::new(threads + 1);
    let work = || {
        barrier.wait();
        let start = ran();
        work();
        ran() - start
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        // Read before, since the threads may be done before this one is woken.
        let start = Instant::now();
        barrier.wait();
        let ran = threads.into_iter().map(|thread| thread.join().expect("no call panics")).sum();
        Took { wall: start.elapsed(), ran }
    })
}

#[inline(never)]
fn plain(depth: usize) -> usize {
    if black_box(depth) == 1 { 1 } else { plain(depth - 1) + 1 }
}

#[inline(never)]
#[xray::step(capture = "full")]
fn full(depth: usize) -> usize {
    if black_box(depth) == 1 { 1 } else { full(depth - 1) + 1 }
}

/// Steps that are the only child of another, so deep. Times are those of one step.
pub(crate) fn nested(recorded: &Recorded) -> Vec<Row> {
    let mut rows = Vec::new();
    for depth in DEPTHS {
        eprintln!("nested steps {depth}: {ROUNDS} rounds");
        let calls = STEPS / depth;
        let mut over_plain = Vec::new();
        let before = recorded.delivered();
        for _ in 0..ROUNDS {
            let start = ran();
            for _ in 0..calls {
                black_box(plain(depth));
            }
            let plain = ran() - start;
            let start = ran();
            recorded::run(|| {
                for _ in 0..calls {
                    black_box(full(depth));
                }
            });
            let full = ran() - start;
            over_plain.push((full.as_nanos() as f64 - plain.as_nanos() as f64) / STEPS as f64);
            recorded.delivered();
        }
        let delivered = recorded.delivered() - before;
        rows.push(
            Row {
                workload: format!("{depth} nested"),
                variant: "xray full",
                delivered: Some(delivered),
                dropped: Some(((ROUNDS * STEPS) as u64).saturating_sub(delivered)),
                ..Row::default()
            }
            .with_times(&over_plain),
        );
    }
    rows
}
