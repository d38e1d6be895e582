//! Whether all that is in the file fits together: what is read, and what leads there.
//!
//! | file | what is looked at |
//! |---|---|
//! | [`runs`] | runs, their places and counts, pins, runs that are gone, functions, schemas |
//! | [`blocks`] | blocks: heads, columns, values, and whether the runs lead to them |
//! | [`rows`] | steps that are in no block, facts, segments |
//! | [`items`] | the index of items |
//!
//! Each looks at everything it can; what does not decode is a problem, and what it would have said is left out.

mod blocks;
mod items;
mod rows;
mod runs;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use redb::{Database, ReadTransaction, ReadableDatabase};

use self::runs::Places;
use super::fault::Fault;
use super::{Caches, EmbeddedStore};
use crate::id::{RunId, StepId};
use crate::store::StoreError;

/// So many problems are listed; the others are counted.
const LISTED: usize = 200;

/// What checking a store came to: [`EmbeddedStore::check`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What does not fit, in the order in which it was found; the first 200.
    pub problems: Vec<Problem>,
    /// How many more there were.
    pub unlisted: u64,
    /// The runs that were looked at.
    pub runs: u64,
    /// The steps.
    pub steps: u64,
    /// The blocks.
    pub blocks: u64,
    /// Entries of the index of items.
    pub items: u64,
    /// Of those, entries of runs that are gone: they go when their list is merged.
    pub stale_items: u64,
    /// Steps whose parent is not in the store: the event that it began with was dropped, or it is of another run.
    pub missing_parents: u64,
    /// Segments that nothing refers to any more: they go when blocks are written the next time.
    pub unreferenced_segments: u64,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Report {
    /// Whether everything fits.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, place: impl Into<String>, what: impl Into<String>) {
        if self.problems.len() < LISTED {
            self.problems.push(Problem { place: place.into(), what: what.into() });
        } else {
            self.unlisted += 1;
        }
    }

    /// What was read, unless it is damaged, which is a problem.
    fn sound<T>(&mut self, result: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Fault::Damage { place, detail }) => {
                self.problem(place, detail);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Opens the store in this file, which nobody else has open, and checks all of it: the checksums of the file's pages, and
/// that everything in it fits together. `progress` is told how many parts are done, of how many.
///
/// What redb can repair of its own pages is repaired; nothing else is changed.
///
/// # Errors
/// When the store cannot be opened, or not be read at all.
///
/// ```
/// # fn main() -> Result<(), xray_collector::store::StoreError> {
/// # let directory = tempfile::tempdir().expect("a temporary directory");
/// # let path = directory.path().join("movies.redb");
/// # drop(xray_collector::store::EmbeddedStore::open(&path)?);
/// let report = xray_collector::check(&path, |done, of| eprintln!("{done} of {of}"))?;
/// assert!(report.is_sound(), "{:?}", report.problems);
/// # Ok(())
/// # }
/// ```
pub fn check(path: impl AsRef<Path>, mut progress: impl FnMut(u64, u64)) -> Result<Report, StoreError> {
    let store = EmbeddedStore::open(path)?;
    let mut pages = Report::default();
    if let Some(database) = &mut store.opened_mut().database {
        match Fault::catch(&store.path, || Ok(database.check_integrity())) {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => pages.problem("the file", "its pages did not fit together, and were repaired"),
            Ok(Err(error)) => pages.problem("the file", error.to_string()),
            Err(fault) => pages.problem("the file", fault.reading(&store.path).to_string()),
        }
    }
    let report = store.check(&mut progress)?;
    Ok(Report { problems: [pages.problems, report.problems].concat(), ..report })
}

impl EmbeddedStore {
    /// Checks that everything that is stored at this moment fits together, while others read and write. `progress` is told
    /// how many parts are done, of how many. It reads all of the file.
    ///
    /// # Errors
    /// When the file cannot be read. What does not decode is a problem in the report.
    pub fn check(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, StoreError> {
        let (_, snapshot) = self.attempt(|database: &Database| Ok(database.begin_read()?))?;
        let snapshot = snapshot.map_err(|fault| fault.reading(&self.path))?;
        let caches = Caches::default();
        let mut check = Check {
            read: &snapshot,
            caches: &caches,
            report: Report::default(),
            places: Places::default(),
            scattered: BTreeMap::new(),
        };
        let parts: [(&str, Part); 4] = [
            ("the runs", |check, _| check.runs()),
            ("the blocks", |check, progress| check.blocks(progress)),
            ("the rows of steps", |check, _| check.rows()),
            ("the index of items", |check, _| check.items()),
        ];
        for (name, part) in parts {
            match Fault::catch(&self.path, || part(&mut check, progress)) {
                Ok(()) => {}
                Err(fault) if fault.is_final() => return Err(fault.reading(&self.path)),
                // The rest of this part is left out.
                Err(fault) => check.report.problem(name, fault.reading(&self.path).to_string()),
            }
        }
        Ok(check.report)
    }
}

/// Looks at a part of the file, and says how far it has come.
type Part = fn(&mut Check<'_>, &mut dyn FnMut(u64, u64)) -> Result<(), Fault>;

/// What a check knows.
struct Check<'s> {
    read: &'s ReadTransaction,
    caches: &'s Caches,
    report: Report,
    places: Places,
    /// The steps of runs that are in more than one place, with their parents.
    scattered: BTreeMap<RunId, Vec<(StepId, Option<StepId>)>>,
}

impl Check<'_> {
    /// Whether each of a run's steps is there once, and how many parents are not. Sorts them.
    fn steps_of(&mut self, run: RunId, steps: &mut [(StepId, Option<StepId>)]) {
        steps.sort_unstable();
        if let Some(twice) = steps.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            self.report.problem(format!("run {run}"), format!("step {} is there twice", twice[0].0));
        }
        let is_there = |parent: StepId| steps.binary_search_by_key(&parent, |(step, _)| *step).is_ok();
        let missing = steps.iter().filter(|(_, parent)| parent.is_some_and(|parent| !is_there(parent))).count();
        self.report.missing_parents += missing as u64;
        self.report.steps += steps.len() as u64;
    }
}
