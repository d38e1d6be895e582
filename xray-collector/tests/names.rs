//! A name is written out once in a chunk, wherever in memory its text is.

use std::sync::{Arc, OnceLock};

use xray_collector::chunk::{Entered, How, Origin, Pool, PoolSettings, Reader, Record, Terms, writer};
use xray_collector::clock;
use xray_collector::event::{OuterRun, Site};
use xray_collector::id::ProcessId;
use xray_collector::model::Level;

static SITE: Site = Site {
    name: "rank",
    kind: "",
    module: "shop::search",
    file: "src/search.rs",
    line: 12,
    arguments: &["films"],
    opens_run: true,
    items: "",
    key: "",
    relates: false,
};

/// Further apart than any table of names would be large.
const APART: usize = 1 << 16;
const NAMES: usize = 7;
const ROUNDS: u32 = 40;

/// Names whose addresses differ in their upper bits only; the last one is a secret's.
fn names() -> [&'static str; NAMES] {
    let mut texts = vec![b' '; NAMES * APART];
    for name in 0..NAMES {
        let text = if name + 1 < NAMES { format!("field-no-{name}") } else { "password".to_owned() };
        texts[name * APART..][..text.len()].copy_from_slice(text.as_bytes());
    }
    let texts = String::from_utf8(texts).expect("ASCII").leak();
    std::array::from_fn(|name| texts[name * APART..].split(' ').next().expect("a name"))
}

#[test]
fn names_that_would_be_in_one_place_are_defined_once() {
    static POOL: OnceLock<Arc<Pool>> = OnceLock::new();
    let settings = PoolSettings { chunk_bytes: 1 << 16, chunks: 4, ..PoolSettings::default() };
    let directory = tempfile::tempdir().expect("a place for a file");
    let path = directory.path().join("recorded.chunks");
    let clock = clock::Reference { ticks: 1, ns: 1_700_000_000_000_000_000, ns_per_tick: 0.5 };
    let origin = Origin { process: ProcessId(7), schema: None, clock };
    let (reader, error) = Reader::new(settings, 1, None, Some((&path, &origin)));
    assert!(error.is_none(), "{error:?}");
    POOL.set(Arc::clone(reader.pool())).expect("once");
    let names = names();
    std::thread::spawn(move || {
        let writing = || writer(1, || POOL.get().cloned()).expect("this thread does nothing else");
        let step = writing().next_step();
        let place = Entered { step, parent: 0, run: step, outer_run: OuterRun::None, level: Level::Full };
        let terms = Terms::new(1, How::WithCare, 0, Level::Full);
        let mut record = Record::entered(writing(), &SITE, terms, place).expect("there is room");
        record.list(ROUNDS).expect("there is room");
        for _ in 0..ROUNDS {
            record.structure("Film").expect("there is room");
            for (at, name) in names.into_iter().enumerate() {
                let is_secret = record.field(name).expect("there is room");
                assert_eq!(is_secret, at + 1 == NAMES, "{name}");
                match is_secret {
                    true => record.redacted(),
                    false => record.scalar(at as u8).expect("there is room"),
                }
            }
            record.close_fields(false);
        }
        record.close(false);
        record.commit();
    })
    .join()
    .expect("it does not panic");
    let written = std::fs::read(&path).expect("the file of the chunks");
    for name in names {
        let times = written.windows(name.len()).filter(|bytes| *bytes == name.as_bytes()).count();
        // Of what is withheld, the path is written as well.
        assert!(times == 1 || name == "password" && times <= 1 + ROUNDS as usize, "{name} is there {times} times");
    }
}
