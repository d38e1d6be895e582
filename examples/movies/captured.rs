//! What xray captured, asked of its store: the runs of this program and how many films each of their steps kept.

use anyhow::Context as _;
use xray::model::{Run, Step};
use xray::store::{MAX_PAGE, RunQuery, Store};

/// A run with its steps, in the order in which they began.
pub(crate) struct CapturedRun {
    pub(crate) run: Run,
    pub(crate) steps: Vec<Step>,
}

/// What the calls of one step made of the items that reached them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Stage {
    pub(crate) step: String,
    pub(crate) kind: String,
    pub(crate) calls: u64,
    pub(crate) items_in: u64,
    pub(crate) items_out: u64,
}

/// The runs of this program, oldest first; the store may hold those of earlier ones.
pub(crate) fn runs_of_this_program(store: &dyn Store) -> anyhow::Result<Vec<CapturedRun>> {
    let mut query = RunQuery { limit: MAX_PAGE, ..RunQuery::default() };
    let mut runs: Vec<Run> = Vec::new();
    loop {
        let page = store.runs(&query).context("cannot list the runs")?;
        runs.extend(page.rows);
        // The newest run is this program's: nobody else can write to a store that is open.
        let this = runs.first().map(|run| run.id.process());
        let all = runs.len();
        runs.retain(|run| Some(run.id.process()) == this);
        query.after = page.next;
        if query.after.is_none() || runs.len() < all {
            break;
        }
    }
    runs.reverse();
    runs.into_iter().map(|run| Ok(CapturedRun { steps: steps(store, &run)?, run })).collect()
}

fn steps(store: &dyn Store, run: &Run) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    loop {
        let after = steps.last().map(|step| step.id);
        let page =
            store.steps(run.id, after, MAX_PAGE).with_context(|| format!("cannot list the steps of {}", run.id))?;
        if page.is_empty() {
            break;
        }
        steps.extend(page);
    }
    steps.sort_by_key(|step| (step.started_ns, step.id));
    Ok(steps)
}

/// How many films came to each step that the pipeline itself calls, and how many it let through, over all its runs.
/// A call that failed let nothing through that could be counted, and is left out.
pub(crate) fn funnel(runs: &[CapturedRun], pipeline: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for captured in runs.iter().filter(|captured| &*captured.run.pipeline == pipeline) {
        let root = captured.run.id.root();
        for step in captured.steps.iter().filter(|step| step.parent == Some(root)) {
            let (Some(items_in), Some(items_out)) = (step.items_in, step.items_out) else { continue };
            let name = &*step.callsite.name;
            let at = stages.iter().position(|stage| stage.step == name).unwrap_or_else(|| {
                let kind = step.callsite.kind.to_string();
                stages.push(Stage { step: name.to_owned(), kind, calls: 0, items_in: 0, items_out: 0 });
                stages.len() - 1
            });
            stages[at].calls += 1;
            stages[at].items_in += items_in;
            stages[at].items_out += items_out;
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xray::decision::DecisionCounts;
    use xray::id::{ProcessId, RunId, StepId};
    use xray::model::{Callsite, Level, Outcome, RunStatus};

    use super::*;

    fn step(id: u64, parent: Option<u64>, name: &str, items: Option<(u64, u64)>) -> Step {
        let callsite = Callsite {
            name: name.into(),
            kind: "filter".into(),
            module: "movies".into(),
            file: "pipeline.rs".into(),
            line: 1,
            arguments: Vec::new(),
            opens_run: false,
            items: "".into(),
            key: "".into(),
        };
        Step {
            id: StepId(id),
            parent: parent.map(StepId),
            callsite: Arc::new(callsite),
            outcome: Outcome::Returned,
            started_ns: id,
            duration_ns: Some(1),
            thread: 0,
            items_in: items.map(|(items_in, _)| items_in),
            items_out: items.map(|(_, items_out)| items_out),
            counts: DecisionCounts::default(),
            important: false,
            level: Level::Full,
        }
    }

    fn run(steps: Vec<Step>) -> CapturedRun {
        let run = Run {
            id: RunId::new(ProcessId(1), steps[0].id),
            pipeline: Arc::clone(&steps[0].callsite.name),
            status: RunStatus::Completed,
            outcome: Outcome::Ok,
            started_ns: 0,
            ended_ns: Some(1),
            steps: steps.len() as u64,
            failures: 0,
            lost_events: 0,
            error: None,
            parent: None,
            orphan: false,
            level: Level::Full,
            schema: None,
            misfits: 0,
            pinned: false,
        };
        CapturedRun { run, steps }
    }

    #[test]
    fn the_funnel_adds_up_what_the_pipeline_s_own_steps_kept() {
        let runs = [
            run(vec![
                step(1, None, "pick", Some((9, 1))),
                step(2, Some(1), "search", Some((9, 4))),
                step(3, Some(1), "rated", Some((4, 2))),
                step(4, Some(3), "inner", Some((4, 4))),
                step(5, Some(1), "read", None),
            ]),
            run(vec![step(6, None, "pick", None), step(7, Some(6), "search", Some((9, 0)))]),
            run(vec![step(8, None, "load", None), step(9, Some(8), "repair", Some((5, 5)))]),
        ];
        let stages = funnel(&runs, "pick");
        let shown: Vec<_> =
            stages.iter().map(|stage| (&*stage.step, stage.calls, stage.items_in, stage.items_out)).collect();
        assert_eq!(shown, [("search", 2, 18, 4), ("rated", 1, 4, 2)]);
    }
}
