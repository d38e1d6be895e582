//! How numbers are spread: few as they are, many counted in buckets.
//!
//! Buckets are linear within each power of two: 128 of them, so that a bucket is at most 1/128 as wide as its numbers are
//! large. These are the buckets of HdrHistogram (Gil Tene, <https://hdrhistogram.org>), at two decimal digits; here they
//! are read off the bits of a float.

/// The bits of a float that tell buckets apart: what is in front of the others.
const SHIFT: u32 = 52 - 7;
/// The magnitudes that are told apart, 2⁻⁶⁴ to 2⁶⁴: what is nearer to 0 counts as 0, what is further away as the last.
pub(crate) const SMALLEST: f64 = 5.421_010_862_427_522e-20;
const LARGEST: f64 = 1.844_674_407_370_955_2e19;
/// The bucket of the smallest one.
const FIRST: u64 = SMALLEST.to_bits() >> SHIFT;
/// How many there are.
#[cfg(feature = "embedded")]
pub(crate) const MOST_BUCKETS: u64 = (LARGEST.to_bits() >> SHIFT) - FIRST + 1;

/// The bucket of a number that is no smaller than [`SMALLEST`].
#[inline]
pub(crate) fn bucket(number: f64) -> u16 {
    ((number.min(LARGEST).to_bits() >> SHIFT) - FIRST) as u16
}

/// The number with which a bucket begins.
#[cfg(feature = "query")]
pub(crate) fn edge(bucket: u16) -> f64 {
    f64::from_bits((u64::from(bucket) + FIRST) << SHIFT)
}

/// How numbers that are not negative are spread.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spread {
    /// They themselves, in order, if they are few.
    pub(crate) exact: Vec<f64>,
    /// Otherwise how many are 0,
    pub(crate) zeros: u64,
    /// the lowest bucket that has any,
    pub(crate) first: u16,
    /// and how many are in which bucket, from that one to the highest one that has any.
    pub(crate) counts: Vec<u32>,
}

impl Spread {
    /// That of these numbers, which are kept as they are if there are no more than `most_exact`.
    pub(crate) fn of(mut numbers: Vec<f64>, most_exact: usize) -> Self {
        if numbers.len() <= most_exact {
            numbers.sort_unstable_by(f64::total_cmp);
            return Self { exact: numbers, ..Self::default() };
        }
        let buckets = || numbers.iter().filter(|number| **number >= SMALLEST).map(|number| bucket(*number));
        let (Some(first), Some(last)) = (buckets().min(), buckets().max()) else {
            return Self { zeros: numbers.len() as u64, ..Self::default() };
        };
        let mut counts = vec![0; usize::from(last - first) + 1];
        let mut zeros = numbers.len() as u64;
        for bucket in buckets() {
            counts[usize::from(bucket - first)] += 1;
            zeros -= 1;
        }
        Self { exact: Vec::new(), zeros, first, counts }
    }

    /// Of how many numbers it is; `None` if these are too many to be counted.
    #[cfg(feature = "embedded")]
    pub(crate) fn count(&self) -> Option<u64> {
        let counted: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        self.zeros.checked_add(counted)?.checked_add(self.exact.len() as u64)
    }

    /// That of all numbers of which these are.
    #[cfg(feature = "embedded")]
    pub(crate) fn of_all(spreads: &[&Self], most_exact: usize) -> Self {
        let exact: Vec<f64> = spreads.iter().flat_map(|spread| spread.exact.iter().copied()).collect();
        if spreads.iter().all(|spread| spread.is_exact()) {
            return Self::of(exact, most_exact);
        }
        let exact = Self::of(exact, 0);
        let all = || spreads.iter().copied().chain([&exact]);
        let buckets = || all().filter(|spread| !spread.counts.is_empty());
        let first = buckets().map(|spread| spread.first).min().unwrap_or(0);
        let end = buckets().map(|spread| usize::from(spread.first) + spread.counts.len()).max().unwrap_or(0);
        let mut counts = vec![0; end.saturating_sub(first.into())];
        for spread in buckets() {
            let from = usize::from(spread.first - first);
            counts[from..].iter_mut().zip(&spread.counts).for_each(|(all, count)| *all += count);
        }
        Self { exact: Vec::new(), zeros: all().map(|spread| spread.zeros).sum(), first, counts }
    }

    /// Whether the numbers are there as they are.
    #[cfg(any(feature = "query", feature = "embedded"))]
    pub(crate) fn is_exact(&self) -> bool {
        self.zeros == 0 && self.counts.is_empty()
    }
}

#[cfg(all(test, feature = "query", feature = "embedded"))]
mod tests {
    use super::*;

    #[test]
    fn a_spread_of_all_is_that_of_their_numbers() {
        let numbers: Vec<f64> = (0..60).map(|number| f64::from(number * number % 17) * 1.3).collect();
        for (cuts, most_exact) in [([0, 0], 60), ([10, 30], 20), ([10, 30], 60), ([1, 59], 3), ([20, 60], 0)] {
            let parts = [&numbers[..cuts[0]], &numbers[cuts[0]..cuts[1]], &numbers[cuts[1]..]];
            let spreads = parts.map(|part| Spread::of(part.to_vec(), most_exact));
            let all = Spread::of_all(&spreads.each_ref(), most_exact);
            assert_eq!(all, Spread::of(numbers.clone(), most_exact), "{cuts:?}, {most_exact}");
        }
        assert_eq!(Spread::of_all(&[], 9), Spread::default());
        let zeros = Spread::of(vec![0.0; 3], 2);
        assert_eq!(Spread::of_all(&[&zeros, &zeros], 2).count(), Some(6));
    }

    #[test]
    fn a_bucket_has_the_numbers_from_its_edge_to_the_next() {
        for number in [SMALLEST, 1e-9, 0.5, 1.0, 1.007, 127.0, 1e9, LARGEST, f64::MAX] {
            let bucket = bucket(number);
            assert!(edge(bucket) <= number, "{number}");
            assert!(number < edge(bucket + 1) || number >= LARGEST, "{number}");
        }
        assert_eq!((bucket(SMALLEST), bucket(LARGEST)), (0, 128 * 128));
    }

    #[test]
    fn few_are_kept_and_many_are_counted() {
        let numbers = vec![3.0, 0.0, 3.01, 1e9];
        let few = Spread::of(numbers.clone(), 4);
        assert_eq!((few.is_exact(), &few.exact[..]), (true, &[0.0, 3.0, 3.01, 1e9][..]));
        let many = Spread::of(numbers, 3);
        assert_eq!((many.is_exact(), many.zeros, many.first), (false, 1, bucket(3.0)));
        assert_eq!((many.counts[0], many.counts.last(), many.counts.iter().sum()), (2, Some(&1), 3));
        assert_eq!(many.counts.len(), usize::from(bucket(1e9) - bucket(3.0)) + 1);
        let zeros = Spread::of(vec![0.0; 3], 2);
        assert_eq!((zeros.is_exact(), zeros.zeros, zeros.counts.len()), (false, 3, 0));
        assert!(Spread::of(Vec::new(), 0).is_exact());
    }
}
