//! Every row, asked by itself, in the order in which rows are found.

use super::store::Held;
use crate::query::evaluate::Evaluation;
use crate::query::view::{RunView, Source, View};
use crate::query::{Entity, Query};

/// The rows of which a query holds.
pub(super) fn search(held: &Held, query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    every_row(held, query.entity, |source, view| {
        if Evaluation::new(source, view.clone()).holds(&query.condition).expect("nothing is short") {
            found.push(format!("{:?}", view.selected()));
        }
    });
    found
}

/// Calls `act` with each row.
pub(super) fn every_row(held: &Held, entity: Entity, mut act: impl FnMut(&Source<'_>, &View<'_>)) {
    let source = Source::new(held, None, super::super::search::now_ns(), u64::MAX);
    for (run, _) in held.runs.iter().rev() {
        let run = RunView::new(&source, run.clone());
        if entity == Entity::Run {
            act(&source, &View::Run(run));
            continue;
        }
        for step in run.step_views(|_| true).expect("steps") {
            if entity == Entity::Step {
                act(&source, &View::Step(step));
                continue;
            }
            for decision in step.decisions().expect("decisions") {
                act(&source, &View::Decision(decision));
            }
        }
    }
}
