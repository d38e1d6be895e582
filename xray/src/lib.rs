//! Decision tracing: **why did it decide that?**
//!
//! Put [`#[xray::step]`](macro@step) on the functions of a pipeline and [`#[xray::run]`](macro@run) on the one that
//! starts it. Every call's arguments, return value or error, time and place in the call tree are captured; a collector
//! in the same process stores them in one file, and serves them.
//!
//! ```
//! #[xray::step(kind = "filter")]
//! fn affordable(prices: Vec<u32>, budget: u32) -> Vec<u32> {
//!     prices.into_iter().filter(|price| *price <= budget).collect()
//! }
//!
//! #[xray::run]
//! fn cheapest(prices: Vec<u32>, budget: u32) -> Option<u32> {
//!     affordable(prices, budget).into_iter().min()
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("prices.redb");
//! let xray = xray::builder().store(path).start()?; // writes what is left when it is dropped
//! cheapest(vec![30, 12, 25], 26);
//!
//! xray.flush()?;
//! let run = xray.store().runs(&xray::store::RunQuery { limit: 1, ..Default::default() })?.rows.remove(0);
//! assert_eq!((&*run.pipeline, run.steps), ("cheapest", 2));
//! let steps = xray.store().steps(run.id, None, 10)?;
//! assert_eq!((steps[1].items_in, steps[1].items_out), (Some(3), Some(2)));
//! # Ok(())
//! # }
//! ```
//!
//! Without [`builder`] and `start`, an instrumented call costs one relaxed load. With `XRAY_STORE=path` in the
//! environment the collector starts by itself at the first step, and writes when the process exits.
//!
//! # What is captured
//! Of each argument, and of the return value, as much as its type offers: its structure through `Serialize`, else the
//! text of its `Debug`, else the name of its type. No bound is demanded, of a `Result` the value and the error are
//! looked at apart, and of an error its message and those of its sources are kept. Values are bounded by [`Limits`].
//!
//! # Where a call belongs
//! Steps nest: a step that is called in another one is its child, across `.await`, too. A step outside of any run opens
//! one. What runs on another thread, or in a task of its own, takes its place along: closures with [`in_current_step`]
//! and [`in_current_step_fn`], futures with [`FutureExt`], everything else with [`Context`]. Between processes the
//! place is a [W3C `traceparent`](Context::from_traceparent).
//!
//! A step that is called where no context was carried to, while a run of `#[xray::run]` is open in the process, is not
//! passed off as a run: it is marked as an [orphan](model::Run::orphan). Carry the context to where it is called, or, if
//! it is the beginning of something that has nothing to do with those runs, mark it with `#[xray::run]`.
//!
//! ```
//! # use std::thread;
//! #[xray::step]
//! fn part(numbers: &[u64]) -> u64 {
//!     numbers.iter().sum()
//! }
//!
//! #[xray::run]
//! fn total(numbers: &[u64]) -> u64 {
//!     let (left, right) = numbers.split_at(numbers.len() / 2);
//!     thread::scope(|scope| {
//!         let left = scope.spawn(|| part(left)); // an orphan: the new thread knows of no run
//!         let right = scope.spawn(xray::in_current_step(|| part(right))); // a part of this run
//!         left.join().unwrap() + right.join().unwrap()
//!     })
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("totals.redb");
//! let xray = xray::builder().store(path).start()?;
//! total(&[1, 2, 3]);
//!
//! xray.flush()?;
//! let runs = xray.store().runs(&xray::store::RunQuery { limit: 10, ..Default::default() })?.rows;
//! let mut shown: Vec<_> = runs.iter().map(|run| (&*run.pipeline, run.steps, run.orphan)).collect();
//! shown.sort_unstable();
//! assert_eq!(shown, [("part", 1, true), ("total", 2, false)]);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod __private;
#[doc = include_str!("../docs/capturing.md")]
pub mod capturing {}

mod builder;
mod callsite;
mod capture;
mod context;
mod decisions;
mod filter;
mod future;
mod level;
mod panics;
mod process;
mod recorder;
mod session;

pub use xray_collector::chunk::Overflow;
pub use xray_collector::redaction::{DEFAULT_NAMES, PatternError};
pub use xray_collector::{FlushError, KeepRuns, Stats, decision, feed, id, model, schema, store, value};
#[cfg(feature = "query")]
pub use xray_collector::{compare, diff, lineage, query};
pub use xray_macros::{Capture, Item, keep, run, score, skip, step, steps};

pub use self::builder::{Builder, Guard, StartError};
pub use self::capture::derived::{Capture, Item};
pub use self::capture::limits::Limits;
#[cfg(feature = "streams")]
pub use self::context::StreamExt;
pub use self::context::{
    Attached, Context, FutureExt, InContext, TraceparentError, in_current_step, in_current_step_fn,
};
pub use self::decisions::{
    Check, Llm, decide, eliminate, evaluation, important, input_count, keep, llm, meta, note, output_count, pin_run,
    ranked, reason, reasoning, score, set_input, set_output, tag,
};
pub use self::filter::FilterError;
pub use self::level::{Level, limit_run};
pub use self::session::stats;

/// Begins to set up the collector; [`Builder::start`] starts it.
///
/// ```no_run
/// # fn main() -> Result<(), xray::StartError> {
/// let _xray = xray::builder().store("movies.redb").serve("127.0.0.1:7878").start()?;
/// # Ok(())
/// # }
/// ```
pub fn builder() -> Builder {
    Builder::default()
}

/// Begins to declare what steps may carry, by their kind, for [`Builder::schema`].
///
/// A kind says which arguments its steps may have ([`input`](schema::KindSchema::input)), which fields their results
/// ([`output`](schema::KindSchema::output)), and which keys their reasoning and metadata; of what it does not mention they
/// may have anything. A step without a kind is not checked; one of a kind that is not declared does not fit. What does
/// not fit is captured all the same, and counted, unless the schema says [`reject`](schema::Schema::reject) or
/// [`sanitize`](schema::Schema::sanitize): then it never leaves the thread that recorded it. Results, errors and control
/// flow of the functions stay what they are. Errors and panics are not checked; of a rejected call their messages are not
/// captured either.
///
/// A schema is stored with the runs that were recorded under it. Its version is its content, so that there is nothing
/// to number, and an old run can always be read by what was declared at its time.
///
/// ```
/// #[xray::step(kind = "filter")]
/// fn affordable(prices: Vec<u32>, budget: u32, card: &str) -> Vec<u32> {
///     let _ = card;
///     prices.into_iter().filter(|price| *price <= budget).collect()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("prices.redb");
/// let shop = xray::schema("shop").kind("filter", |kind| kind.input(["prices", "budget"]).meta(["region"])).sanitize();
/// let xray = xray::builder().store(path).schema(shop.clone()).start()?;
/// assert_eq!(affordable(vec![30, 12], 26, "4111 1111 1111 1111"), [12]);
///
/// xray.flush()?;
/// let run = xray.store().runs(&xray::store::RunQuery { limit: 1, ..Default::default() })?.rows.remove(0);
/// assert_eq!((run.schema, run.misfits), (Some(shop.version()), 1));
/// let step = xray.store().step(run.id, run.id.root())?.expect("the run's first step");
/// assert_eq!(serde_json::to_value(&step.arguments[1])?["value"], 26);
/// assert_eq!(serde_json::to_value(&step.arguments[2])?["value"], "[redacted]");
/// assert_eq!(*xray.store().schemas()?[0].schema, shop);
/// # Ok(())
/// # }
/// ```
pub fn schema(name: &str) -> schema::Schema {
    schema::Schema::new(name)
}
