//! The HTTP API and the dashboard of xray, over whatever keeps its runs.
//!
//! [`Server::start`] serves a [`Source`] from a thread of its own, inside the program that records:
//!
//! | path | answer |
//! |---|---|
//! | `GET /` | the dashboard, with a page for each run, step, item and function |
//! | `GET /reference` | a page that documents the API |
//! | `GET /health` | whether the collector can write |
//! | `GET /metrics` | what ended and what was dropped, for Prometheus |
//! | `GET /api/v1/openapi.json` | the API as an OpenAPI 3.1 document |
//! | `GET /api/v1/runs` | runs, newest first, filtered and in pages |
//! | `GET /api/v1/runs/{id}` | one run and its steps, in pages, without payload |
//! | `GET /api/v1/runs/{id}/steps/{step}` | one step with its arguments, result and error |
//! | `GET /api/v1/runs/{id}/steps/{step}/decisions` | what it did to each of its items, and why, filtered and in pages |
//! | `GET /api/v1/runs/{id}/steps/{step}/values/{part}` | one of its values, also in ranges of bytes |
//! | `GET /api/v1/steps`, `/decisions` | steps and decisions of all runs of which a condition holds |
//! | `GET /api/v1/vocabulary` | what a condition can ask about |
//! | `GET /api/v1/live` | runs and steps as they are committed, as Server-Sent Events; `Last-Event-ID` goes on behind one |
//! | `GET /api/v1/diff` | how two runs differ: steps side by side, and where they part first |
//! | `GET /api/v1/compare` | what differs between two sets of runs, or of items that a step eliminated and kept: see [`xray_collector::compare`] |
//! | `GET /api/v1/items` | every item of a run: where it came from, what each step did to it, where and why it ended |
//! | `GET /api/v1/items/{key}` | one item, step by step, in all runs that had it |
//! | `GET /api/v1/query` | what runs, steps or decisions have in common, group by group |
//! | `GET /api/v1/pipelines`, `/kinds`, `/callsites` | how often, how slow, how many errors; each in pages |
//! | `GET /api/v1/series` | runs or steps over time |
//! | `GET /api/v1/failures` | which functions runs failed of, and with which errors |
//! | `GET /api/v1/vocabulary` | what a query can ask about |
//! | `GET /api/v1/export/runs`, `/steps`, `/decisions` | everything that a search finds, streamed as NDJSON or CSV |
//! | `GET /api/v1/schemas`, `/{version}`, `/compare` | what steps may carry, by version, and what changed |
//! | `GET /api/v1/stats` | what became of every event, and what the store holds |
//!
//! Errors are RFC 9457 problem details. Answers about runs that are over have an `ETag`, and large ones are compressed where
//! the client allows it. It changes nothing but which runs are pinned; it listens on loopback addresses only, and answers only
//! requests that were sent to a loopback name. It prints nothing, and whatever happens to it never reaches the program
//! that it lives in.
//!
//! ```
//! # fn serve(source: xray_web::Source) -> Result<(), xray_web::ServeError> {
//! let server = xray_web::Server::start("127.0.0.1:0", source)?;
//! eprintln!("the runs are at http://{}/", server.address());
//! server.stop();
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod address;
mod aggregate;
mod answer;
mod body;
mod compare;
mod cursor;
mod decision;
mod decisions;
mod diff;
mod error;
mod export;
mod failures;
mod gone;
mod health;
mod host;
mod items;
mod limits;
mod live;
mod metrics;
#[cfg(feature = "openapi")]
pub mod openapi;
mod page;
mod parameters;
mod parts;
mod path;
mod pin;
mod problem;
mod range;
mod router;
mod rows;
mod run;
mod runs;
mod schemas;
mod search;
mod series;
mod server;
mod source;
mod stats;
mod step;
mod summaries;
mod table;
mod time;
mod validation;
mod value;
mod values;
mod vocabulary;

pub use self::error::ServeError;
pub use self::live::Live;
pub use self::server::Server;
pub use self::source::Source;
