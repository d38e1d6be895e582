//! The embedded store through its public interface: what it keeps, what it refuses, and what it does when the file, the
//! disk or its process fails.
#![cfg(feature = "embedded")]

mod blocks;
mod checking;
mod contents;
mod damage;
mod failure;
mod fixture;
mod kills;
mod listing;
mod merging;
mod opening;
mod process;
mod retention;
mod schemas;
mod sealing;
#[cfg(feature = "query")]
mod summaries;
mod upgrade;
