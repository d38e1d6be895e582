//! Decisions of a test that are made by bytes, so that fewer and lower bytes make a simpler case.

/// Bytes to choose by; when they are used up, the first is chosen of anything.
pub(super) struct Choices<'c>(std::slice::Iter<'c, u8>);

impl<'c> Choices<'c> {
    pub(super) fn of(bytes: &'c [u8]) -> Self {
        Self(bytes.iter())
    }

    /// A number below this one.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        u64::from(self.0.next().copied().unwrap_or(0)) % end.max(1)
    }

    pub(super) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }

    /// So often of that many times.
    pub(super) fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) >= of - times
    }

    pub(super) fn maybe(&mut self, end: u64) -> Option<u64> {
        self.chance(2, 3).then(|| self.below(end))
    }
}
