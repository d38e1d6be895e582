//! From texts to an aggregation: keys, aggregates and their order are lists, read by the parser of conditions.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use serde::Serialize;

use super::tally::{Measure, Reading};
use super::{Aggregation, Key, MOST_GROUPS, Selected};
use crate::model::RunStatus;
use crate::query::check::{Checker, function_name};
use crate::query::error::QueryError;
use crate::query::expression::{Expression, Row};
use crate::query::parse;
use crate::query::value::Value;
use crate::query::vocabulary::{AGGREGATES, Entity, Field, Kind};

/// The most keys, and the most aggregates.
const MOST_KEYS: usize = 8;
const MOST_AGGREGATES: usize = 24;
/// The most values that `topk` lists.
const MOST_TOP: u64 = 100;

/// An aggregation as a user writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregationText<'t> {
    /// What is aggregated.
    pub of: Entity,
    /// Which of them.
    pub condition: &'t str,
    /// What rows of a group have in common: expressions, with commas between; none for a single group.
    pub group_by: &'t str,
    /// What is calculated of each group: aggregates, with commas between.
    pub select: &'t str,
    /// By which of these the groups are ordered, the highest first where a `-` is in front. Empty for the default: by
    /// time where that is a key, else by the first aggregate, the highest first.
    pub order: &'t str,
    /// At most so many groups; no more than [`MOST_GROUPS`].
    pub limit: usize,
}

impl AggregationText<'_> {
    /// The number of all of them.
    #[must_use]
    pub fn of(of: Entity) -> Self {
        Self { of, condition: "true", group_by: "", select: "count()", order: "", limit: 100 }
    }
}

/// Which of the texts of an aggregation is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Faulty {
    /// [`AggregationText::condition`].
    Condition,
    /// [`AggregationText::group_by`].
    GroupBy,
    /// [`AggregationText::select`].
    Select,
    /// [`AggregationText::order`].
    Order,
}

/// An aggregation that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct AggregationError {
    /// The text that is wrong.
    pub faulty: Faulty,
    /// What is wrong with it, and where.
    pub error: QueryError,
}

type Checked<T> = Result<T, QueryError>;

impl Aggregation {
    /// Reads and checks it.
    ///
    /// # Errors
    /// When a text is not what it has to be, with its place.
    pub fn parse(text: &AggregationText<'_>) -> Result<Self, AggregationError> {
        let fault = |faulty| move |error| AggregationError { faulty, error };
        let entity = text.of;
        let condition = parse::with_tree(text.condition, |tree| Checker::new(tree, entity).condition(&tree.root));
        let keys = list(text.group_by, entity, MOST_KEYS, key);
        let mut aggregation = Self {
            entity,
            condition: condition.map_err(fault(Faulty::Condition))?,
            keys: keys.map_err(fault(Faulty::GroupBy))?,
            measures: Vec::new(),
            selected: Vec::new(),
            order: Vec::new(),
            limit: text.limit.clamp(1, MOST_GROUPS),
        };
        let selected = list(text.select, entity, MOST_AGGREGATES, aggregate).map_err(fault(Faulty::Select))?;
        selected.into_iter().for_each(|selected| aggregation.add(selected));
        let labels: Vec<String> = aggregation.labels().map(str::to_owned).collect();
        let order = list(text.order, entity, labels.len().max(1), |checker, node| order(checker, node, &labels));
        aggregation.order = order.map_err(fault(Faulty::Order))?;
        if aggregation.order.is_empty() {
            aggregation.order = aggregation.usual_order();
        }
        Ok(aggregation)
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().map(|key| &*key.label);
        keys.chain(self.selected.iter().map(|column| &*column.label))
    }

    fn usual_order(&self) -> Vec<(usize, bool)> {
        match self.keys.iter().position(|key| key.bucket_ns.is_some()) {
            Some(time) => vec![(time, false)],
            None if self.selected.is_empty() => Vec::new(),
            None => vec![(self.keys.len(), true)],
        }
    }

    /// Adds a column; what is measured for another one already is measured once.
    fn add(&mut self, Read { label, kind, value, measure, reading }: Read) {
        let text = value.as_ref().map(ToString::to_string);
        let known = self
            .measures
            .iter()
            .position(|(known, other)| *other == measure && known.as_ref().map(ToString::to_string) == text);
        let measure = known.unwrap_or_else(|| {
            self.measures.push((value, measure));
            self.measures.len() - 1
        });
        self.selected.push(Selected { label, kind, measure, reading });
    }
}

