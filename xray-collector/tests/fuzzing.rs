//! The fuzz targets, over their corpus and over so many inputs made from it: what every build can run of fuzzing.
//!
//! `UPDATE_CORPUS=1` writes what the test records to the corpus.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use xray_collector::chunk::raw::{AllValues, read_all, records};
use xray_collector::chunk::{Ended, Entered, How, Origin, Pool, PoolSettings, Reader, Record, Terms, Writer, writer};
use xray_collector::clock;
use xray_collector::event::{OuterRun, Site};
use xray_collector::id::ProcessId;
use xray_collector::model::{Level, Outcome};

#[path = "../fuzz/targets.rs"]
mod targets;

/// Of each file of the corpus, so many changed ones.
const CHANGED: u64 = 1_500;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// splitmix64: the same inputs in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit.max(1) as u64) as usize
    }
}

/// Changes bytes in a few places, as a fuzzer does.
fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    /// Lengths, tags, and flags that mean something somewhere.
    const TELLING: [u8; 12] = [0, 1, 0x0e, 0x0f, 0x30, 0x40, 0x48, 0x62, 0x7f, 0x80, 0xfe, 0xff];
    for _ in 0..=numbers.below(4) {
        let (at, other) = (numbers.below(bytes.len() + 1), numbers.below(bytes.len() + 1));
        let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 64));
        match numbers.below(6) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let copied = bytes[from..to].to_vec();
                bytes.splice(other.min(bytes.len())..other.min(bytes.len()), copied);
            }
            2 => bytes.truncate(at),
            3 => bytes.insert(at, TELLING[numbers.below(TELLING.len())]),
            4 if at < bytes.len() => bytes[at] = TELLING[numbers.below(TELLING.len())],
            _ if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            _ => {}
        }
    }
}

fn run(target: &str, act: fn(&[u8])) {
    let mut inputs = 0;
    for file in corpus(target).read_dir().expect("a corpus") {
        let bytes = std::fs::read(file.expect("readable").path()).expect("readable");
        act(&bytes);
        let mut numbers = Numbers(bytes.len() as u64);
        for _ in 0..CHANGED {
            let mut changed = bytes.clone();
            change(&mut changed, &mut numbers);
            act(&changed);
            inputs += 1;
        }
    }
    assert!(inputs >= 4 * CHANGED, "{inputs} inputs: where is the corpus?");
}

#[test]
fn chunks_of_any_bytes() {
    run("chunks", targets::chunks);
}

#[test]
fn files_of_any_bytes() {
    run("files", targets::files);
}

#[test]
fn values_of_any_bytes() {
    run("values", targets::values);
}

static SITE: Site = Site {
    name: "rank",
    kind: "rank",
    module: "shop::search",
    file: "src/search.rs",
    line: 12,
    arguments: &["films", "wish"],
    opens_run: true,
    items: "films",
    key: "title",
    relates: true,
};

/// What there is of values, each once.
fn values(kind: usize, writer: &mut Writer) -> Result<(), xray_collector::chunk::Full> {
    match kind {
        0 => {
            writer.keyed("title")?;
            writer.list(2)?;
            for (title, rating) in [("Batman Returns", 7.1), ("Élan", f64::NAN)] {
                writer.structure("Film")?;
                writer.field("title")?;
                writer.string(title)?;
                writer.field("rating")?;
                writer.scalar(rating)?;
                writer.field("year")?;
                writer.scalar(1992_u16)?;
                writer.close_fields(false);
            }
            writer.close(false);
        }
        1 => {
            writer.map(3)?;
            writer.string("i128")?;
            writer.scalar(i128::MIN)?;
            writer.scalar(())?;
            writer.scalar('ß')?;
            writer.scalar(true)?;
            writer.bytes(&[0, 1, 255])?;
            writer.close(true);
        }
        2 => {
            writer.tuple_variant("Wish", "Two")?;
            writer.unit_variant("Mood", "Dark")?;
            writer.value_variant("Mood", "Said")?;
            writer.string(&"long ".repeat(100))?;
            writer.close(false);
        }
        3 => {
            writer.struct_variant("Wish", "Named")?;
            writer.field("by")?;
            writer.redacted();
            writer.field("of")?;
            writer.panicked("shop::Wish");
            writer.close_fields(true);
        }
        _ => {
            writer.tuple("Pair")?;
            writer.type_name("shop::Secret");
            let _ = writer.debug_text(format_args!("Wish {{ {:?} }}", "token sk_live_0123456789abcdefABCDEF01"));
            writer.close(false);
        }
    }
    Ok(())
}

