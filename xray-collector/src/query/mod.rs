//! The query language: conditions on runs, steps and decisions, in the syntax of the
//! [Common Expression Language](https://cel.dev).
//!
//! ```text
//! status == "failed" && duration > duration("5s")                                      runs
//! steps.exists(s, s.name == "suitable" && s.outcome == "err")                          runs, by their steps
//! kind == "filter" && rejection_rate > 0.9                                             steps
//! llm.model == "gpt-4" && reasoning.percentage_eliminated > 90                         steps, by captured data
//! outcome == "eliminated" && reason.contains("rating") && input.limits.rating > 7.0    decisions
//! ```
//!
//! A query is checked before anything is read: a name that is not there, a comparison that can never hold or a value
//! that a field never has is a [`QueryError`] with its place and, where one can be guessed, what was probably meant.
//!
//! What is missing matches nothing: neither `error == "x"` nor `error != "x"` nor `!(error == "x")` holds of a run
//! without an error; `has(error)` asks. Captured data is what it is: a comparison of a text with a number matches
//! nothing there.
//!
//! | file | does |
//! |---|---|
//! | `vocabulary` | says which fields, functions and aggregates there are |
//! | `parse` | makes a syntax tree of a text |
//! | `check` | makes an expression of the tree, or an error |
//! | `plan` | derives what must hold of runs and of steps' columns for an expression to hold |
//! | `columns` | evaluates that for a block of steps at once |
//! | `candidates`, `ways` | lead to the runs and steps that are left, newest first |
//! | `evaluate` | says what an expression is for a row |
//! | `view`, `opened`, `captured` | read rows from a store, and values out of them |
//! | `search` | looks at rows in order, and keeps those of which a condition holds |
//! | `explain`, `text` | say what becomes of a query |
//! | `aggregate` | calculates what groups of rows have in common |
//! | `failures` | says what runs failed of |

mod aggregate;
mod candidates;
mod captured;
mod check;
mod columns;
mod error;
mod evaluate;
mod explain;
mod expression;
mod failures;
mod opened;
mod parse;
mod plan;
mod search;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod value;
mod view;
mod vocabulary;
mod ways;

pub use self::aggregate::{
    Aggregation, AggregationError, AggregationText, ColumnInfo, Datum, EXACT, Faulty, MOST_GROUPS, Scope, Table,
};
pub use self::error::QueryError;
pub use self::explain::{Explanation, Index, Scanned};
use self::expression::Expression;
pub use self::failures::{Failing, Failures};
pub use self::parse::LONGEST;
pub use self::search::{Found, Place, Search, Selected};
pub use self::vocabulary::{AGGREGATES, Entity, FUNCTIONS, Field, FieldInfo, FunctionInfo, Kind};

/// A condition on runs, steps or decisions.
///
/// ```
/// use xray_collector::query::{Entity, Query};
///
/// assert!(Query::parse("kind == 'filter' && rejection_rate > 0.9", Entity::Step).is_ok());
///
/// let error = Query::parse("outcome == 'errr'", Entity::Step).unwrap_err();
/// assert_eq!(error.to_string(), "`outcome` is never \"errr\"; did you mean `err`?");
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    entity: Entity,
    condition: Expression,
}

impl Query {
    /// Reads and checks a condition. Takes about a millisecond, most of it in the parser.
    ///
    /// # Errors
    /// When it is no condition on such rows.
    pub fn parse(text: &str, entity: Entity) -> Result<Self, QueryError> {
        let condition = parse::with_tree(text, |tree| check::Checker::new(tree, entity).condition(&tree.root))?;
        Ok(Self { entity, condition })
    }

    /// What it selects.
    #[must_use]
    pub fn entity(&self) -> Entity {
        self.entity
    }
}
