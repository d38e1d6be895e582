//! Each rule by the smallest call that shows it.

mod items;
mod lists;
mod properties;
mod sample;
mod silence;
