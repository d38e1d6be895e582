//! What a process recorded is in the store after it was killed: all of it, in order, once.
//!
//! Each test starts this binary again as the process that dies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use xray::model::{Outcome, Run, RunStatus, Step};
use xray::store::{EmbeddedStore, MAX_PAGE, RunQuery, Store as _};
use xray::{Overflow, Stats};
use xray_collector::{Collector, Settings};
use xray_tests::{child, role};

/// How many processes are killed, two at a time.
const KILLS: u64 = 200;
/// The numbers of the first thread begin here, those of the second at twice as much.
const THREAD: u64 = 1_000_000_000;

#[xray::step]
fn count(number: u64, text: &str) -> u64 {
    xray::keep!(number; number % 3 != 0);
    number + text.len() as u64
}

fn text_of(number: u64) -> String {
    "x".repeat(number as usize * 37 % 6_000)
}

/// Counts up, and says after each number that it was counted.
#[xray::run]
fn work(from: u64, mut said: impl FnMut(u64)) {
    for number in from.. {
        // Of many lengths, so that records end anywhere in a chunk, and some span several.
        count(number, &text_of(number));
        said(number);
    }
}

/// Numbers from a seed, the same each time: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Works on two threads, until somebody kills it.
fn work_until_killed(path: &str) {
    let builder = xray::builder().store(path).chunks(4096, 64).overflow(Overflow::Block);
    let _xray = builder.flush_interval(Duration::from_millis(2)).start().expect("a collector");
    let works = |thread: u64| {
        work(thread * THREAD, |number| {
            let text = format!("{number}\n");
            // One write, so that lines of two threads do not mix.
            std::io::stdout().write_all(text.as_bytes()).expect("a parent that listens");
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(|| works(1));
        scope.spawn(|| works(2));
    });
}

/// The number that the child said, and which of its threads said it.
fn said(line: std::io::Result<String>) -> Option<(usize, u64)> {
    // The last line may be torn, and the test harness has something to say as well.
    let number: u64 = line.ok()?.parse().ok()?;
    Some(((number / THREAD) as usize - 1, number))
}

/// Starts a process, kills it after it has said a random number of things, and checks what it left. Returns how many steps
/// were found.
fn kill_one(directory: &Path, seed: u64) -> u64 {
    let mut random = Random(seed * 7919 + 1);
    let (things, pause) = (random.below(1_000), random.below(3_000));
    let path = directory.join(format!("{seed}.redb"));
    let mut process = child("every_step_that_was_acknowledged_before_a_kill_is_in_the_store", text(&path))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let mut last = [None; 2];
    for (thread, number) in lines.by_ref().filter_map(said).take(things as usize) {
        last[thread] = Some(number);
    }
    std::thread::sleep(Duration::from_micros(pause));
    process.kill().expect("it lives");
    process.wait().expect("it is over");
    for (thread, number) in lines.filter_map(said) {
        last[thread] = Some(number);
    }
    recover(&path);
    check(&path, last)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// What the next process does when it starts, and that it leaves no file behind but the store.
fn recover(path: &Path) -> Stats {
    let store = Arc::new(EmbeddedStore::open(path).expect("a store that opens"));
    let chunks = store.chunk_file().expect("a store on disk");
    let collector = Collector::start(Settings::default(), 1, store).expect("it starts");
    assert!(chunks.exists() && collector.stats().crash_proof, "{:?}", collector.stats());
    let stats = collector.stats();
    collector.stop().expect("a store that works");
    assert!(!chunks.exists(), "the end was an orderly one");
    stats
}

/// All steps of a run, in the order in which they began.
fn steps(store: &EmbeddedStore, run: &Run) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    loop {
        let page = store.steps(run.id, steps.last().map(|step| step.id), MAX_PAGE).expect("readable");
        if page.is_empty() {
            return steps;
        }
        steps.extend(page);
    }
}

fn runs(store: &EmbeddedStore) -> Vec<Run> {
    store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("readable").rows
}

/// Everything that was said to be done is there, and nothing twice. Returns how many steps there are.
fn check(path: &Path, last: [Option<u64>; 2]) -> u64 {
    let store = EmbeddedStore::open(path).expect("a store that opens");
    let runs = runs(&store);
    let mut found = [0, 0];
    for run in &runs {
        assert_eq!((&*run.pipeline, run.status, run.lost_events), ("work", RunStatus::Crashed, 0), "{run:#?}");
        let steps = steps(&store, run);
        assert_eq!(run.steps as usize, steps.len(), "{run:#?}");
        let root = store.step(run.id, steps[0].id).expect("readable").expect("there");
        assert_eq!(root.step.outcome, Outcome::Open);
        let from: u64 = root.arguments[0].captured.to_json().as_u64().expect("a number");
        let counts = &steps[1..];
        for (number, step) in (from..).zip(counts) {
            let is_last = number - from == counts.len() as u64 - 1;
            check_count(&store, run, step, number, is_last);
        }
        let ended = counts.iter().filter(|step| step.outcome != Outcome::Open).count() as u64;
        let thread = (from / THREAD) as usize - 1;
        assert_eq!(std::mem::replace(&mut found[thread], from + ended), 0, "each run is there once");
    }
    for (said, found) in last.into_iter().zip(found) {
        assert!(said.is_none_or(|said| said < found), "{said:?} was said, and up to {found} is there");
    }
    runs.iter().map(|run| run.steps).sum()
}

fn check_count(store: &EmbeddedStore, run: &Run, step: &Step, number: u64, is_last: bool) {
    if step.outcome == Outcome::Open {
        assert!(is_last, "only the last step can be open: {step:#?}");
    } else {
        let (kept, eliminated) = (step.counts.kept, step.counts.eliminated);
        assert_eq!((step.outcome, kept + eliminated, kept), (Outcome::Returned, 1, u64::from(number % 3 != 0)));
    }
    let step = store.step(run.id, step.id).expect("readable").expect("there");
    let [first, second] = &step.arguments[..] else { panic!("two arguments: {step:#?}") };
    assert_eq!(first.captured.to_json(), number, "in order, without a gap");
    assert_eq!(second.captured.to_json(), text_of(number));
    assert!(step.facts.len() <= 1, "{step:#?}");
    if let Some(result) = &step.result {
        assert_eq!(result.to_json(), number + text_of(number).len() as u64);
    }
}

#[test]
fn every_step_that_was_acknowledged_before_a_kill_is_in_the_store() {
    if let Some(path) = role() {
        return work_until_killed(&path);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let kill_half = |half: u64| (0..KILLS / 2).map(|kill| kill_one(directory.path(), kill * 2 + half)).sum::<u64>();
    let found: u64 = std::thread::scope(|scope| {
        let other = scope.spawn(|| kill_half(1));
        kill_half(0) + other.join().expect("no panic")
    });
    assert!(found > KILLS * 100, "they had something to say: {found}");
}