/// An aggregate that was read.
struct Read {
    label: String,
    kind: Kind,
    value: Option<Expression>,
    measure: Measure,
    reading: Reading,
}

/// Reads the elements of a list that is written without brackets.
fn list<T: Send>(
    text: &str,
    entity: Entity,
    most: usize,
    read: impl Fn(&mut Checker<'_>, &IdedExpr) -> Checked<T> + Send + Sync,
) -> Checked<Vec<T>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let list = format!("[{text}]");
    let read = parse::with_tree(&list, |tree| {
        let Expr::List(elements) = &tree.root.expr else {
            return Err(QueryError::new("these are not expressions with commas between", 1..list.len() - 1));
        };
        if elements.elements.is_empty() {
            return Err(QueryError::new("there is nothing between the commas", 1..list.len() - 1));
        }
        if let Some(first) = elements.elements.get(most) {
            return Err(QueryError::new(format!("there are more than {most} of them"), tree.span(first)));
        }
        let mut checker = Checker::new(tree, entity);
        elements.elements.iter().map(|element| read(&mut checker, element)).collect()
    });
    read.map_err(|error| error.moved(1, text.len()))
}

/// A node as it is written, without blanks.
fn label(checker: &Checker<'_>, node: &IdedExpr) -> String {
    let text = checker.tree.text.get(checker.tree.span(node)).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A label without any blanks, to be compared.
fn squeezed(label: &str) -> String {
    label.split_whitespace().collect()
}

fn key(checker: &mut Checker<'_>, node: &IdedExpr) -> Checked<Key> {
    let label = label(checker, node);
    if let Expr::Call(CallExpr { func_name, target: None, args }) = &node.expr
        && func_name == "bucket"
    {
        let [time, length] = &**args else {
            return Err(checker.error("`bucket` is not used like this", node).suggest(usage("bucket")));
        };
        let value = checker.of_kind(time, Kind::Time)?;
        let bucket_ns = match checker.of_kind(length, Kind::Duration)? {
            Expression::Literal(Value::Duration(length)) => u64::try_from(length).ok().filter(|length| *length > 0),
            _ => None,
        };
        let bucket_ns = bucket_ns.ok_or_else(|| {
            checker.error("this has to be a duration above 0", length).suggest("write `duration(\"1h\")`")
        })?;
        return Ok(Key { label, kind: Kind::Time, value, bucket_ns: Some(bucket_ns) });
    }
    let (value, kind) = checker.value(node)?;
    Ok(Key { label, kind, value, bucket_ns: None })
}

fn aggregate(checker: &mut Checker<'_>, node: &IdedExpr) -> Checked<Read> {
    let label = label(checker, node);
    let Expr::Call(CallExpr { func_name, target: None, args }) = &node.expr else {
        return Err(checker.error("this is not calculated of many rows", node).suggest_from("", names()));
    };
    let of = |value, kind, measure, reading| Read { label, kind, value, measure, reading };
    match (func_name.as_str(), args.as_slice()) {
        ("count", []) => Ok(of(None, Kind::Number, Measure::Rows, Reading::Count)),
        ("count", [value]) => {
            let (value, _) = checker.value(value)?;
            Ok(of(Some(value), Kind::Number, Measure::Present, Reading::Count))
        }
        ("sum", [value]) => {
            let (value, kind) = amount(checker, value)?;
            Ok(of(Some(value), kind, Measure::Total, Reading::Sum))
        }
        ("avg", [value]) => {
            let (value, kind) = amount(checker, value)?;
            Ok(of(Some(value), kind, Measure::Total, Reading::Mean))
        }
        ("min", [value]) => {
            let (value, kind) = ordered(checker, value)?;
            Ok(of(Some(value), kind, Measure::Extremes, Reading::Lowest))
        }
        ("max", [value]) => {
            let (value, kind) = ordered(checker, value)?;
            Ok(of(Some(value), kind, Measure::Extremes, Reading::Highest))
        }
        ("quantile", [value, share]) => {
            let share = match &share.expr {
                Expr::Literal(LiteralValue::Double(share)) => Some(*share.inner()),
                Expr::Literal(LiteralValue::Int(share)) => Some(*share.inner() as f64),
                _ => None,
            }
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| checker.error("this has to be a share from 0 to 1, such as 0.95", share))?;
            let (value, kind) = amount(checker, value)?;
            Ok(of(Some(value), kind, Measure::Spread, Reading::Quantile(share)))
        }
        ("topk", [value, most]) => {
            let count = match &most.expr {
                Expr::Literal(LiteralValue::Int(most)) => u64::try_from(*most.inner()).ok(),
                _ => None,
            }
            .filter(|most| (1..=MOST_TOP).contains(most))
            .ok_or_else(|| checker.error(format!("this has to be a whole number from 1 to {MOST_TOP}"), most))?;
            let (value, _) = checker.value(value)?;
            Ok(of(Some(value), Kind::Captured, Measure::Values, Reading::Most(count as usize)))
        }
        ("share", [condition]) => {
            let condition = checker.of_kind(condition, Kind::Bool)?;
            Ok(of(Some(condition), Kind::Number, Measure::Share, Reading::Share))
        }
        ("error_rate", []) => match failed(checker.entity) {
            Some(failed) => Ok(of(Some(failed), Kind::Number, Measure::Share, Reading::Share)),
            None => Err(checker.error("a decision does not fail", node).suggest("use `share(condition)`")),
        },
        (name, _) => {
            let at = checker.tree.called(node, name).unwrap_or(checker.tree.token(node));
            Err(match names().any(|known| known == name) {
                true => QueryError::new(format!("`{name}` is not used like this"), at).suggest(usage(name)),
                false => QueryError::new(format!("there is no aggregate `{name}`"), at).suggest_from(name, names()),
            })
        }
    }
}

