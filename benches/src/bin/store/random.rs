//! The same numbers and words for everybody: SplitMix64, of which every seed is a good one.

use crate::workload::{CATALOGUE, Item};

const WORDS: [&str; 24] = [
    "light",
    "winter",
    "jacket",
    "with",
    "hood",
    "size",
    "large",
    "blue",
    "running",
    "shoes",
    "for",
    "wet",
    "ground",
    "cheap",
    "and",
    "warm",
    "delivered",
    "before",
    "friday",
    "gift",
    "wrapped",
    "without",
    "plastic",
    "please",
];

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A whole number below this one.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens this often.
    pub(crate) fn is(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// A price in whole cents.
    pub(crate) fn price(&mut self) -> f64 {
        self.below(50_000) as f64 / 100.0
    }

    /// One microsecond to a quarter of a millisecond, more often short than long.
    pub(crate) fn short_ns(&mut self) -> u64 {
        self.spread_ns(1_000, 8)
    }

    /// A millisecond to a quarter of a second, more often short than long.
    pub(crate) fn long_ns(&mut self) -> u64 {
        self.spread_ns(1_000_000, 8)
    }

    fn spread_ns(&mut self, least: u64, doublings: u64) -> u64 {
        let order = least << self.below(doublings);
        order + self.below(order)
    }

    pub(crate) fn customer(&mut self) -> String {
        format!("customer-{:06}", self.below(50_000))
    }

    pub(crate) fn words(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count * 7);
        for place in 0..count {
            if place > 0 {
                text.push(' ');
            }
            text.push_str(WORDS[self.below(WORDS.len() as u64) as usize]);
        }
        text
    }

    /// Items of the catalogue, each once.
    pub(crate) fn items<const COUNT: usize>(&mut self) -> [Item; COUNT] {
        // A stride that has no factor in common with their number comes by each of them before any comes again.
        let (first, stride) = (self.below(CATALOGUE), 10 * self.below(CATALOGUE / 10) + 7);
        std::array::from_fn(|place| Item { number: (first + place as u64 * stride) % CATALOGUE, value: self.price() })
    }
}
