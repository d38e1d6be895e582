//! What of a record's values the schema lets through, asked by the thread that writes it.
//!
//! Everything is decided by the time a step begins but for the keys of its result, which are looked up in the schema
//! that the pool holds: no lock, no allocation. What is kept out is never written.

use super::writer::{Writer, care};
use crate::schema::{Fit, OnMismatch, Part};

impl Writer {
    /// The arguments that must not be captured, each a bit by its place; the highest stands for all from there on. Those
    /// that the schema keeps out, and those that are redacted for their names.
    #[inline]
    pub fn leave_out(&mut self, (by_schema, by_name): (u32, u32)) {
        if by_schema | by_name != 0 {
            self.care |= care::LEFT_OUT;
            (self.left_out, self.withheld) = (by_schema as i32, by_name as i32);
        }
    }

    /// Whether the next argument is to be captured. If it is not, its place is filled. To be called once for each
    /// argument, in order.
    #[inline(always)]
    pub fn takes(&mut self) -> bool {
        self.takes_all() || self.takes_next(true)
    }

    /// Whether all arguments are to be captured.
    #[inline(always)]
    #[must_use]
    pub fn takes_all(&self) -> bool {
        self.care & care::LEFT_OUT == 0
    }

    /// As [`Writer::takes`], for what a function of the user's makes of the argument: its name says nothing about that.
    #[inline(always)]
    pub fn takes_made(&mut self) -> bool {
        self.takes_all() || self.takes_next(false)
    }

    #[cold]
    fn takes_next(&mut self, minds_name: bool) -> bool {
        let is_left_out = (self.left_out | if minds_name { self.withheld } else { 0 }) & 1 == 1;
        // Arithmetic: the highest bit stays.
        (self.left_out, self.withheld) = (self.left_out >> 1, self.withheld >> 1);
        if is_left_out {
            self.redacted();
        }
        !is_left_out
    }

    /// The result that comes next is checked, if the schema has something against keys of a result of this kind: a
    /// [`FunctionFit::kind`](crate::schema::FunctionFit::kind).
    #[inline]
    pub fn check_output(&mut self, kind: u32) {
        if kind != 0 && self.is_output_declared(kind) {
            self.care |= care::CHECKED;
            self.checked_output = kind;
        }
    }

    /// What is captured whatever it is need not be looked at here: the collector counts it.
    fn is_output_declared(&self, kind: u32) -> bool {
        self.pool().schema().is_some_and(|schema| {
            let declared = schema.declared(kind).and_then(|declared| declared.keys(Part::Output));
            schema.on_mismatch() != OnMismatch::Warn && declared.is_some()
        })
    }

    /// Whether [`Writer::output_fit`] has anything to say about the value that comes next.
    #[inline]
    #[must_use]
    pub fn checks_output(&self) -> bool {
        self.care & care::CHECKED != 0
    }

    /// What is to be done with one key of the result.
    #[must_use]
    pub fn output_fit(&self, key: &str) -> Fit {
        self.fit(self.checked_output, Part::Output, key)
    }

    /// What is to be done with a key of something that a step says about itself, such as [`Part::Meta`], before it is
    /// written. `kind` is the [`FunctionFit::kind`](crate::schema::FunctionFit::kind) of the step's function. Without a
    /// schema everything fits.
    ///
    /// What [`Fit::is_captured`] is written as it is; of anything else the key alone, so that it is counted, with
    /// [`Writer::redacted`] for its value. Costs one lookup.
    #[must_use]
    pub fn fit(&self, kind: u32, part: Part, key: &str) -> Fit {
        self.pool().schema().map_or(Fit::Fits, |schema| schema.fit(kind, part, key))
    }
}

impl Fit {
    /// Whether what it was asked about is written as it is.
    #[inline]
    #[must_use]
    pub fn is_captured(self) -> bool {
        matches!(self, Self::Fits | Self::Misfit(OnMismatch::Warn))
    }
}
