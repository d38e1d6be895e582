//! The HTTP API and the page of xray, over whatever keeps its runs.
//!
//! [`Server::start`] serves a [`Source`] from a thread of its own, inside the program that records:
//!
//! | path | answer |
//! |---|---|
//! | `GET /` | a page that lists runs and opens them |
//! | `GET /health` | whether the collector can write |
//! | `GET /api/v1/runs` | runs, newest first, filtered and in pages |
//! | `GET /api/v1/runs/{id}` | one run and its steps, in pages, without payload |
//! | `GET /api/v1/runs/{id}/steps/{step}` | one step with its arguments, result and error |
//! | `GET /api/v1/runs/{id}/steps/{step}/decisions` | what it did to each of its items, and why, filtered and in pages |
//! | `GET /api/v1/stats` | what became of every event, and what the store holds |
//!
//! Errors are RFC 9457 problem details. It only reads; it listens on loopback addresses only, and answers only
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
mod answer;
mod body;
mod cursor;
mod decision;
mod decisions;
mod error;
mod export;
mod health;
mod host;
mod limits;
mod metrics;
#[cfg(feature = "openapi")]
pub mod openapi;
mod page;
mod parameters;
mod parts;
mod path;
mod problem;
mod range;
mod router;
mod rows;
mod run;
mod runs;
mod schemas;
mod search;
mod server;
mod source;
mod stats;
mod step;
mod table;
mod time;
mod validation;
mod value;
mod values;
mod vocabulary;

pub use self::error::ServeError;
pub use self::server::Server;
pub use self::source::Source;
