//! Which step of one run is which of the other: level by level, callers before those they called.
//!
//! Among the steps that one pair of steps called, in the order in which they began, the longest common subsequence is
//! taken: first of steps with equal functions and inputs, so that a loop of which one round is missing is not off by one
//! from there on; then, between those, of steps of the same function. What is left on both sides of equal functions and inputs
//! is paired in order, and has moved: threads that run at once begin in any order. Cost is bounded: see [`lcs`].

use std::collections::HashMap;

/// A step, for the sake of aligning it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Its function.
    pub(super) function: u64,
    /// Its function and its inputs, or the function alone where that is enough.
    pub(super) call: u64,
}

/// Places in one list and in the other, with equal functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) a: usize,
    pub(super) b: usize,
    /// Others stand between on one side that do not on the other.
    pub(super) moved: bool,
}

/// Pairs two lists; in the order of `a`. Swapping the lists swaps the places.
pub(super) fn level(a: &[Key], b: &[Key]) -> Vec<Match> {
    // Of equally good alignments the same one has to be found from either side.
    if (b.len(), b) < (a.len(), a) {
        let mut swapped: Vec<_> =
            aligned(b, a).into_iter().map(|found| Match { a: found.b, b: found.a, ..found }).collect();
        swapped.sort_by_key(|found| found.a);
        return swapped;
    }
    aligned(a, b)
}

fn aligned(a: &[Key], b: &[Key]) -> Vec<Match> {
    let part = |keys: &[Key], part: fn(&Key) -> u64| keys.iter().map(part).collect::<Vec<_>>();
    let (functions_a, functions_b) = (part(a, |key| key.function), part(b, |key| key.function));
    let mut anchors = lcs(&part(a, |key| key.call), &part(b, |key| key.call));
    anchors.push((a.len(), b.len()));
    let mut matches = Vec::new();
    let (mut from_a, mut from_b) = (0, 0);
    for (at_a, at_b) in anchors {
        let between = lcs(&functions_a[from_a..at_a], &functions_b[from_b..at_b]);
        matches.extend(between.into_iter().map(|(i, j)| Match { a: from_a + i, b: from_b + j, moved: false }));
        if at_a < a.len() && at_b < b.len() {
            matches.push(Match { a: at_a, b: at_b, moved: false });
        }
        (from_a, from_b) = (at_a + 1, at_b + 1);
    }
    let moved = left_over(a, b, &matches);
    matches.extend(moved);
    matches.sort_by_key(|found| found.a);
    matches
}

/// What is in no match, paired in order where the keys are equal.
fn left_over(a: &[Key], b: &[Key], matches: &[Match]) -> Vec<Match> {
    let (mut taken_a, mut taken_b) = (vec![false; a.len()], vec![false; b.len()]);
    for found in matches {
        (taken_a[found.a], taken_b[found.b]) = (true, true);
    }
    let mut free: HashMap<u64, std::collections::VecDeque<usize>> = HashMap::new();
    for (place, key) in b.iter().enumerate().filter(|(place, _)| !taken_b[*place]) {
        free.entry(key.call).or_default().push_back(place);
    }
    let unmatched = a.iter().enumerate().filter(|(place, _)| !taken_a[*place]);
    unmatched
        .filter_map(|(place, key)| {
            let b = free.get_mut(&key.call)?.pop_front()?;
            Some(Match { a: place, b, moved: true })
        })
        .collect()
}

/// So many comparisons and no more: beyond, an approximation is taken.
const CELLS: usize = 4_000_000;

/// The longest common subsequence, as pairs of places. Exact where what is left between equal beginnings and ends has
/// no more than [`CELLS`] pairs of places; else the longest one of n-th occurrences with n-th occurrences, which takes
/// `n log n`.
fn lcs(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let front = a.iter().zip(b).take_while(|(one, other)| one == other).count();
    let (rest_a, rest_b) = (&a[front..], &b[front..]);
    let back = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(one, other)| one == other).count();
    let (middle_a, middle_b) = (&rest_a[..rest_a.len() - back], &rest_b[..rest_b.len() - back]);
    let middle = match middle_a.len().saturating_mul(middle_b.len()) {
        0 => Vec::new(),
        1..=CELLS => exact(middle_a, middle_b),
        _ => approximate(middle_a, middle_b),
    };
    let (end_a, end_b) = (a.len() - back, b.len() - back);
    let fronts = (0..front).map(|place| (place, place));
    let middles = middle.into_iter().map(|(i, j)| (front + i, front + j));
    fronts.chain(middles).chain((0..back).map(|place| (end_a + place, end_b + place))).collect()
}

