//! What runs failed of: of each the step that failed first on the way out, by its function and its error.

use std::collections::HashMap;
use std::sync::Arc;

use super::search::{Found, Search, Selected};
use super::{Entity, Query, Scope};
use crate::id::{RunId, StepId};
use crate::model::{Callsite, Outcome, Step};
use crate::store::{MAX_DAMAGED, MAX_PAGE, Store, StoreError};

/// The steps that come into question: of a run that crashed those that were open then.
const CULPRITS: &str = "run.status in ['failed', 'crashed'] && (failed || outcome == 'open')";
/// Messages that are told apart for a function.
const MOST_MESSAGES: usize = 100;

/// What runs failed of.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// Functions, those that most runs failed of first.
    pub failing: Vec<Failing>,
    /// Runs that failed or crashed, and of which a step says why.
    pub runs: u64,
    /// It cost more than it may: older runs were not looked at.
    pub stopped: bool,
    /// What was left out because it is damaged: [`MAX_DAMAGED`] of it are named.
    pub damaged: Vec<String>,
}

/// A function that runs failed of.
#[derive(Debug, Clone)]
pub struct Failing {
    /// The function.
    pub callsite: Arc<Callsite>,
    /// How many runs.
    pub runs: u64,
    /// Errors and how many runs had them, the most frequent first. Of a step that was open when its process died there
    /// is none.
    pub errors: Vec<(String, u64)>,
    /// The run that failed last, when it began, and its step.
    pub latest: (RunId, u64, StepId),
}

impl Failures {
    /// Looks at the runs that failed or crashed, newest first. To blame is a step that failed while no step that it
    /// called did; of several the one that ended last.
    ///
    /// ```
    /// use xray_collector::query::{Failures, Scope};
    /// use xray_collector::store::EmptyStore;
    ///
    /// assert_eq!(Failures::of(&EmptyStore, &Scope::default()).unwrap().runs, 0);
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &dyn Store, scope: &Scope) -> Result<Self, StoreError> {
        let query = Query::parse(CULPRITS, Entity::Step)
            .map_err(|error| StoreError::Panicked { message: error.to_string() })?;
        let mut attribution = Attribution { store, functions: HashMap::new(), failures: Self::default() };
        let mut search = Search {
            started_from_ns: scope.started_from_ns,
            started_before_ns: scope.started_before_ns,
            after: None,
            limit: MAX_PAGE,
            budget: scope.budget,
        };
        let (mut run, mut steps): (Option<RunId>, Vec<Step>) = (None, Vec::new());
        loop {
            let Found { rows, next, stopped, read, damaged, .. } = query.search(store, &search)?;
            attribution.failures.note(damaged);
            for row in rows {
                let Selected::Step(of, step) = row else { continue };
                if let Some(ended) = run.filter(|run| *run != of) {
                    attribution.run(ended, std::mem::take(&mut steps))?;
                }
                run = Some(of);
                steps.push(step);
            }
            search.budget = search.budget.saturating_sub(read);
            search.after = next;
            attribution.failures.stopped = stopped || (next.is_some() && search.budget == 0);
            if next.is_none() || attribution.failures.stopped {
                break;
            }
        }
        // Of a run that was not read to its end the innermost step may be missing.
        if let Some(run) = run.filter(|_| !attribution.failures.stopped) {
            attribution.run(run, steps)?;
        }
        Ok(attribution.finish())
    }
}

impl Failures {
    /// Names what is left out, each once.
    fn note(&mut self, damaged: Vec<String>) {
        let room = MAX_DAMAGED - self.damaged.len();
        let new: Vec<_> = damaged.into_iter().filter(|damage| !self.damaged.contains(damage)).take(room).collect();
        self.damaged.extend(new);
    }
}

struct Attribution<'a> {
    store: &'a dyn Store,
    /// Places in the list of functions that runs failed of.
    functions: HashMap<Arc<Callsite>, usize>,
    failures: Failures,
}

impl Attribution<'_> {
    fn run(&mut self, id: RunId, steps: Vec<Step>) -> Result<(), StoreError> {
        let Some(run) = self.store.run(id)? else { return Ok(()) };
        let Some(culprit) = culprit(&steps) else { return Ok(()) };
        let error = match culprit.outcome {
            Outcome::Open => None,
            _ => match self.store.step(id, culprit.id) {
                Err(StoreError::Corrupt { place, detail }) => {
                    self.failures.note(vec![format!("{place}: {detail}")]);
                    None
                }
                step => step?.and_then(|detail| detail.error),
            },
        };
        self.failures.runs += 1;
        let place = *self.functions.entry(Arc::clone(&culprit.callsite)).or_insert(self.failures.failing.len());
        if place == self.failures.failing.len() {
            self.failures.failing.push(Failing {
                callsite: Arc::clone(&culprit.callsite),
                runs: 0,
                errors: Vec::new(),
                latest: (id, run.started_ns, culprit.id),
            });
        }
        let failing = &mut self.failures.failing[place];
        failing.runs += 1;
        if let Some(error) = error {
            match failing.errors.iter().position(|(message, _)| *message == error.message) {
                Some(known) => failing.errors[known].1 += 1,
                None if failing.errors.len() < MOST_MESSAGES => failing.errors.push((error.message, 1)),
                None => {}
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Failures {
        self.failures.failing.sort_by_key(|failing| std::cmp::Reverse(failing.runs));
        let errors = self.failures.failing.iter_mut().map(|failing| &mut failing.errors);
        errors.for_each(|errors| errors.sort_by_key(|(_, runs)| std::cmp::Reverse(*runs)));
        self.failures
    }
}

/// The step to blame: those that failed count before those that were merely open.
fn culprit(steps: &[Step]) -> Option<&Step> {
    let failed: Vec<&Step> = steps.iter().filter(|step| step.outcome.is_failure()).collect();
    let steps = if failed.is_empty() { steps.iter().collect() } else { failed };
    let is_innermost = |step: &&&Step| !steps.iter().any(|other| other.parent == Some(step.id));
    let ended = |step: &&&Step| (step.started_ns.saturating_add(step.duration_ns.unwrap_or(0)), step.id);
    steps.iter().filter(is_innermost).max_by_key(ended).copied()
}
