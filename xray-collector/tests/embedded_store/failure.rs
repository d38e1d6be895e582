//! Killed processes, full disks, and readers that do not wait for the writer.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, MAX_PAGE, RunQuery, Segment, Store, StoreError};

use crate::fixture::{
    all_runs, callsite, count, directory, everything, open, run, run_id, runs, step, store_with_batch,
};
use crate::process::{Process, say};

#[test]
fn a_killed_process_leaves_what_it_has_written() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let expected = everything(&store_with_batch(&directory.path().join("expected.redb")));
    let mut process = Process::start("hold", &path);
    assert_eq!(process.listen().as_deref(), Some("held"));
    process.kill();
    assert_eq!(everything(&open(&path)), expected);
}

#[test]
fn a_process_that_is_killed_while_it_writes_leaves_whole_batches() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    for _ in 0..5 {
        let mut process = Process::start("write", &path);
        let heard: Vec<_> = (0..20).map(|_| process.listen().expect("it writes for ever")).collect();
        let said = [heard, process.kill()].concat();
        let store = open(&path);
        let written = all_runs(&store).len() as u64;
        let last: u64 = said.last().unwrap().parse().unwrap();
        assert!(written >= last.min(MAX_PAGE as u64), "{last} batches were acknowledged, {written} are there");
        drop(store);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn readers_see_whole_batches_while_others_are_written() {
    const STEPS: u64 = 20;
    let directory = directory();
    let store = &open(&directory.path().join("movies.redb"));
    store.write(&Batch { callsites: vec![(0, callsite("suitable", &[]))], ..Batch::default() }).unwrap();
    let done = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut answers = 0;
                let mut newest = 0;
                while !done.load(Ordering::Acquire) {
                    let page = store.runs(&RunQuery { limit: 5, ..RunQuery::default() }).unwrap();
                    for run in &page.rows {
                        assert_eq!(store.steps(run.id, None, MAX_PAGE).unwrap().len() as u64, STEPS);
                    }
                    let first = page.rows.first().map_or(0, |run| run.started_ns);
                    assert!(first >= newest, "what was there is gone");
                    newest = first;
                    let summary = store.summary().unwrap();
                    let all: u64 = summary.runs.iter().map(|(_, count)| count).sum();
                    assert_eq!(summary.steps, all * STEPS);
                    answers += 1;
                }
                answers
            })
        });
        for root in 1..=200 {
            let mut batch = runs([run(root, root, RunStatus::Running)]);
            batch.steps = (1..=STEPS).map(|id| step(run_id(root), id)).collect();
            store.write(&batch).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    assert_eq!(count(store, RunStatus::Running), 200);
}

/// A batch that no codec makes much smaller than its payload.
fn batch_of(root: u64, bytes: usize) -> Batch {
    let mut state = root;
    let random = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    });
    let payload = random.take(bytes).collect();
    let mut batch = runs([run(root, root, RunStatus::Running)]);
    batch.segments = vec![Segment { number: root, names: Vec::new(), payload }];
    batch
}

/// The first batch does not fit and is gone; those that do fit are written, and readers were never without an answer.
pub(crate) fn outgrow_the_disk(path: &Path) {
    let store = open(path);
    store.write(&batch_of(1, 1_000)).unwrap();
    for _ in 0..3 {
        say(write_error(&store, 2, 32 << 20));
        assert_eq!(all_runs(&store), [run_id(1)]);
    }
    store.write(&batch_of(3, 1_000)).unwrap();
    assert_eq!(all_runs(&store), [run_id(3), run_id(1)]);
    drop(store);
    let store = open(path);
    assert_eq!(all_runs(&store), [run_id(3), run_id(1)]);
    assert_eq!(count(&store, RunStatus::Running), 2);
    assert_eq!(store.next_segment().unwrap(), 4);
}

/// A disk that others fill: not even a small batch fits until they make room.
pub(crate) fn fill_the_disk(path: &Path) {
    let store = open(path);
    store.write(&batch_of(1, 1_000)).unwrap();
    let others = path.with_file_name("others");
    let mut written = vec![1];
    fill(&others);
    // The store's own file has some room left.
    let error = (2..).find_map(|root| match store.write(&batch_of(root, 100_000)) {
        Ok(()) => {
            written.push(root);
            None
        }
        Err(error) => Some(error),
    });
    say(error.unwrap());
    written.reverse();
    let written: Vec<_> = written.into_iter().map(run_id).collect();
    assert_eq!(all_runs(&store), written);
    write_error(&store, 500, 100_000);
    assert_eq!(all_runs(&store), written);

    fs::remove_file(&others).unwrap();
    store.write(&batch_of(500, 100_000)).unwrap();
    let written: Vec<_> = [run_id(500)].into_iter().chain(written).collect();
    assert_eq!(all_runs(&store), written);
    drop(store);
    assert_eq!(all_runs(&open(path)), written);
}

fn write_error(store: &impl Store, root: u64, bytes: usize) -> StoreError {
    let error = store.write(&batch_of(root, bytes)).unwrap_err();
    assert!(matches!(error, StoreError::Write { .. }), "{error:?}");
    error
}

/// Writes a file until there is no room for another byte.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).unwrap();
    for size in [4_096, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

#[cfg(unix)]
#[test]
fn a_batch_that_outgrows_the_permitted_size_is_refused_and_smaller_ones_are_not() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    // In blocks of 512 or of 1,024 bytes, as the shell has it. Without the trap the limit is a signal, which kills.
    let mut process = Process::start_after(&[], "trap '' XFSZ && ulimit -f 8192", "outgrow the disk", &path);
    for _ in 0..3 {
        let message = format!("cannot write to {path:?}: File too large (os error 27)");
        assert_eq!(process.listen(), Some(message));
    }
    assert_eq!(process.listen().as_deref(), Some("done"));
}

/// On a disk of 8 MiB, in memory and in a name space of its own, which needs no privilege where the kernel lets users
/// have one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_batches_until_there_is_room() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mount = format!("mount -t tmpfs -o size=8m none {:?}", directory.path());
    let prefixes: [&[&str]; 2] = [&["unshare", "--mount", "--map-root-user"], &["unshare", "--mount"]];
    let permitted = prefixes.into_iter().find(|prefix| {
        let mut command = std::process::Command::new(prefix[0]);
        command.args(&prefix[1..]).args(["sh", "-c", &mount]).status().is_ok_and(|status| status.success())
    });
    let Some(prefix) = permitted else {
        eprintln!("NOT TESTED: a disk cannot be mounted here; the limit on a file's size has to stand for it");
        return a_batch_that_outgrows_the_permitted_size_is_refused_and_smaller_ones_are_not();
    };
    let message = format!("cannot write to {path:?}: No space left on device (os error 28)");

    let mut process = Process::start_after(prefix, &mount, "fill the disk", &path);
    assert_eq!(process.listen(), Some(message.clone()));
    assert_eq!(process.listen().as_deref(), Some("done"));

    let mut process = Process::start_after(prefix, &mount, "outgrow the disk", &path);
    for _ in 0..3 {
        assert_eq!(process.listen(), Some(message.clone()));
    }
    assert_eq!(process.listen().as_deref(), Some("done"));
}
