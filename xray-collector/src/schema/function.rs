//! What a schema says about a function, decided once for all of its calls: its kind and its arguments' names are known
//! before it is called.

use super::{Fit, KindSchema, OnMismatch, Part, Schema};

/// What a schema says about the calls of one function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionFit {
    /// Its kind's place among those that the schema declares, from 1; 0 if it has no kind, [`UNKNOWN_KIND`] if that is not
    /// declared. What is recorded later looks up its keys by this: [`Schema::fit`].
    pub kind: u32,
    /// The arguments that are not declared, each a bit by its place; the highest stands for all from there on.
    pub unknown_arguments: u32,
}

/// The [`FunctionFit::kind`] of a function whose kind is not declared.
pub const UNKNOWN_KIND: u32 = u32::MAX;

/// From this place on all arguments share a bit: few functions have so many.
const LAST_PLACE: usize = 31;

impl FunctionFit {
    /// Whether its calls do not fit, whatever they return.
    #[must_use]
    pub fn is_misfit(&self) -> bool {
        self.kind == UNKNOWN_KIND || self.unknown_arguments != 0
    }

    /// Whether no value of its calls may be captured. Of a kind that is not declared, nothing is: it cannot be
    /// sanitized down to what fits.
    #[must_use]
    pub fn is_rejected(&self, on_mismatch: OnMismatch) -> bool {
        match on_mismatch {
            OnMismatch::Warn => false,
            OnMismatch::Reject => self.is_misfit(),
            OnMismatch::Sanitize => self.kind == UNKNOWN_KIND,
        }
    }

    /// The arguments that may not be captured.
    #[must_use]
    pub fn left_out(&self, on_mismatch: OnMismatch) -> u32 {
        if on_mismatch == OnMismatch::Warn { 0 } else { self.unknown_arguments }
    }
}

impl Schema {
    /// The declaration that a [`FunctionFit::kind`] stands for.
    #[must_use]
    pub fn declared(&self, kind: u32) -> Option<&KindSchema> {
        self.kinds.get((kind as usize).checked_sub(1)?)
    }

    /// What is to be done with one key of a step whose function has this [`FunctionFit::kind`]: [`Schema::check`] for the
    /// thread that records. One lookup; allocates nothing.
    #[must_use]
    pub fn fit(&self, kind: u32, part: Part, key: &str) -> Fit {
        let fits = kind == 0 || self.declared(kind).is_some_and(|declared| declared.allows(part, key));
        if fits { Fit::Fits } else { Fit::Misfit(self.on_mismatch) }
    }

    /// What it says about a function of this kind, with captured arguments of these names.
    #[must_use]
    pub fn function<'n>(&self, kind: &str, arguments: impl IntoIterator<Item = &'n str>) -> FunctionFit {
        if kind.is_empty() {
            return FunctionFit::default();
        }
        let Some((place, declared)) = self.find(kind) else {
            return FunctionFit { kind: UNKNOWN_KIND, unknown_arguments: 0 };
        };
        let unknown = arguments.into_iter().enumerate().filter(|(_, name)| !declared.allows(Part::Input, name));
        let unknown_arguments = unknown.fold(0, |bits, (place, _)| bits | 1 << place.min(LAST_PLACE));
        FunctionFit { kind: place as u32 + 1, unknown_arguments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_by_their_place() {
        let schema = Schema::new("shop").kind("a", |kind| kind).kind("b", |kind| kind.input(["x"]).output(["y"]));
        let fit = schema.function("b", ["x", "z", "x", "w"]);
        assert_eq!(fit, FunctionFit { kind: 2, unknown_arguments: 0b1010 });
        let many = [["x"; 31].as_slice(), &["x", "z"]].concat();
        assert_eq!(schema.function("b", many).unknown_arguments, 1 << 31);
        assert_eq!(schema.function("a", ["z"]), FunctionFit { kind: 1, unknown_arguments: 0 });
        assert_eq!(schema.function("", ["z"]), FunctionFit::default());
        assert_eq!(schema.function("c", []).kind, UNKNOWN_KIND);
    }

    #[test]
    fn what_is_captured_depends_on_the_mode() {
        let schema = Schema::new("shop").kind("b", |kind| kind.input(["x"]));
        let [partly, unknown] = [schema.function("b", ["x", "z"]), schema.function("c", ["x"])];
        for (mode, rejected, left_out) in [
            (OnMismatch::Warn, [false, false], 0),
            (OnMismatch::Sanitize, [false, true], 0b10),
            (OnMismatch::Reject, [true, true], 0b10),
        ] {
            assert_eq!([partly, unknown].map(|fit| fit.is_rejected(mode)), rejected, "{mode:?}");
            assert_eq!(partly.left_out(mode), left_out, "{mode:?}");
        }
    }
}
