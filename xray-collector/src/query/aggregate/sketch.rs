//! Quantiles of many numbers in little memory.
//!
//! Up to [`EXACT`] numbers are kept as they are. Then they are counted in the buckets of [`crate::spread`]: the middle of one
//! is at most 1/256, or 0.4 %, away from each of its numbers. Two sketches of parts make that of the whole.

use crate::spread::{SMALLEST, Spread, bucket, edge};

/// Up to so many numbers the answer is exact.
pub const EXACT: usize = 2_048;

/// Counts numbers by their size.
#[derive(Debug, Clone, Default)]
pub(super) struct Sketch {
    exact: Vec<f64>,
    positive: Buckets,
    negative: Buckets,
    zeros: u64,
    count: u64,
}

impl Sketch {
    /// Counts a number; NaN is none.
    #[inline]
    pub(super) fn insert(&mut self, number: f64) {
        if number.is_nan() {
            return;
        }
        if self.is_exact() && self.exact.len() < EXACT {
            self.exact.push(number);
        } else {
            if !self.exact.is_empty() {
                self.spill();
            }
            self.bucket(number, 1);
        }
        self.count += 1;
    }

    /// Whether all numbers are there as they are.
    fn is_exact(&self) -> bool {
        self.count == self.exact.len() as u64
    }

    /// Counts all that the other has counted.
    pub(super) fn merge(&mut self, other: Self) {
        if other.is_exact() {
            other.exact.into_iter().for_each(|number| self.insert(number));
            return;
        }
        self.spill();
        self.positive.merge(&other.positive);
        self.negative.merge(&other.negative);
        self.zeros += other.zeros;
        self.count += other.count;
    }

    /// Counts as many numbers as there are in a spread.
    pub(super) fn add(&mut self, spread: &Spread, count: u64) {
        if spread.is_exact() {
            spread.exact.iter().for_each(|number| self.insert(*number));
            return;
        }
        self.spill();
        self.positive.add_all(spread.first, &spread.counts);
        self.zeros += spread.zeros;
        self.count += count;
    }

    /// The lowest number that this share of all of them does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        if self.is_exact() {
            let mut sorted = self.exact.clone();
            sorted.sort_by(f64::total_cmp);
            return sorted.get(rank as usize - 1).copied();
        }
        Some(self.at(rank))
    }

    fn spill(&mut self) {
        std::mem::take(&mut self.exact).into_iter().for_each(|number| self.bucket(number, 1));
    }

    #[inline]
    fn bucket(&mut self, number: f64, times: u64) {
        if number.abs() < SMALLEST {
            self.zeros += times;
        } else if number > 0.0 {
            self.positive.add(bucket(number), times);
        } else {
            self.negative.add(bucket(-number), times);
        }
    }

    /// The middle of the bucket of the number at this place among all, from 1.
    fn at(&self, rank: u64) -> f64 {
        let mut left = rank;
        for (bucket, count) in self.negative.filled().rev() {
            if left <= count {
                return -middle(bucket);
            }
            left -= count;
        }
        if left <= self.zeros {
            return 0.0;
        }
        left -= self.zeros;
        for (bucket, count) in self.positive.filled() {
            if left <= count {
                return middle(bucket);
            }
            left -= count;
        }
        f64::INFINITY
    }
}

/// Counts of positive numbers.
#[derive(Debug, Clone, Default)]
struct Buckets {
    /// The first bucket.
    first: usize,
    counts: Vec<u64>,
}

impl Buckets {
    #[inline]
    fn add(&mut self, bucket: u16, times: u64) {
        let index = usize::from(bucket);
        match self.counts.get_mut(index.wrapping_sub(self.first)) {
            Some(count) => *count += times,
            None => self.grow(index, times),
        }
    }

    #[cold]
    fn grow(&mut self, index: usize, times: u64) {
        self.reach(index, index);
        self.counts[index - self.first] += times;
    }

    /// Adds counts of buckets that follow each other.
    fn add_all(&mut self, first: u16, counts: &[u32]) {
        if let Some(last) = counts.len().checked_sub(1) {
            let first = usize::from(first);
            self.reach(first, first + last);
            let own = &mut self.counts[first - self.first..];
            own.iter_mut().zip(counts).for_each(|(own, count)| *own += u64::from(*count));
        }
    }

    /// Has room for the buckets from one to another.
    fn reach(&mut self, first: usize, last: usize) {
        // Whole powers of two, so that it happens seldom.
        let (from, to) = (first & !127, (last | 127) + 1);
        if self.counts.is_empty() {
            self.first = from;
        }
        if from < self.first {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - from));
            self.first = from;
        }
        if to > self.first + self.counts.len() {
            self.counts.resize(to - self.first, 0);
        }
    }

    fn merge(&mut self, other: &Self) {
        other.filled().for_each(|(bucket, count)| self.add(bucket, count));
    }

    fn filled(&self) -> impl DoubleEndedIterator<Item = (u16, u64)> {
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(at, count)| ((self.first + at) as u16, *count))
    }
}

fn middle(bucket: u16) -> f64 {
    f64::midpoint(edge(bucket), edge(bucket + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(numbers: &[f64], sketch: &Sketch) {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        for share in [0.0, 0.01, 0.5, 0.95, 0.99, 1.0] {
            let rank = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
            let (exact, found) = (sorted[rank - 1], sketch.quantile(share).unwrap());
            let error = (found - exact).abs();
            let allowed = if sorted.len() <= EXACT { 0.0 } else { exact.abs() / 256.0 };
            assert!(error <= allowed, "{found} is not {exact}, the {share} of {}", sorted.len());
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        let mut sketch = Sketch::default();
        sketch.insert(f64::NAN);
        assert_eq!(sketch.quantile(0.5), None);
    }

    #[test]
    fn one_number_more_than_is_exact() {
        let numbers: Vec<f64> = (0..=EXACT).map(|number| number as f64 * 1.7 - 100.0).collect();
        for length in [1, 2, EXACT, EXACT + 1] {
            let mut sketch = Sketch::default();
            numbers[..length].iter().for_each(|number| sketch.insert(*number));
            check(&numbers[..length], &sketch);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn near_enough(
            numbers in prop::collection::vec(prop_oneof![
                3 => 0.0..1e12_f64, 2 => -1e3..1e3_f64, 1 => Just(0.0), 1 => 0.0..1e-9_f64,
            ], 1..3_000),
            parts in 1..4_usize,
        ) {
            let mut whole = Sketch::default();
            for part in numbers.chunks(numbers.len().div_ceil(parts)) {
                let mut sketch = Sketch::default();
                part.iter().for_each(|number| sketch.insert(*number));
                whole.merge(sketch);
            }
            check(&numbers, &whole);
        }
    }
}
