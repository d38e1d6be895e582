//! The file of chunks that a process leaves when it dies: what is in it, and what becomes of one that is not as it should
//! be.
//!
//! The files of a process that records are copied while it does: that is what is left of it if it dies at that moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use xray::model::{Outcome, Run, RunStatus};
use xray::store::{EmbeddedStore, MAX_PAGE, RunQuery, Store, StoreError};
use xray::{Overflow, Stats};
use xray_collector::{Collector, Settings};
use xray_tests::{Call, Hooked, Recording, line, turn};

/// Bytes before the first chunk.
const PREAMBLE: usize = 32 * 1024;
const CHUNK: usize = 4096;

#[xray::step]
fn double(number: u64, noise: &str) -> u64 {
    number * 2 + noise.len() as u64
}

#[xray::run]
fn pipeline(number: u64, act: impl FnOnce()) -> u64 {
    let doubled = double(number, "some text that is in the file");
    act();
    doubled + 1
}

/// What a process left.
struct Left {
    directory: tempfile::TempDir,
}

impl Left {
    /// As it is now.
    fn of(recording: &Recording) -> Self {
        Self::of_store(&recording.path())
    }

    fn of_store(path: &Path) -> Self {
        let left = Self { directory: tempfile::tempdir().expect("a directory") };
        fs::copy(path, left.store()).expect("copied");
        fs::copy(chunks_of(path), left.chunks()).expect("copied");
        left
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("left.redb")
    }

    fn chunks(&self) -> PathBuf {
        chunks_of(&self.store())
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.chunks()).expect("readable")
    }

    /// With the file of chunks changed.
    fn changed(&self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let left = Self { directory: tempfile::tempdir().expect("a directory") };
        fs::copy(self.store(), left.store()).expect("copied");
        let mut bytes = self.bytes();
        change(&mut bytes);
        fs::write(left.chunks(), bytes).expect("writable");
        left
    }

    /// What the next process finds: the books of its collector, and the runs, oldest first.
    fn recover(&self) -> (Stats, Vec<String>) {
        let store = Arc::new(EmbeddedStore::open(self.store()).expect("a store that opens"));
        let settings = Settings::default();
        let collector = Collector::start(settings, 1, Arc::clone(&store) as Arc<dyn Store>).expect("it starts");
        let stats = collector.stats();
        collector.stop().expect("a store that works");
        let runs = runs(&*store).iter().map(|run| text(&*store, run)).collect();
        (stats, runs)
    }

    /// The names of the files that are left.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).expect("readable");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().expect("UTF-8")).collect()
    }
}

fn chunks_of(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".chunks");
    name.into()
}

fn runs(store: &dyn Store) -> Vec<Run> {
    let mut runs = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("readable").rows;
    runs.reverse();
    runs
}

fn text(store: &dyn Store, run: &Run) -> String {
    let steps = store.steps(run.id, None, MAX_PAGE).expect("readable");
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            let detail = store.step(run.id, step.id).expect("readable").expect("there");
            line(&detail).replace("noise=\"some text that is in the file\"", "…")
        })
        .map(|line| line.split_once("act=").map_or(line.clone(), |(line, _)| line.to_owned()))
        .collect();
    format!("{} {} {} lost, {}", run.status.as_str(), run.steps, run.lost_events, steps.join("; "))
}

fn completed(number: u64) -> String {
    let doubled = number * 2 + 29;
    format!("completed 2 0 lost, pipeline(number={number}, ; double(number={number}, …) returned {doubled}")
}

fn crashed(number: u64) -> String {
    completed(number).replace("completed", "crashed")
}

/// A recorder that writes nothing by itself, with chunks of 4 KiB.
fn recording(chunks: u32) -> Recording {
    Recording::start_with(|builder| builder.chunks(CHUNK, chunks).flush_interval(Duration::from_secs(3600)))
}

/// Three runs, one of which is written, one not, and one neither written nor over.
fn left() -> Left {
    let recording = recording(8);
    pipeline(1, || ());
    recording.guard().flush().expect("a store that works");
    pipeline(2, || ());
    let mut left = None;
    pipeline(3, || left = Some(Left::of(&recording)));
    left.expect("the closure was called")
}

fn all() -> Vec<String> {
    vec![completed(1), completed(2), crashed(3)]
}

