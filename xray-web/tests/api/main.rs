//! The server as its clients see it: every request goes through a real connection, every answer comes from a real
//! store.

mod client;
mod fixture;

mod aggregate;
mod decisions;
mod gone;
mod hostile;
mod page;
mod problems;
mod run;
mod runs;
mod schemas;
mod search;
mod server;
mod stats;
mod step;
