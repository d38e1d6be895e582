//! Runs made up of steps without values: what `tests/tests/diff.rs` cannot record, or not often enough.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::decision::DecisionCounts;
use crate::id::RunId;
use crate::model::{Callsite, Level, Outcome, RunStatus};

/// A step: the place of its caller among those before it, its function, whether it failed.
type Made = (usize, u8, bool);

fn run() -> Run {
    Run {
        id: RunId(1),
        pipeline: "made".into(),
        status: RunStatus::Completed,
        outcome: Outcome::Ok,
        started_ns: 0,
        ended_ns: Some(100),
        steps: 0,
        failures: 0,
        lost_events: 0,
        error: None,
        parent: None,
        orphan: false,
        level: Level::Full,
        schema: None,
        misfits: 0,
        pinned: false,
    }
}

fn recorded(made: &[Made]) -> Recorded<'static> {
    let callsite = |function: u8| {
        Arc::new(Callsite {
            name: function.to_string().into(),
            kind: "".into(),
            module: "made".into(),
            file: "made.rs".into(),
            line: 1,
            arguments: Vec::new(),
            opens_run: false,
            items: "".into(),
            key: "".into(),
        })
    };
    let step = |(place, (caller, function, failed)): (usize, &Made)| Step {
        id: StepId(place as u64 + 1),
        parent: (place > 0).then(|| StepId((*caller).min(place - 1) as u64 + 1)),
        callsite: callsite(*function),
        outcome: if *failed { Outcome::Err } else { Outcome::Ok },
        started_ns: place as u64,
        duration_ns: Some(1),
        thread: 0,
        items_in: None,
        items_out: None,
        counts: DecisionCounts::default(),
        important: false,
        level: Level::Metrics,
    };
    Recorded::new(run(), made.iter().enumerate().map(step).collect(), |_| Ok(None))
}

fn compared(a: &[Made], b: &[Made]) -> Diff {
    let show = Show { kinds: PairKind::ALL.to_vec(), from: 0, limit: MAX_STEPS * 2 };
    diff(&recorded(a), &recorded(b), &show).expect("nothing is read")
}

/// The ids of what stands beside each other.
fn pairs(diff: &Diff) -> Vec<(Option<u64>, Option<u64>)> {
    let id = |step: &Option<Step>| step.as_ref().map(|step| step.id.0);
    let mut pairs: Vec<_> = diff.pairs.iter().map(|pair| (id(&pair.a), id(&pair.b))).collect();
    pairs.sort_unstable();
    pairs
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    proptest::collection::vec((0_usize..40, 0_u8..4, proptest::bool::weighted(0.1)), 0..40)
}

#[test]
fn what_is_beyond_the_most_is_said() {
    let many: Vec<Made> = (0..MAX_STEPS + 1).map(|place| (place / 3, (place % 7) as u8, false)).collect();
    let diff = compared(&many, &many[1..]);
    assert!(diff.summary.stopped);
    let diff = compared(&many[..MAX_STEPS], &many[..MAX_STEPS]);
    assert_eq!((diff.summary.same, diff.summary.stopped), (MAX_STEPS as u64, false));
}

#[test]
fn a_chain_as_long_as_may_be_takes_no_stack() {
    let chain: Vec<Made> = (0..MAX_STEPS).map(|place| (place.saturating_sub(1), 0, false)).collect();
    let mut other = chain.clone();
    other[MAX_STEPS - 1].2 = true;
    let diff = compared(&chain, &other);
    assert_eq!((diff.summary.same, diff.summary.changed), (MAX_STEPS as u64 - 1, 1));
    let first = diff.first_divergence.expect("one differs").pair;
    assert_eq!((first.depth as usize, &*first.ways), (MAX_STEPS - 1, &[Way::Outcome][..]));
}

#[test]
fn the_divergence_is_the_one_that_ended_first() {
    // 1 called 2, which called 3; then 4. What 3 did is the first that differs, though 1 and 2 began before it.
    let one = [(0, 0, false), (0, 1, false), (1, 2, false), (0, 3, false)];
    let other = [(0, 0, true), (0, 1, true), (1, 2, true), (0, 3, true)];
    let first = compared(&one, &other).first_divergence.expect("all differ").pair;
    assert_eq!(first.a.map(|step| step.id), Some(StepId(3)));
    // A call that only one made, as a whole, before those that it made.
    let first = compared(&one[..1], &one).first_divergence.expect("calls are missing").pair;
    assert_eq!((first.kind, first.b.map(|step| step.id)), (PairKind::OnlyB, Some(StepId(2))));
}

proptest! {
    #[test]
    fn a_run_does_not_differ_from_itself(made in made()) {
        let diff = compared(&made, &made);
        prop_assert_eq!(diff.summary.same, made.len() as u64);
        prop_assert_eq!((diff.summary.moved, diff.pairs.len()), (0, made.len()));
        prop_assert!(diff.first_divergence.is_none());
    }

    #[test]
    fn swapped_runs_differ_in_the_same(a in made(), b in made()) {
        let (one, other) = (compared(&a, &b), compared(&b, &a));
        let mut swapped: Vec<_> = pairs(&other).into_iter().map(|(a, b)| (b, a)).collect();
        swapped.sort_unstable();
        prop_assert_eq!(pairs(&one), swapped);
        prop_assert_eq!((one.summary.only_a, one.summary.changed), (other.summary.only_b, other.summary.changed));
        prop_assert_eq!(one.first_divergence.is_some(), other.first_divergence.is_some());
    }

    #[test]
    fn every_step_is_there_once(a in made(), b in made()) {
        let found = pairs(&compared(&a, &b));
        prop_assert!(found.iter().filter_map(|(a, _)| *a).eq(1..=a.len() as u64));
        let mut of_b: Vec<u64> = found.iter().filter_map(|(_, b)| *b).collect();
        of_b.sort_unstable();
        prop_assert!(of_b.into_iter().eq(1..=b.len() as u64));
    }
}
