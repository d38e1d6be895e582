//! Thinning: which handful of a step's decisions is kept at the level `sampled`. What is counted is not touched.

use crate::decision::Verdict;
use crate::fact::{CheckPlace, Fact, code_of_verdict, number};
use crate::inference::{Encoded, Finding, Inference, clip_key};
use crate::value::plain;

/// How many that are nearest to a threshold are kept.
const NEAREST: usize = 3;

/// The facts of one step, of which those about items are thinned while they come.
///
/// Kept are the first, the last, one of each reason, those whose comparison was the closest, and whatever is not about an
/// item.
#[derive(Debug, Default)]
pub(super) struct SampledFacts {
    kept: Vec<Kept>,
    seen: u64,
}

#[derive(Debug)]
struct Kept {
    /// The order in which they came.
    place: u64,
    why: Why,
    bytes: Vec<u8>,
}

#[derive(Debug, PartialEq)]
enum Why {
    Always,
    First,
    Last,
    Reason(String),
    Near(f64),
}

impl SampledFacts {
    /// Takes a fact that is read from `encoded` at its front.
    pub(super) fn add(&mut self, fact: Option<&Fact<'_>>, encoded: Encoded<'_>) {
        self.seen += 1;
        let (verdict, reason, distance) = match fact {
            Some(Fact::Verdict { verdict, reason, .. }) => (*verdict, *reason, None),
            Some(Fact::Checked { holds, checks, .. }) => {
                (super::verdict_of(*holds), super::failed(checks), distance(checks, encoded))
            }
            Some(Fact::Evaluated { holds, reason, checks, .. }) => {
                (super::verdict_of(*holds), reason.or_else(|| super::failed(checks)), None)
            }
            _ => return self.keep(Why::Always, encoded.bytes),
        };
        let reason = format!("{}: {}", verdict.as_str(), reason.unwrap_or_default());
        if self.seen == 1 {
            self.keep(Why::First, encoded.bytes);
        } else if !self.kept.iter().any(|kept| matches!(&kept.why, Why::Reason(seen) if *seen == reason))
            && self.reasons() < 32
        {
            self.keep(Why::Reason(reason), encoded.bytes);
        } else if let Some(distance) = distance.filter(|distance| self.is_near(*distance)) {
            self.keep(Why::Near(distance), encoded.bytes);
        } else {
            self.kept.retain(|kept| kept.why != Why::Last);
            self.keep(Why::Last, encoded.bytes);
        }
    }

    /// Takes a fact that is kept in any case.
    pub(super) fn add_always(&mut self, bytes: &[u8]) {
        self.seen += 1;
        self.keep(Why::Always, bytes);
    }

    fn reasons(&self) -> usize {
        self.kept.iter().filter(|kept| matches!(kept.why, Why::Reason(_))).count()
    }

    /// Whether it is nearer than one of those that are kept for it; makes room for it then.
    fn is_near(&mut self, distance: f64) -> bool {
        let near = |kept: &Kept| match kept.why {
            Why::Near(distance) => Some(distance),
            _ => None,
        };
        let all: Vec<f64> = self.kept.iter().filter_map(near).collect();
        let farthest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if all.len() >= NEAREST && distance < farthest {
            let place = self.kept.iter().position(|kept| near(kept) == Some(farthest));
            place.map(|place| self.kept.remove(place));
        }
        all.len() < NEAREST || distance < farthest
    }

    fn keep(&mut self, why: Why, bytes: &[u8]) {
        self.kept.push(Kept { place: self.seen, why, bytes: bytes.to_vec() });
    }

    /// The facts that are kept, one after the other.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.kept.sort_by_key(|kept| kept.place);
        self.kept.into_iter().flat_map(|kept| kept.bytes).collect()
    }
}

/// How far the sides of the closest comparison are apart, relative to the greater.
fn distance(checks: &[CheckPlace<'_>], encoded: Encoded<'_>) -> Option<f64> {
    let number = |place: &std::ops::Range<usize>| plain::number(encoded.bytes.get(place.clone())?);
    let distances = checks.iter().filter_map(|check| {
        let [(_, left), (_, right)] = &check.operands[..] else { return None };
        let (left, right) = (number(left)?, number(right)?);
        Some((left - right).abs() / left.abs().max(right.abs()).max(f64::MIN_POSITIVE))
    });
    distances.reduce(f64::min)
}

/// A handful of what was inferred, as a fact: of each verdict the first and the last, and those with the highest and the
/// lowest score.
pub(super) fn sampled_decisions(inference: &Inference<'_>) -> Option<Vec<u8>> {
    let mut chosen: Vec<(Verdict, [Option<Finding<'_, '_>>; 4])> = Vec::new();
    let mut all = 0_u64;
    for finding in inference.findings() {
        all += 1;
        let verdict = finding.verdict();
        let place = chosen.iter().position(|(seen, _)| *seen == verdict).unwrap_or_else(|| {
            chosen.push((verdict, [None; 4]));
            chosen.len() - 1
        });
        let [first, last, lowest, highest] = &mut chosen[place].1;
        first.get_or_insert(finding);
        *last = Some(finding);
        if let Some(score) = finding.score() {
            let beats = |other: &Option<Finding<'_, '_>>, is_better: fn(&f64, &f64) -> bool| {
                other.and_then(|other| other.score()).is_none_or(|other| is_better(&score, &other))
            };
            if beats(lowest, f64::lt) {
                *lowest = Some(finding);
            }
            if beats(highest, f64::gt) {
                *highest = Some(finding);
            }
        }
    }
    let mut findings: Vec<_> = chosen.iter().flat_map(|(_, findings)| findings.iter().flatten()).collect();
    findings.sort_by_key(|finding| (finding.before().is_none(), finding.before(), finding.after()));
    findings.dedup_by_key(|finding| (finding.before(), finding.after()));
    if findings.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    plain::open_list(&mut bytes);
    plain::u8(number::SAMPLED, &mut bytes);
    plain::u64(all, &mut bytes);
    for finding in findings {
        plain::string(&clip_key(finding.key()), &mut bytes);
        plain::u8(code_of_verdict(finding.verdict()), &mut bytes);
        plain::optional(finding.score(), plain::f64, &mut bytes);
        plain::optional(finding.before().map(u64::from), plain::u64, &mut bytes);
        plain::optional(finding.after().map(u64::from), plain::u64, &mut bytes);
        plain::boolean(finding.changed(), &mut bytes);
        plain::boolean(finding.ambiguous(), &mut bytes);
    }
    plain::close(&mut bytes);
    Some(bytes)
}
