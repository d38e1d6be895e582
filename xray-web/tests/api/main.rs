//! The server as its clients see it: every request goes through a real connection, every answer comes from a real
//! store.

mod client;
mod fixture;

mod aggregate;
mod compression;
mod decisions;
mod export;
mod fields;
mod gone;
mod hostile;
mod metrics;
mod openapi;
mod page;
mod problems;
mod run;
mod runs;
mod schemas;
mod search;
mod server;
mod stats;
mod step;
mod validation;
mod values;