#[test]
fn what_was_not_written_is_recovered_and_the_file_is_gone() {
    let left = left();
    assert_eq!(left.bytes().len(), PREAMBLE + 8 * CHUNK);
    assert!(left.bytes().windows(9).any(|bytes| bytes == b"some text"), "it is what was captured");
    let (stats, runs) = left.recover();
    assert_eq!(runs, all());
    assert_eq!((stats.recovered.stored, stats.recovered.corrupt, stats.recovered.lost), (7, 0, 0));
    assert!(stats.crash_proof && stats.recovery_notes.is_empty(), "{stats:?}");
    assert_eq!(left.files(), ["left.redb"]);
    // And nothing changes when it is opened again.
    assert_eq!(left.recover().1, all());
}

#[test]
fn a_process_that_dies_while_it_recovers_leaves_nothing_behind_and_takes_nothing_twice() {
    let left = Arc::new(left());
    let again = Arc::new(Left { directory: tempfile::tempdir().expect("a directory") });
    // Dead when everything is stored, and before that is known to anybody.
    let (from, to) = (Arc::clone(&left), Arc::clone(&again));
    let store = Hooked::new(&left.store(), true, move |call| {
        if call == Call::Written && from.chunks().exists() {
            fs::copy(from.store(), to.store()).expect("copied");
            fs::copy(from.chunks(), to.chunks()).expect("copied");
        }
        Ok(())
    });
    let collector = Collector::start(Settings::default(), 1, store).expect("it starts");
    assert_eq!(collector.stats().recovered.stored, 7);
    collector.stop().expect("a store that works");
    let (stats, runs) = again.recover();
    assert_eq!((runs, stats.recovered.stored), (all(), 0), "{stats:?}");
}

#[test]
fn what_a_failing_store_did_not_take_is_recovered() {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("failing.redb");
    let fails = Arc::new(AtomicBool::new(false));
    let is_failing = Arc::clone(&fails);
    let store = Hooked::new(&path, true, move |call| match call {
        Call::Write if is_failing.load(Ordering::SeqCst) => Err(StoreError::Panicked { message: "not now".to_owned() }),
        _ => Ok(()),
    });
    let builder = xray::builder().store_with(store).chunks(CHUNK, 64);
    let xray = builder.flush_interval(Duration::from_secs(3600)).start().expect("a collector");
    pipeline(1, || ());
    xray.flush().expect("a store that works");
    fails.store(true, Ordering::SeqCst);
    for number in 2..10 {
        pipeline(number, || ());
        xray.flush().expect_err("a store that fails");
    }
    let left = Left::of_store(&path);
    let (stats, runs) = left.recover();
    assert_eq!(runs, (1..10).map(completed).collect::<Vec<_>>(), "{stats:?}");
    // An orderly end cannot store it either: the file stays for the next process.
    drop(xray);
    let stats = xray::stats();
    assert_eq!((stats.in_flight, stats.dropped.total()), (32, 0), "{stats:?}");
    assert_eq!(Left::of_store(&path).recover().1, (1..10).map(completed).collect::<Vec<_>>());
}

#[test]
#[cfg(unix)]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let recording = recording(8);
    let mode = fs::metadata(chunks_of(&recording.path())).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// What is done to the bytes of a file.
type Change = Box<dyn Fn(&mut Vec<u8>)>;

#[test]
fn a_file_that_another_version_or_machine_wrote_is_kept_under_another_name() {
    let word = |number: usize, value: u64| {
        move |bytes: &mut Vec<u8>| bytes[number * 8..number * 8 + 8].copy_from_slice(&value.to_ne_bytes())
    };
    let cases: [(&str, Change); 4] = [
        ("it has format 99, and this version of xray reads 1", Box::new(word(2, 99))),
        ("it was written on a machine with another byte order", Box::new(|bytes| bytes[8..16].reverse())),
        ("it is said to have 8 chunks of 4097 bytes", Box::new(word(3, 4097))),
        ("it is said to have 18446744073709551615 chunks of 4096 bytes", Box::new(word(4, u64::MAX))),
    ];
    let whole = left();
    for (why, change) in cases {
        let left = whole.changed(change);
        let before = left.bytes();
        let (stats, runs) = left.recover();
        assert_eq!(runs, [completed(1)], "{why}");
        let [note] = &stats.recovery_notes[..] else { panic!("one note: {stats:?}") };
        assert!(note.contains(&format!("was not recovered: {why}; it is now ")), "{note}");
        assert_eq!((stats.crash_proof, stats.recovered.stored), (true, 0));
        assert_eq!(left.files(), ["left.redb", "left.redb.chunks.unread-1"]);
        assert_eq!(fs::read(left.directory.path().join("left.redb.chunks.unread-1")).expect("readable"), before);
    }
}

