//! Queries that are planned answer as those that are not: over any data, whatever is asked.

mod aggregates;
mod ask;
mod choices;
mod naive;
mod plans;
mod same;
mod sample;
mod store;
