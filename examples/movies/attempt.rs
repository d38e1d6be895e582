//! One wish after the other, whatever becomes of it: a wish that panics must not take the others with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::ensure;
use tokio::runtime::Runtime;

use crate::captured::CapturedRun;
use crate::film::Film;
use crate::pipeline::{NoPick, pick_films};
use crate::rank::Ranked;

/// What the pipeline made of a wish, as the program itself knows it.
pub(crate) struct Attempt {
    pub(crate) wish: String,
    pub(crate) end: End,
}

pub(crate) enum End {
    Picked(Vec<Ranked>),
    Refused(NoPick),
    Panicked(String),
}

impl Attempt {
    pub(crate) fn make(runtime: &Runtime, catalog: &[Film], wish: &str, seen_list: &Path) -> Self {
        if wish.split_whitespace().any(|token| token == "limit=0") {
            eprintln!("The next wish, {wish:?}, panics on purpose: a bug for xray to show. The program goes on.");
        }
        // The catalogue is only read, so that a panic cannot leave it half changed.
        let picking = AssertUnwindSafe(|| runtime.block_on(pick_films(catalog, wish, seen_list)));
        let end = match catch_unwind(picking) {
            Ok(Ok(picks)) => End::Picked(picks),
            Ok(Err(error)) => End::Refused(error),
            Err(panic) => End::Panicked(message(&*panic)),
        };
        Self { wish: wish.to_owned(), end }
    }

    pub(crate) fn picks(&self) -> &[Ranked] {
        match &self.end {
            End::Picked(picks) => picks,
            End::Refused(_) | End::Panicked(_) => &[],
        }
    }

    /// The message of the error or panic, and those of its sources.
    pub(crate) fn error(&self) -> Option<Vec<String>> {
        match &self.end {
            End::Picked(_) => None,
            End::Refused(error) => Some(anyhow::Chain::new(error).map(ToString::to_string).collect()),
            End::Panicked(message) => Some(vec![message.clone()]),
        }
    }
}

/// Each run with the wish that it was made for, if it was made for one.
pub(crate) fn pair<'a>(
    attempts: &'a [Attempt],
    runs: &'a [CapturedRun],
) -> anyhow::Result<Vec<(&'a CapturedRun, Option<&'a Attempt>)>> {
    let mut left = attempts.iter();
    let pairs: Vec<_> = runs
        .iter()
        .map(|captured| (captured, if &*captured.run.pipeline == "pick_films" { left.next() } else { None }))
        .collect();
    let found = pairs.iter().filter(|(_, attempt)| attempt.is_some()).count();
    ensure!(found == attempts.len(), "{} wishes were made, and the store has {found} runs for them", attempts.len());
    Ok(pairs)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