fn exact(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    // How many of the rests are common.
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for (i, one) in a.iter().enumerate().rev() {
        for (j, other) in b.iter().enumerate().rev() {
            common[i * width + j] = match one == other {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn approximate(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u64, std::collections::VecDeque<usize>> = HashMap::new();
    for (place, key) in b.iter().enumerate() {
        places.entry(*key).or_default().push_back(place);
    }
    let pairs: Vec<(usize, usize)> =
        a.iter().enumerate().filter_map(|(i, key)| Some((i, places.get_mut(key)?.pop_front()?))).collect();
    // The longest increasing subsequence: of each length the one that ends lowest, and what came before each.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), vec![None; pairs.len()]);
    for (number, (_, j)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *j);
        before[number] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = number,
            None => ends.push(number),
        }
    }
    let mut found: Vec<_> =
        std::iter::successors(ends.last().copied(), |number| before[*number]).map(|number| pairs[number]).collect();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        // A function's letter, and a digit for what went in.
        let bytes = text.as_bytes().chunks(2);
        bytes.map(|pair| Key { function: pair[0].into(), call: u64::from(pair[0]) << 8 | u64::from(pair[1]) }).collect()
    }

    fn shown(a: &str, b: &str) -> String {
        let words: Vec<_> = level(&keys(a), &keys(b))
            .iter()
            .map(|found| format!("{}{}{}", found.a, if found.moved { "~" } else { "-" }, found.b))
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_round_that_is_missing_shifts_nothing() {
        assert_eq!(shown("a1b1b2b3c1", "a1b1b3c1"), "0-0 1-1 3-2 4-3");
        assert_eq!(shown("b1b2b3", "b1b9b3"), "0-0 1-1 2-2", "of the same function between equal calls");
    }

    #[test]
    fn what_began_in_another_order_has_moved() {
        assert_eq!(shown("a1b1c1", "a1c1b1"), "0-0 1~2 2-1");
        assert_eq!(shown("a1", "b1"), "");
        assert_eq!(shown("", "a1"), "");
    }

    #[test]
    fn an_alignment_of_many_is_found_in_little_time() {
        let many = |from: u64| (from..from + 10_000).map(|number| number * 7_919 % 4_001).collect::<Vec<_>>();
        let (a, b) = (many(0), many(100));
        let found = lcs(&a, &b);
        assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
        assert!(found.iter().all(|(i, j)| a[*i] == b[*j]));
        assert!(found.len() > 4_000, "{}", found.len());
    }

    fn some_keys() -> impl Strategy<Value = Vec<Key>> {
        let key = (0_u64..4, 0_u64..3).prop_map(|(function, input)| Key { function, call: function * 10 + input });
        proptest::collection::vec(key, 0..30)
    }

    proptest! {
        #[test]
        fn a_list_is_itself(a in some_keys()) {
            let found = level(&a, &a);
            let itself: Vec<_> = (0..a.len()).map(|place| Match { a: place, b: place, moved: false }).collect();
            prop_assert_eq!(found, itself);
        }

        #[test]
        fn swapping_the_lists_swaps_the_places(a in some_keys(), b in some_keys()) {
            let mut swapped: Vec<_> =
                level(&b, &a).into_iter().map(|found| Match { a: found.b, b: found.a, ..found }).collect();
            swapped.sort_by_key(|found| found.a);
            prop_assert_eq!(level(&a, &b), swapped);
        }

        #[test]
        fn each_place_is_taken_once_by_its_function(a in some_keys(), b in some_keys()) {
            let found = level(&a, &b);
            let mut places_of_b: Vec<_> = found.iter().map(|found| found.b).collect();
            places_of_b.sort_unstable();
            places_of_b.dedup();
            prop_assert_eq!(places_of_b.len(), found.len());
            prop_assert!(found.windows(2).all(|pair| pair[0].a < pair[1].a));
            prop_assert!(found.iter().all(|found| a[found.a].function == b[found.b].function));
            // Nothing with the same inputs is left on both sides.
            let left = |keys: &[Key], taken: &dyn Fn(usize) -> bool| -> Vec<u64> {
                keys.iter().enumerate().filter(|(place, _)| !taken(*place)).map(|(_, key)| key.call).collect()
            };
            let left_a = left(&a, &|place| found.iter().any(|found| found.a == place));
            let left_b = left(&b, &|place| found.iter().any(|found| found.b == place));
            prop_assert!(left_a.iter().all(|call| !left_b.contains(call)));
        }
    }
}