/// A file of chunks as an input of the target: the preamble's words, and what there is of each chunk.
fn input_of(file: &[u8]) -> Vec<u8> {
    let mut input = file[..96].to_vec();
    for chunk in file[32 * 1024..].chunks(4096) {
        let published = u16::from_le_bytes([chunk[0], chunk[1]]);
        input.extend(published.to_le_bytes());
        input.extend(&chunk[..published.into()]);
    }
    while input.ends_with(&[0, 0]) {
        input.truncate(input.len() - 2);
    }
    input
}

/// What is recorded is read, the corpus is made of it, and is as it was.
#[test]
fn the_corpus_is_what_is_recorded() {
    static POOL: OnceLock<Arc<Pool>> = OnceLock::new();
    let settings = PoolSettings { chunk_bytes: 4096, chunks: 64, ..PoolSettings::default() };
    let directory = tempfile::tempdir().expect("a place for a file");
    let path = directory.path().join("recorded.chunks");
    let clock = clock::Reference { ticks: 1, ns: 1_700_000_000_000_000_000, ns_per_tick: 0.5 };
    let origin = Origin { process: ProcessId(7), schema: None, clock };
    let (mut reader, error) = Reader::new(settings, 1, None, Some((&path, &origin)));
    assert!(error.is_none(), "{error:?}");
    POOL.set(Arc::clone(reader.pool())).expect("once");
    let (mut chunks, mut files) = (Vec::new(), Vec::new());
    let mut all = AllValues::default();
    for kind in 0..5 {
        // A thread for each: when it ends, it hands its chunk over.
        std::thread::spawn(move || {
            let writing = || writer(1, || POOL.get().cloned()).expect("this thread does nothing else");
            let step = writing().next_step();
            let place = Entered { step, parent: 0, run: step, outer_run: OuterRun::None, level: Level::Full };
            let terms = Terms::new(1, How::WithCare, 0, Level::Full);
            let mut record = Record::entered(writing(), &SITE, terms, place).expect("there is room");
            values(kind, &mut record).expect("there is room");
            if kind == 4 {
                // Goes on in another chunk.
                record.string(&"0123456789".repeat(500)).expect("there is room");
            }
            let started = record.commit_now();
            let end = Ended { place, started, ended: clock::ticks(), outcome: Outcome::Ok };
            let mut record = Record::left(writing(), &SITE, terms, end).expect("there is room");
            values((kind + 1) % 5, &mut record).expect("there is room");
            record.commit();
        })
        .join()
        .expect("it does not panic");
        let mut of_thread = Vec::new();
        while let Ok(chunk) = reader.full().try_recv() {
            let records = records(reader.pool(), chunk);
            if of_thread.is_empty() {
                of_thread.extend((records.len() as u16).to_le_bytes());
            }
            of_thread.extend(records);
            reader.receive(chunk);
        }
        files.push(input_of(&std::fs::read(&path).expect("the file of the chunks")));
        read_all(&mut reader, &mut all);
        chunks.push(of_thread);
    }
    assert_eq!((all.records, reader.corrupt()), (10, 0));
    let values: Vec<_> = all.values().collect::<Result<_, _>>().expect("what was recorded can be read");
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        let write = |target: &str, number: usize, bytes: &[u8]| {
            std::fs::write(corpus(target).join(format!("recorded-{number}")), bytes).expect("writable");
        };
        chunks.iter().enumerate().for_each(|(number, bytes)| write("chunks", number, bytes));
        files.iter().enumerate().for_each(|(number, bytes)| write("files", number, bytes));
        values.iter().enumerate().for_each(|(number, value)| write("values", number, value.bytes()));
    }
    for target in ["chunks", "files", "values"] {
        assert!(corpus(target).join("recorded-0").exists());
    }
}