fn amount(checker: &mut Checker<'_>, node: &IdedExpr) -> Checked<(Expression, Kind)> {
    of_kinds(checker, node, &[Kind::Number, Kind::Duration, Kind::Captured], "a number or a duration")
}

fn ordered(checker: &mut Checker<'_>, node: &IdedExpr) -> Checked<(Expression, Kind)> {
    let kinds = [Kind::Number, Kind::Duration, Kind::Time, Kind::Text, Kind::Captured];
    of_kinds(checker, node, &kinds, "something that has an order")
}

fn of_kinds(checker: &mut Checker<'_>, node: &IdedExpr, kinds: &[Kind], wanted: &str) -> Checked<(Expression, Kind)> {
    let (value, kind) = checker.value(node)?;
    if kinds.contains(&kind) {
        return Ok((value, kind));
    }
    Err(checker.error(format!("this is {}, where {wanted} is needed", kind.describe()), node))
}

/// Whether a row failed.
fn failed(entity: Entity) -> Option<Expression> {
    let field = |field| Expression::Field(Row::Bound(0), field);
    match entity {
        Entity::Run => {
            let bad = [RunStatus::Failed, RunStatus::Crashed].map(|status| Value::text(status.as_str()));
            let bad = Expression::Literal(Value::List(bad.into()));
            Some(Expression::In(Box::new(field(Field::Status)), Box::new(bad)))
        }
        Entity::Step => Some(field(Field::Failed)),
        Entity::Decision => None,
    }
}

/// A column to order by.
fn order(checker: &mut Checker<'_>, node: &IdedExpr, labels: &[String]) -> Checked<(usize, bool)> {
    let (node, highest_first) = match &node.expr {
        Expr::Call(CallExpr { func_name, target: None, args }) if func_name == operators::NEGATE => match &**args {
            [inner] => (inner, true),
            _ => (node, false),
        },
        _ => (node, false),
    };
    let wanted = squeezed(&label(checker, node));
    let column = labels.iter().position(|label| squeezed(label) == wanted);
    column.map(|column| (column, highest_first)).ok_or_else(|| {
        checker
            .error(format!("`{wanted}` is neither a key nor an aggregate of this"), node)
            .suggest_from(&wanted, labels.iter().map(String::as_str))
    })
}

fn names() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<_> = AGGREGATES.iter().filter_map(|function| function_name(function.usage)).collect();
    names.dedup();
    names.into_iter().filter(|name| *name != "bucket")
}

fn usage(name: &str) -> String {
    let known = AGGREGATES.iter().rev().find(|function| function_name(function.usage) == Some(name));
    known.map_or_else(String::new, |function| format!("write `{}`", function.usage))
}
