//! Calls for a profiler to count: `cargo xtask bench instructions` runs this under callgrind.
//!
//! The functions are those of `overhead`; without the peers, so that it is built and counted quickly. What a call costs
//! is what its variant costs more than the plain one.

#[path = "../overhead/reference.rs"]
#[allow(dead_code, reason = "of the reference only the calls are counted")]
mod reference;
#[path = "../overhead/workload.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "not all of it is counted")]
mod workload;

use std::cell::RefCell;
use std::hint::black_box;

use anyhow::Context as _;

use crate::reference::Buffer;
use crate::workload::{Derived, Item, items};

const USAGE: &str = "\
usage: instructions WORKLOAD VARIANT CALLS
       instructions --variants

Makes so many calls of workload A, B or C within a function named `counted`. --variants lists what there is, by
workload.";

/// How many calls share one run.
const BATCH: usize = 100;

/// The functions, with no call recorded.
#[allow(dead_code, reason = "not all of it is counted")]
mod off {
    use crate::workload::Item;
    crate::workload::functions!(#[xray::step(capture = "off")]);
}

/// The functions, with times and outcomes.
#[allow(dead_code, reason = "not all of it is counted")]
mod metrics {
    use crate::workload::Item;
    crate::workload::functions!(#[xray::step(capture = "metrics")]);
}

/// The functions, with everything recorded: items by their `Serialize`.
#[allow(dead_code, reason = "not all of it is counted")]
mod full {
    use crate::workload::Item;
    crate::workload::functions!(#[xray::step(capture = "full")]);
}

/// The functions, with everything recorded: items by their `Capture`.
mod derived {
    use crate::workload::Derived as Item;
    crate::workload::functions_of_items!(#[xray::step(capture = "full")]);
}

/// Does this as a run.
#[inline(never)]
#[xray::run(capture = "metrics", skip(act))]
fn run(act: impl FnOnce()) {
    act();
}

/// So many calls, in runs of [`BATCH`].
fn runs(calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls / BATCH {
        run(|| batch(&mut call));
    }
}

/// So many calls, in as many loops.
fn batches(calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls / BATCH {
        batch(&mut call);
    }
}

/// Not inlined, as no recorder's root can be.
#[inline(never)]
fn batch(call: &mut impl FnMut()) {
    for _ in 0..BATCH {
        call();
    }
}

/// Lists to be used up, since `C` owns its list.
struct Pile<T> {
    items: Vec<T>,
    ready: RefCell<Vec<Vec<T>>>,
}

impl<T: Clone> Pile<T> {
    fn new(items: Vec<T>) -> Self {
        Self { items, ready: RefCell::default() }
    }

    /// Makes so many, which then cost nothing to take.
    fn prepare(&self, count: usize) {
        *self.ready.borrow_mut() = vec![self.items.clone(); count];
    }

    fn take(&self) -> Vec<T> {
        self.ready.borrow_mut().pop().unwrap_or_else(|| self.items.clone())
    }
}

/// One way to make calls.
type Variant<'a> = (&'static str, Box<dyn Fn(usize) + 'a>);

/// What is counted. The profiler knows it by its name.
#[inline(never)]
fn counted(calls: &dyn Fn(usize), count: usize) {
    calls(count);
}

/// The variants of one workload that xray's levels and the reference make. Arguments are given anew to each call.
macro_rules! variants {
    ($workload:ident($($argument:expr),*), $buffer:ident) => {
        [
            ("plain", Box::new(|calls| batches(calls, || _ = black_box(workload::$workload($($argument),*))))
                as Box<dyn Fn(usize)>),
            ("reference", Box::new(|calls| batches(calls, || {
                let _ = black_box(reference::$workload(&mut $buffer.borrow_mut(), $($argument),*));
            }))),
            ("off", Box::new(|calls| runs(calls, || _ = black_box(off::$workload($($argument),*))))),
            ("metrics", Box::new(|calls| runs(calls, || _ = black_box(metrics::$workload($($argument),*))))),
            ("full", Box::new(|calls| runs(calls, || _ = black_box(full::$workload($($argument),*))))),
        ]
    };
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [workload, variant, calls] => make(workload, variant, calls.parse().context("how many CALLS?")?),
        ["--variants"] => ["A", "B", "C"].into_iter().try_for_each(|workload| {
            with_workload(workload, 0, |variants| {
                variants.iter().for_each(|(name, _)| println!("{workload} {name}"));
                Ok(())
            })
        }),
        _ => anyhow::bail!("{USAGE}"),
    }
}

fn make(workload: &str, variant: &str, calls: usize) -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    let guard = xray::builder().store(directory.path().join("instructions.redb")).start()?;
    with_workload(workload, BATCH + calls, |variants| {
        let known = variants.iter().find(|(name, _)| *name == variant);
        let (_, call) = known.with_context(|| format!("no variant {variant} of {workload}: see --variants"))?;
        // What happens once in a program's life is no part of a call's cost.
        call(BATCH);
        guard.flush()?;
        counted(call, calls);
        Ok(())
    })
}

/// All variants of a workload, of which one will be called so many times.
fn with_workload(
    workload: &str,
    calls: usize,
    act: impl FnOnce(&[Variant<'_>]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let buffer = RefCell::new(Buffer::default());
    let lists = Pile::new(items(100));
    let derived = Pile::new(lists.items.iter().cloned().map(Derived::from).collect());
    let (item, derived_item): (&Item, &Derived) = (&lists.items[7], &derived.items[7]);
    match workload {
        "A" => act(&variants!(scalars(1, 2.0, 3.0), buffer)),
        "B" => {
            let mut variants = Vec::from(variants!(result(item, 5.0), buffer));
            let call = |calls| runs(calls, || _ = black_box(derived::result(derived_item, 5.0)));
            variants.push(("derived", Box::new(call)));
            act(&variants)
        }
        "C" => {
            lists.prepare(calls);
            derived.prepare(calls);
            let mut variants = Vec::from(variants!(list(lists.take(), 50.0), buffer));
            let call = |calls| runs(calls, || _ = black_box(derived::list(derived.take(), 50.0)));
            variants.push(("derived", Box::new(call)));
            act(&variants)
        }
        other => anyhow::bail!("no workload {other}: there are A, B and C"),
    }
}
