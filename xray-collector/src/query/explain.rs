//! What becomes of a query: its plan, in words and as data, and what was read for it.

use serde::Serialize;

use super::expression::Expression;
use super::plan::{Plan, Range};
use super::search::{Search, now_ns, with_source};
use super::view::Source;
use super::{Entity, Query};
use crate::store::{BlockInfo, StepColumns, Store, StoreError};

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The plan in a few sentences.
    pub text: String,
    /// Only runs that began at this time or later are looked at.
    pub started_from_ns: Option<u64>,
    /// Only runs that began at this time or earlier are looked at.
    pub started_to_ns: Option<u64>,
    /// What has to hold of a run before anything in it is looked at.
    pub runs: Option<String>,
    /// What has to hold of a step's columns; of a query for runs, each of these of one of a run's steps. Empty if every
    /// row is read.
    pub columns: Vec<String>,
    /// What is asked of each row that is left; `None` if the columns alone decide.
    pub residual: Option<String>,
    /// What rows are found by.
    pub index: Index,
    /// Blocks of steps, and how many of them are left by what is known of them without reading them.
    pub blocks: u64,
    /// Blocks that may have to be read.
    pub blocks_left: u64,
    /// Of these, blocks that are answered from their [summaries](crate::store::Summary) instead.
    pub blocks_summed: u64,
}

/// What rows are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Index {
    /// Every run of the time is read, newest first.
    Runs,
    /// The steps' columns.
    Columns,
    /// The index of items.
    Items,
}

/// What was read for a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Scanned {
    /// Blocks of steps that the store has.
    pub blocks: u64,
    /// Blocks that cannot have what is searched for, by what is known of them.
    pub blocks_pruned: u64,
    /// Blocks that were answered from their [summaries](crate::store::Summary).
    pub blocks_summed: u64,
    /// Blocks that were read.
    pub blocks_read: u64,
    /// Steps whose columns were looked at.
    pub rows: u64,
    /// Steps that the columns let through.
    pub survivors: u64,
    /// Arguments, results and facts of steps that were decoded.
    pub values: u64,
    /// Runs that were read.
    pub runs: u64,
    /// How long it took, in nanoseconds.
    pub elapsed_ns: u64,
}

impl Query {
    /// How this would be answered: nothing but the store's functions and what it knows of its blocks is read for it.
    ///
    /// ```
    /// use xray_collector::query::{Entity, Index, Query, Search};
    /// use xray_collector::store::EmptyStore;
    ///
    /// let query = Query::parse("run.started > timestamp('2026-01-31T12:00:00Z') && failed", Entity::Step)?;
    /// let plan = query.explain(&EmptyStore, &Search::default()).unwrap();
    /// assert_eq!((plan.index, plan.started_from_ns), (Index::Runs, Some(1_769_860_800_000_000_001)));
    /// # Ok::<(), xray_collector::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&self, store: &dyn Store, search: &Search) -> Result<Explanation, StoreError> {
        with_source(store, now_ns(), search.budget, |source| {
            let plan = Plan::of(&self.condition, self.entity, source)?;
            let range = plan.range.and(Range::of(search.started_from_ns, search.started_before_ns));
            Explanation::of(&plan, range, &self.condition, self.entity, source)
        })
    }
}

impl Explanation {
    pub(super) fn of(
        plan: &Plan,
        range: Range,
        condition: &Expression,
        entity: Entity,
        source: &Source<'_>,
    ) -> Result<Self, StoreError> {
        let has_items = match &plan.item {
            Some(item) => source.store.item(item, 1)?.is_some(),
            None => false,
        };
        let blocks = source.columns.filter(|_| !plan.of_steps.is_empty()).map(StepColumns::blocks);
        let index = match (has_items, blocks) {
            (true, _) => Index::Items,
            (_, Some(_)) => Index::Columns,
            _ => Index::Runs,
        };
        let may_have = |info: &&BlockInfo| {
            let (first, last) = info.runs_started_ns;
            !range.and(Range { from_ns: first, to_ns: Some(last) }).is_empty()
                && plan.of_steps.iter().any(|mask| mask.may_hold(info))
        };
        let is_of_columns = index == Index::Columns;
        let of_run: Vec<_> = plan.of_run.iter().map(ToString::to_string).collect();
        let columns = plan.of_steps.iter().filter(|_| is_of_columns).map(ToString::to_string);
        let mut explanation = Self {
            text: String::new(),
            started_from_ns: (range.from_ns > 0).then_some(range.from_ns),
            started_to_ns: range.to_ns.or(Some(0)).filter(|to_ns| *to_ns < u64::MAX),
            runs: (!of_run.is_empty()).then(|| of_run.join(" && ")),
            columns: columns.collect(),
            residual: (!plan.is_exact || !is_of_columns).then(|| condition.to_string()),
            index,
            blocks: blocks.map_or(0, |blocks| blocks.len() as u64),
            blocks_left: blocks.map_or(0, |blocks| blocks.iter().filter(may_have).count() as u64),
            blocks_summed: 0,
        };
        explanation.text = explanation.sentences(entity.as_str());
        Ok(explanation)
    }

    fn sentences(&self, entity: &str) -> String {
        let mut text = match self.index {
            Index::Runs => "Every run of the time is read, newest first.".to_owned(),
            Index::Items => "The steps that decided on the item are looked up in the index of items.".to_owned(),
            Index::Columns => {
                let conditions = self.columns.join("; and of a step: ");
                let (left, all) = (self.blocks_left, self.blocks);
                format!("Of {all} blocks of steps {left} may be read, for what holds of a step: {conditions}.")
            }
        };
        if let Some(runs) = &self.runs {
            text.push_str(&format!(" A run is looked into if {runs}."));
        }
        match &self.residual {
            Some(residual) => text.push_str(&format!(" Each {entity} that is left is asked: {residual}.")),
            None => text.push_str(&format!(" Each {entity} that is left is one.")),
        }
        text
    }
}