#[test]
fn a_file_that_ends_early_costs_what_is_behind_its_end() {
    let whole = left();
    let length = whole.bytes().len();
    for end in [0, 5, 8, 95, 96, 4096, PREAMBLE - 1, PREAMBLE, PREAMBLE + 1, PREAMBLE + 100, PREAMBLE + 600, length - 1]
    {
        let left = whole.changed(|bytes| bytes.truncate(end));
        let (stats, runs) = left.recover();
        assert_eq!(runs[0], completed(1), "{end}");
        let note = match end {
            0 => String::new(),
            // Too little to know whose it is.
            5 => "it is not a file of xray's".to_owned(),
            8 | 95 => "was not recovered: it ends within its first words; it is now".to_owned(),
            _ => format!("the file ends after {end} of {length} bytes"),
        };
        assert_eq!((stats.crash_proof, stats.recovery_notes.len()), (end != 5, usize::from(end != 0)), "{stats:?}");
        assert!(stats.recovery_notes.concat().contains(&note), "{end}: {stats:?}");
    }
    let longer = whole.changed(|bytes| bytes.extend([1; 5000]));
    assert_eq!(longer.recover().1, all());
}

#[test]
fn a_file_of_zeros_is_one_that_was_never_finished() {
    let left = left().changed(|bytes| bytes.fill(0));
    let (stats, runs) = left.recover();
    assert_eq!((runs, stats.recovery_notes.len(), stats.crash_proof), (vec![completed(1)], 0, true));
}

#[test]
fn somebody_elses_file_stays_what_it_is() {
    let theirs = b"chunks of chocolate, not of xray\n".repeat(100);
    let left = left().changed(|bytes| bytes.clone_from(&theirs));
    let (stats, runs) = left.recover();
    assert_eq!((runs, stats.crash_proof), (vec![completed(1)], false));
    assert!(stats.recovery_notes[0].ends_with("left.redb.chunks\": it is not a file of xray's"), "{stats:?}");
    assert_eq!(left.bytes(), theirs);

    let left = left.changed(Vec::clear);
    fs::remove_file(left.chunks()).expect("removed");
    fs::create_dir(left.chunks()).expect("created");
    let (stats, _) = left.recover();
    assert!(!stats.crash_proof && stats.recovery_notes[0].contains("left.redb.chunks\" cannot be read: "), "{stats:?}");
}

#[test]
fn the_file_of_a_process_that_lives_is_left_alone() {
    let left = left();
    let (before, file) = (left.bytes(), fs::File::open(left.chunks()).expect("readable"));
    file.lock().expect("nobody has it");
    let (stats, runs) = left.recover();
    assert_eq!((runs, stats.crash_proof), (vec![completed(1)], false));
    assert!(stats.recovery_notes[0].ends_with("is in use by a process that is alive"), "{stats:?}");
    assert_eq!(left.bytes(), before);
    // When it is over, nothing is lost, and nothing is there twice.
    drop(file);
    assert_eq!(left.recover().1, all());
}

#[test]
fn whoever_does_not_get_the_store_does_not_touch_the_chunks() {
    let recording = recording(8);
    pipeline(1, || ());
    let chunks = chunks_of(&recording.path());
    let before = fs::read(&chunks).expect("readable");
    let error = EmbeddedStore::open(recording.path()).expect_err("it is in use");
    assert!(error.to_string().contains("is in use"), "{error}");
    assert_eq!(fs::read(&chunks).expect("readable"), before);
}

/// Whatever is in the file: the next process starts, and what was written before stays. `is_damaged` says which bytes of the
/// file may be anything.
fn damage(seed: u64, is_damaged: impl Fn(usize) -> bool, check: impl Fn(&Stats, &[String])) {
    let whole = left();
    let mut random = seed;
    let mut below = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % bound as u64) as usize
    };
    for _ in 0..40 {
        let left = whole.changed(|bytes| {
            for _ in 0..=below(20) {
                // In the losses, and in the header and the first records of a chunk.
                let at = if below(8) == 0 { 4096 + below(1200) } else { PREAMBLE + below(1200) };
                if is_damaged(at) {
                    bytes[at] = [0, 0xff, bytes[at] ^ 1 << below(8), below(256) as u8][below(4)];
                }
            }
        });
        let (stats, runs) = left.recover();
        assert!(stats.crash_proof && stats.panics == 0, "{stats:?}");
        check(&stats, &runs);
    }
}

