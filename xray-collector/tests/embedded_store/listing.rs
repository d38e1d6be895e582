//! Pages of runs and of steps.

use xray_collector::id::{RunId, StepId};
use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, Cursor, MAX_PAGE, RunQuery, Store};

use crate::fixture::{all_runs, callsite, directory, open, run, run_id, runs, step};

/// Runs in the order of the listing, page by page.
fn paged(store: &impl Store, mut query: RunQuery) -> Vec<(u64, RunId)> {
    let mut listed = Vec::new();
    loop {
        let page = store.runs(&query).unwrap();
        listed.extend(page.rows.iter().map(|run| (run.started_ns, run.id)));
        let last = page.rows.last().map(|run| Cursor { started_ns: run.started_ns, run: run.id });
        if page.next.is_none() {
            return listed;
        }
        assert_eq!((page.rows.len(), page.next), (query.limit, last));
        query.after = page.next;
    }
}

#[test]
fn pages_put_together_are_all_runs_newest_first() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    // Many runs begin at the same time.
    let all: Vec<_> = (1..=120).map(|root| run(root, root % 7, RunStatus::Running)).collect();
    store.write(&runs(all.clone())).unwrap();
    let mut expected: Vec<_> = all.iter().map(|run| (run.started_ns, run.id)).collect();
    expected.sort_by(|a, b| b.cmp(a));
    for limit in [1, 7, 40, 119, 120, 121] {
        assert_eq!(paged(&store, RunQuery { limit, ..RunQuery::default() }), expected, "{limit}");
    }
}

#[test]
fn a_page_that_holds_the_last_run_has_no_next() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    store.write(&runs((1..=4).map(|root| run(root, root, RunStatus::Running)))).unwrap();
    let page = |limit| store.runs(&RunQuery { limit, ..RunQuery::default() }).unwrap();
    assert_eq!(page(3).next, Some(Cursor { started_ns: 2, run: run_id(2) }));
    assert_eq!(page(4).next, None);
    // Nor is there one if those that follow do not match.
    let mut other = run(9, 9, RunStatus::Running);
    other.pipeline = "another".into();
    store.write(&runs([other])).unwrap();
    let query = RunQuery { pipeline: Some("another".to_owned()), limit: 1, ..RunQuery::default() };
    let page = store.runs(&query).unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
}

#[test]
fn limits_are_at_least_one_and_at_most_a_page() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let mut batch = runs((1..=1_100).map(|root| run(root, root, RunStatus::Running)));
    batch.callsites = vec![(0, callsite("suitable", &[]))];
    batch.steps = (1..=1_100).map(|id| step(run_id(1), id)).collect();
    store.write(&batch).unwrap();
    for (limit, rows) in [(0, 1), (1, 1), (999, 999), (1_000, MAX_PAGE), (usize::MAX, MAX_PAGE)] {
        assert_eq!(store.runs(&RunQuery { limit, ..RunQuery::default() }).unwrap().rows.len(), rows);
        assert_eq!(store.steps(run_id(1), None, limit).unwrap().len(), rows);
    }
}

#[test]
fn filters_are_all_applied() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let all = (1..=60).map(|root| {
        let status = RunStatus::ALL[root as usize % 5];
        let mut run = run(root, 100 + root / 2, status);
        run.pipeline = ["pick_movie", "pick_series", ""][root as usize % 3].into();
        run
    });
    let all: Vec<_> = all.collect();
    store.write(&runs(all.clone())).unwrap();

    for pipeline in [None, Some("pick_movie"), Some(""), Some("pick")] {
        for status in [None, Some(RunStatus::Failed), Some(RunStatus::Running)] {
            for from in [None, Some(0), Some(110), Some(131), Some(u64::MAX)] {
                for before in [None, Some(0), Some(110), Some(111), Some(120), Some(u64::MAX)] {
                    let mut expected: Vec<_> = all
                        .iter()
                        .filter(|run| pipeline.is_none_or(|pipeline| *run.pipeline == *pipeline))
                        .filter(|run| status.is_none_or(|status| run.status == status))
                        .filter(|run| from.is_none_or(|from| run.started_ns >= from))
                        .filter(|run| before.is_none_or(|before| run.started_ns < before))
                        .map(|run| (run.started_ns, run.id))
                        .collect();
                    expected.sort_by(|a, b| b.cmp(a));
                    let query = RunQuery {
                        pipeline: pipeline.map(str::to_owned),
                        status,
                        started_from_ns: from,
                        started_before_ns: before,
                        after: None,
                        limit: 4,
                    };
                    assert_eq!(paged(&store, query.clone()), expected, "{query:?}");
                }
            }
        }
    }
}

#[test]
fn a_cursor_is_a_place_even_if_its_run_is_elsewhere_now() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    store.write(&runs((1..=4).map(|root| run(root, root * 10, RunStatus::Running)))).unwrap();
    let after = Some(Cursor { started_ns: 30, run: run_id(3) });
    store.write(&runs([run(3, 35, RunStatus::Running)])).unwrap();
    let page = store.runs(&RunQuery { after, limit: 9, ..RunQuery::default() }).unwrap();
    assert_eq!(page.rows.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id(2), run_id(1)]);
    assert_eq!(all_runs(&store), [4, 3, 2, 1].map(run_id));
}

#[test]
fn steps_follow_each_other_in_the_order_of_their_ids() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let ids = [1, 2, 3, 5, 1 << 40, (1 << 40) + 1, u64::MAX];
    let steps = ids.iter().rev().map(|id| step(run_id(1), *id));
    // The neighbours have steps of the same ids.
    let steps = steps.chain([step(run_id(0), 4), step(run_id(2), 4)]).collect();
    let callsites = vec![(0, callsite("suitable", &[]))];
    store.write(&Batch { callsites, steps, ..Batch::default() }).unwrap();

    for limit in 1..=8 {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let steps = store.steps(run_id(1), after, limit).unwrap();
            let Some(last) = steps.last() else { break };
            after = Some(last.id);
            listed.extend(steps.iter().map(|step| step.id.0));
        }
        assert_eq!(listed, ids, "{limit}");
    }
    assert_eq!(store.steps(run_id(1), Some(StepId(4)), 1).unwrap()[0].id, StepId(5));
}
