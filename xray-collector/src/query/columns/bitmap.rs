//! Which rows of a block are meant: a bit for each.

/// A bit for each row of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct Bitmap {
    words: Vec<u64>,
    rows: usize,
}

impl Bitmap {
    /// All rows, or none.
    pub(in crate::query) fn filled(rows: usize, is_set: bool) -> Self {
        let mut words = vec![if is_set { u64::MAX } else { 0 }; rows.div_ceil(64)];
        if let (true, Some(last), rest) = (is_set, words.last_mut(), rows % 64) {
            *last = if rest == 0 { u64::MAX } else { (1 << rest) - 1 };
        }
        Self { words, rows }
    }

    /// Those of which this holds; it is asked for each, so that it has to be quick.
    #[inline]
    pub(in crate::query) fn of<T: Copy>(column: &[T], holds: impl Fn(T) -> bool) -> Self {
        let word =
            |chunk: &[T]| chunk.iter().enumerate().fold(0, |word, (bit, value)| word | u64::from(holds(*value)) << bit);
        Self { words: column.chunks(64).map(word).collect(), rows: column.len() }
    }

    /// Those whose numbers are such.
    pub(in crate::query) fn of_rows(rows: usize, set: impl IntoIterator<Item = usize>) -> Self {
        let mut bitmap = Self::filled(rows, false);
        set.into_iter().for_each(|row| bitmap.words[row / 64] |= 1 << (row % 64));
        bitmap
    }

    /// Leaves those that are in the other as well.
    pub(in crate::query) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds those of the other.
    pub(in crate::query) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes these rows away.
    pub(in crate::query) fn remove(&mut self, rows: std::ops::Range<usize>) {
        rows.for_each(|row| self.words[row / 64] &= !(1 << (row % 64)));
    }

    /// Whether no row is meant.
    pub(in crate::query) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many rows are meant.
    pub(in crate::query) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether this row is.
    pub(in crate::query) fn has(&self, row: usize) -> bool {
        row < self.rows && self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Whether one of these rows is.
    pub(in crate::query) fn has_any(&self, mut rows: std::ops::Range<usize>) -> bool {
        rows.any(|row| self.has(row))
    }

    /// The rows that are meant, in order.
    pub(in crate::query) fn rows(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        for rows in [0, 1, 63, 64, 65, 200] {
            let column: Vec<usize> = (0..rows).collect();
            let thirds = Bitmap::of(&column, |row| row % 3 == 0);
            let expected: Vec<usize> = (0..rows).step_by(3).collect();
            assert_eq!(thirds.rows().collect::<Vec<_>>(), expected);
            assert_eq!(thirds, Bitmap::of_rows(rows, expected.iter().copied()));
            assert_eq!(Bitmap::filled(rows, true).count(), rows as u64);
            let mut all = Bitmap::filled(rows, true);
            all.and(&thirds);
            assert_eq!((&all, all.is_empty()), (&thirds, rows == 0));
            all.or(&Bitmap::filled(rows, true));
            assert_eq!(all, Bitmap::filled(rows, true));
            assert!(!all.has(rows) && thirds.has_any(0..rows) == (rows > 0));
        }
    }
}