#[test]
fn damaged_records_cost_themselves_and_what_follows_in_their_chunk() {
    // Whose chunk it is, is not.
    let is_damaged = |at: usize| at >= PREAMBLE && !(PREAMBLE + 8..PREAMBLE + 64).contains(&at);
    damage(0x9e37_79b9_7f4a_7c15, is_damaged, |_, runs| {
        assert!(runs.contains(&completed(1)), "what was written stays: {runs:#?}");
    });
}

#[test]
fn no_damage_keeps_the_next_process_from_starting() {
    damage(0xd1b5_4a32_d192_ed03, |_| true, |_, runs| assert!(!runs.is_empty()));
}

#[test]
fn of_two_chunks_that_say_they_are_the_same_one_is_read() {
    let left = left().changed(|bytes| bytes.copy_within(PREAMBLE..PREAMBLE + CHUNK, PREAMBLE + 5 * CHUNK));
    let (stats, runs) = left.recover();
    assert_eq!(runs, all());
    assert!(stats.recovered.corrupt > 0, "{stats:?}");
}

#[test]
fn what_threads_had_to_drop_is_known_after_a_crash() {
    let recording = Recording::start_with(|builder| {
        builder.chunks(CHUNK, 2).overflow(Overflow::Drop).flush_interval(Duration::from_secs(3600))
    });
    let mut left = None;
    pipeline(1, || {
        let mut number = 0;
        while xray::stats().dropped.no_chunk < 100 {
            double(number, "x");
            number += 1;
        }
        left = Some((Left::of(&recording), xray::stats()));
    });
    let (left, stats) = left.expect("the closure was called");
    let (_, runs) = left.recover();
    let lost = format!(" {} lost, ", stats.dropped.no_chunk);
    assert!(runs.len() == 1 && runs[0].starts_with("crashed ") && runs[0].contains(&lost), "{stats:?} {runs:#?}");
}

#[test]
fn a_run_that_was_held_back_is_there_as_far_as_it_came() {
    let keep = xray::KeepRuns { share: 0.0, slow: None, surprising: false, ..xray::KeepRuns::default() };
    let recording = Recording::start_with(|builder| builder.keep_runs(keep).flush_interval(Duration::from_secs(3600)));
    pipeline(1, || ());
    let mut left = None;
    pipeline(2, || {
        // It was read, and of it nothing but its row is in the store.
        recording.guard().flush().expect("a store that works");
        let store = recording.guard().store();
        assert_eq!(store.steps(runs(&*store)[1].id, None, 10).expect("readable"), []);
        double(7, "more");
        left = Some(Left::of(&recording));
    });
    let (stats, runs) = left.expect("the closure was called").recover();
    assert!(
        runs[0].starts_with("completed 2 0 lost, pipeline() returned") || runs[0].starts_with("completed 2 0 lost")
    );
    let held = "crashed 3 0 lost, pipeline(number=2, ; double(number=2, …) returned 33; \
                double(number=7, noise=\"more\") returned 18";
    assert_eq!((&*runs[1], runs.len(), stats.recovered.lost), (held, 2, 0));
}

#[test]
fn a_step_that_was_open_at_a_level_without_values_is_counted_as_if_nothing_had_happened() {
    #[xray::step(kind = "filter", capture = "metrics")]
    fn small(numbers: Vec<u64>, act: impl FnOnce()) -> Vec<u64> {
        xray::reason("too large");
        act();
        numbers.into_iter().filter(|number| *number < 3).collect()
    }
    let recording = recording(8);
    let mut left = None;
    #[xray::run]
    fn outer(act: impl FnOnce()) -> Vec<u64> {
        small(vec![1, 2, 3, 4, 5], act)
    }
    // Its arguments were read and are held; its end was not read when the process died.
    outer(|| recording.guard().flush().expect("a store that works"));
    #[xray::step]
    fn last(act: impl FnOnce()) {
        act();
    }
    last(|| left = Some(Left::of(&recording)));
    let left = left.expect("the closure was called");
    left.recover();
    let store = EmbeddedStore::open(left.store()).expect("a store that opens");
    let runs = runs(&store);
    assert_eq!((runs[0].status, runs[0].steps, runs[0].lost_events), (RunStatus::Completed, 2, 0));
    let steps = store.steps(runs[0].id, None, 10).expect("readable");
    let small = &steps[1];
    assert_eq!((small.outcome, small.items_in, small.items_out), (Outcome::Returned, Some(5), Some(2)));
    assert_eq!((small.counts.kept, small.counts.eliminated, small.counts.inferred), (2, 3, true));
}
