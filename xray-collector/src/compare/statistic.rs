//! How much two sets of values differ.

use std::collections::BTreeMap;

use super::sample::Scalar;
use super::{Field, Note, Of, Scale};

/// A side with fewer values says little.
pub const FEW: usize = 10;
/// So many standard errors are beyond what chance does to one field of a few hundred.
pub const CHANCE: f64 = 3.0;

/// Compares the values of a field in sets of these sizes.
pub(super) fn field(name: &str, a: &[&Scalar], b: &[&Scalar], sizes: [usize; 2]) -> Field {
    let mut field = match numbers(a).zip(numbers(b)).filter(|(a, b)| !a.is_empty() && !b.is_empty()) {
        Some((a, b)) => of_numbers(a, b),
        None => of_categories(a, b),
    };
    let present = [share(a.len(), sizes[0]), share(b.len(), sizes[1])];
    if (present[0] - present[1]).abs() > field.effect {
        let z = proportions_z([a.len(), b.len()], sizes);
        field = Field { scale: Scale::Presence, effect: (present[0] - present[1]).abs(), ..empty() };
        (field.a.proportion, field.b.proportion) = (Some(present[0]), Some(present[1]));
        field.note = note(sizes, z);
    }
    (field.a.values, field.b.values) = (a.len(), b.len());
    Field { field: name.to_owned(), ..field }
}

fn empty() -> Field {
    Field {
        field: String::new(),
        scale: Scale::Category,
        effect: 0.0,
        note: None,
        delta: None,
        auc: None,
        value: None,
        divergence: None,
        a: Of::default(),
        b: Of::default(),
    }
}

