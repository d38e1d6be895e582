//! What a schema says about a function, decided once for all of its calls: its kind and its arguments' names are known
//! before it is called.

use super::{KindSchema, OnMismatch, Part, Schema};

/// What a schema says about the calls of one function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionFit {
    /// Its kind is not declared.
    pub is_unknown_kind: bool,
    /// The arguments that are not declared, each a bit by its place; the highest stands for all from there on.
    pub unknown_arguments: u32,
    /// Which kind's declaration its results are checked by, if that says something about them: its place, from 1.
    pub checked_output: u32,
}

/// From this place on all arguments share a bit: few functions have so many.
const LAST_PLACE: usize = 31;

impl FunctionFit {
    /// Whether its calls do not fit, whatever they return.
    #[must_use]
    pub fn is_misfit(&self) -> bool {
        self.is_unknown_kind || self.unknown_arguments != 0
    }

    /// Whether no value of its calls may be captured. Of a kind that is not declared, nothing is: it cannot be
    /// sanitized down to what fits.
    #[must_use]
    pub fn is_rejected(&self, on_mismatch: OnMismatch) -> bool {
        match on_mismatch {
            OnMismatch::Warn => false,
            OnMismatch::Reject => self.is_misfit(),
            OnMismatch::Sanitize => self.is_unknown_kind,
        }
    }

    /// The arguments that may not be captured.
    #[must_use]
    pub fn left_out(&self, on_mismatch: OnMismatch) -> u32 {
        if on_mismatch == OnMismatch::Warn { 0 } else { self.unknown_arguments }
    }
}

impl Schema {
    /// The declaration that a [`FunctionFit::checked_output`] stands for.
    pub(crate) fn checked_output(&self, place: u32) -> Option<&KindSchema> {
        self.kinds.get((place as usize).checked_sub(1)?)
    }

    /// What it says about a function of this kind, with captured arguments of these names.
    #[must_use]
    pub fn function<'n>(&self, kind: &str, arguments: impl IntoIterator<Item = &'n str>) -> FunctionFit {
        if kind.is_empty() {
            return FunctionFit::default();
        }
        let Some((place, declared)) = self.find(kind) else {
            return FunctionFit { is_unknown_kind: true, ..FunctionFit::default() };
        };
        let unknown = arguments.into_iter().enumerate().filter(|(_, name)| !declared.allows(Part::Input, name));
        let unknown_arguments = unknown.fold(0, |bits, (place, _)| bits | 1 << place.min(LAST_PLACE));
        let checked_output = declared.output.as_ref().map_or(0, |_| place as u32 + 1);
        FunctionFit { is_unknown_kind: false, unknown_arguments, checked_output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_by_their_place() {
        let schema = Schema::new("shop").kind("a", |kind| kind).kind("b", |kind| kind.input(["x"]).output(["y"]));
        let fit = schema.function("b", ["x", "z", "x", "w"]);
        assert_eq!(fit, FunctionFit { is_unknown_kind: false, unknown_arguments: 0b1010, checked_output: 2 });
        let many = [["x"; 31].as_slice(), &["x", "z"]].concat();
        assert_eq!(schema.function("b", many).unknown_arguments, 1 << 31);
        assert_eq!(schema.function("a", ["z"]), FunctionFit::default());
        assert_eq!(schema.function("", ["z"]), FunctionFit::default());
        assert!(schema.function("c", []).is_unknown_kind);
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
