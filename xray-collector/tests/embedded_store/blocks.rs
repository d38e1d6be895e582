//! Steps of a run that come in any order, in many batches, and again.

use std::collections::BTreeMap;

use xray_collector::id::StepId;
use xray_collector::store::{Batch, MAX_PAGE, Store};

use crate::fixture::{directory, open, run_id, step};

/// Numbers without an order, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn each_step_is_in_one_place_and_its_last_row_counts() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let (mut numbers, mut written) = (Numbers(1), BTreeMap::new());
    for batch in 0..30_u64 {
        // Few at a time, and more than a block holds; of two runs, each with steps of three threads.
        let rows = (0..[3, 40, 300][batch as usize % 3]).map(|place| {
            let run = run_id(1 + numbers.below(2));
            let mut row = step(run, numbers.below(3) << 40 | (1 + numbers.below(20 + batch * 10)));
            (row.duration_ns, row.is_final) = (Some(batch * 1_000 + place), false);
            written.insert((run, row.step), row.duration_ns);
            row
        });
        let steps = rows.collect();
        store.write(&Batch { callsites: crate::fixture::batch().callsites, steps, ..Batch::default() }).unwrap();
    }
    assert_eq!(store.summary().unwrap().steps, written.len() as u64);
    for run in [1, 2].map(run_id) {
        let expected: Vec<_> =
            written.iter().filter(|((of, _), _)| *of == run).map(|((_, step), took)| (*step, *took)).collect();
        assert!(expected.len() > 300, "{}", expected.len());
        for page in [7, 64, MAX_PAGE] {
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let steps = store.steps(run, after, page).unwrap();
                assert!(steps.len() <= page);
                read.extend(steps.iter().map(|step| (step.id, step.duration_ns)));
                let Some(last) = steps.last() else { break };
                after = Some(last.id);
            }
            assert_eq!(read, expected, "in pages of {page}");
        }
        for (step, took) in &expected {
            assert_eq!(store.step(run, *step).unwrap().expect("it is there").step.duration_ns, *took);
        }
        let missing = (1..).map(StepId).find(|id| !expected.iter().any(|(step, _)| step == id)).unwrap();
        assert!(store.step(run, missing).unwrap().is_none());
        assert!(store.steps(run, Some(StepId(u64::MAX)), 9).unwrap().is_empty());
    }
}