fn note(sizes: [usize; 2], z: f64) -> Option<Note> {
    match sizes[0].min(sizes[1]) < FEW {
        true => Some(Note::Few),
        false => (z.abs() < CHANCE).then_some(Note::MayBeChance),
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The numbers, in order; `None` if something is none.
fn numbers(values: &[&Scalar]) -> Option<Vec<f64>> {
    let mut numbers: Vec<f64> = values
        .iter()
        .map(|value| match value {
            Scalar::Number(number) => Some(*number),
            _ => None,
        })
        .collect::<Option<_>>()?;
    numbers.sort_by(f64::total_cmp);
    Some(numbers)
}

fn of_numbers(a: Vec<f64>, b: Vec<f64>) -> Field {
    let (delta, z) = dominance(&a, &b);
    Field {
        scale: Scale::Number,
        effect: delta.abs(),
        note: note([a.len(), b.len()], z),
        delta: Some(delta),
        auc: Some(f64::midpoint(delta, 1.0)),
        a: Of { median: median(&a), ..Of::default() },
        b: Of { median: median(&b), ..Of::default() },
        ..empty()
    }
}

/// Of numbers in order; `None` of none, and where it is not finite.
fn median(numbers: &[f64]) -> Option<f64> {
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    let median = if numbers.len() % 2 == 1 { upper } else { f64::midpoint(numbers[middle - 1], upper) };
    Some(median).filter(|median| median.is_finite())
}

/// Cliff's delta of numbers in order, and how many standard errors of the Mann-Whitney statistic it is from 0. Takes time
/// in proportion to their number.
pub(super) fn dominance(a: &[f64], b: &[f64]) -> (f64, f64) {
    let (mut at_a, mut at_b) = (0, 0);
    // Pairs in which the first is greater, less those in which it is smaller.
    let (mut balance, mut ties) = (0_i128, 0_f64);
    while at_a < a.len() || at_b < b.len() {
        let lowest = match (a.get(at_a), b.get(at_b)) {
            (Some(one), Some(other)) => one.min(*other),
            (Some(one), None) | (None, Some(one)) => *one,
            (None, None) => break,
        };
        let in_a = a[at_a..].iter().take_while(|number| **number == lowest).count();
        let in_b = b[at_b..].iter().take_while(|number| **number == lowest).count();
        balance += in_a as i128 * (at_b as i128 - (b.len() - at_b - in_b) as i128);
        let tied = (in_a + in_b) as f64;
        ties += tied.powi(3) - tied;
        (at_a, at_b) = (at_a + in_a, at_b + in_b);
    }
    let pairs = a.len() as f64 * b.len() as f64;
    if pairs == 0.0 {
        return (0.0, 0.0);
    }
    let delta = balance as f64 / pairs;
    let all = (a.len() + b.len()) as f64;
    // The statistic is (delta + 1) / 2 of all pairs.
    let variance = pairs / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    let z = if variance > 0.0 { delta * pairs / 2.0 / variance.sqrt() } else { 0.0 };
    (delta, z)
}

fn of_categories(a: &[&Scalar], b: &[&Scalar]) -> Field {
    let sizes = [a.len(), b.len()];
    if sizes[0].min(sizes[1]) == 0 {
        return empty();
    }
    let mut counts: BTreeMap<&Scalar, [usize; 2]> = BTreeMap::new();
    for (side, values) in [a, b].into_iter().enumerate() {
        for value in values {
            counts.entry(value).or_default()[side] += 1;
        }
    }
    let shares = |counts: &[usize; 2]| [share(counts[0], sizes[0]), share(counts[1], sizes[1])];
    let gap = |counts: &[usize; 2]| {
        let [in_a, in_b] = shares(counts);
        (in_a - in_b).abs()
    };
    // Of values that tell as much the first one.
    let telling = counts.iter().rev().max_by(|(_, one), (_, other)| gap(one).total_cmp(&gap(other)));
    let Some((value, telling)) = telling else { return empty() };
    let [in_a, in_b] = shares(telling);
    Field {
        effect: (in_a - in_b).abs(),
        note: note(sizes, proportions_z(*telling, sizes)),
        value: Some(value.tree()),
        divergence: Some(divergence(counts.values().map(shares))),
        a: Of { proportion: Some(in_a), ..Of::default() },
        b: Of { proportion: Some(in_b), ..Of::default() },
        ..empty()
    }
}

/// The Jensen-Shannon divergence in bits, of the shares that each value has in either set.
pub(super) fn divergence(shares: impl Iterator<Item = [f64; 2]>) -> f64 {
    let part = |share: f64, mean: f64| if share > 0.0 { share * (share / mean).log2() } else { 0.0 };
    let sum: f64 = shares
        .map(|[in_a, in_b]| {
            let mean = f64::midpoint(in_a, in_b);
            f64::midpoint(part(in_a, mean), part(in_b, mean))
        })
        .sum();
    sum.clamp(0.0, 1.0)
}

/// How many standard errors two proportions are apart.
pub(super) fn proportions_z(counts: [usize; 2], sizes: [usize; 2]) -> f64 {
    let [n, m] = sizes.map(|size| size as f64);
    let pooled = (counts[0] + counts[1]) as f64 / (n + m);
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let gap = share(counts[0], sizes[0]) - share(counts[1], sizes[1]);
    if error > 0.0 && error.is_finite() { gap / error } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-4
    }

    fn texts(values: &[&str]) -> Vec<Scalar> {
        values.iter().map(|value| Scalar::Text((*value).to_owned())).collect()
    }

    fn compared(a: &[Scalar], b: &[Scalar], sizes: [usize; 2]) -> Field {
        field("x", &a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>(), sizes)
    }

    #[test]
    fn dominance_has_known_values() {
        assert_eq!(dominance(&[1.0, 2.0], &[3.0, 4.0]).0, -1.0);
        assert_eq!(dominance(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), (0.0, 0.0));
        assert_eq!(dominance(&[2.0, 2.0], &[2.0]), (0.0, 0.0), "nothing but ties");
        // 3 pairs above, 1 below, 2 ties, of 6.
        assert!(close(dominance(&[1.0, 3.0, 5.0], &[1.0, 3.0]).0, 2.0 / 6.0));
        // Mann-Whitney: U = 10 of 20 is the mean; of 5 and 4 values without ties the variance is 5 * 4 * 10 / 12.
        let (delta, z) = dominance(&[6.0, 7.0, 8.0, 9.0, 10.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!(delta == 1.0 && close(z, 10.0 / (200.0_f64 / 12.0).sqrt()), "{z}");
    }

    #[test]
    fn divergence_has_known_values() {
        assert_eq!(divergence([[0.5, 0.5], [0.5, 0.5]].into_iter()), 0.0);
        assert_eq!(divergence([[1.0, 0.0], [0.0, 1.0]].into_iter()), 1.0);
        // H(3/4, 1/4) - (H(1, 0) + H(1/2, 1/2)) / 2.
        assert!(close(divergence([[1.0, 0.5], [0.0, 0.5]].into_iter()), 0.811_278 - 0.5));
    }

    #[test]
    fn proportions_have_known_errors() {
        // 40 of 100 and 20 of 100: pooled 0.3, error sqrt(0.3 * 0.7 / 50).
        assert!(close(proportions_z([40, 20], [100, 100]), 0.2 / (0.21_f64 / 50.0).sqrt()));
        assert_eq!(proportions_z([0, 0], [5, 5]), 0.0);
    }

    #[test]
    fn the_most_telling_value_is_named() {
        let found = compared(&texts(&["de", "de", "fr", "us"]), &texts(&["us", "us", "fr", "us"]), [4, 4]);
        assert_eq!((found.scale, found.effect), (Scale::Category, 0.5));
        assert_eq!((found.a.proportion, found.b.proportion, found.note), (Some(0.5), Some(0.0), Some(Note::Few)));
        assert_eq!(found.value, Some(crate::value::tree::Tree::Text("de".to_owned())));
    }

    #[test]
    fn values_that_are_never_the_same_tell_little() {
        let (a, b): (Vec<_>, Vec<_>) = (0..200)
            .map(|number| Scalar::Text(number.to_string()))
            .partition(|text| text < &Scalar::Text("5".to_owned()));
        let found = compared(&a, &b, [a.len(), b.len()]);
        assert!(found.effect < 0.02 && found.note == Some(Note::MayBeChance));
        assert!(close(found.divergence.expect("of categories"), 1.0));
    }

    #[test]
    fn being_there_can_be_what_differs() {
        let found = compared(&texts(&["x"; 30]), &texts(&["x"; 3]), [30, 30]);
        assert_eq!((found.scale, found.effect, found.note), (Scale::Presence, 0.9, None));
        assert_eq!((found.a.values, found.b.values), (30, 3));
        assert_eq!(compared(&texts(&["x"; 30]), &[], [30, 30]).effect, 1.0);
    }

    #[test]
    fn numbers_and_other_values_are_categories() {
        let mixed = [Scalar::Number(1.0), Scalar::Null];
        assert_eq!(compared(&mixed, &mixed, [2, 2]).scale, Scale::Category);
        let odd = [Scalar::Number(f64::INFINITY), Scalar::Number(f64::NEG_INFINITY)];
        let found = compared(&odd, &odd, [2, 2]);
        assert_eq!((found.scale, found.delta, found.a.median), (Scale::Number, Some(0.0), None));
    }

    proptest! {
        #[test]
        fn dominance_counts_pairs(a in proptest::collection::vec(-5_i8..5, 1..20), b in proptest::collection::vec(-5_i8..5, 1..20)) {
            let sorted = |values: &[i8]| {
                let mut values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let pairs = a.iter().flat_map(|one| b.iter().map(move |other| i32::from(one > other) - i32::from(one < other)));
            let expected = f64::from(pairs.sum::<i32>()) / (a.len() * b.len()) as f64;
            let (delta, z) = dominance(&sorted(&a), &sorted(&b));
            prop_assert!(close(delta, expected), "{} {}", delta, expected);
            let (other, other_z) = dominance(&sorted(&b), &sorted(&a));
            prop_assert!(close(delta, -other) && close(z, -other_z));
        }
    }
}
