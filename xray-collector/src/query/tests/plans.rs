//! What a plan is.
