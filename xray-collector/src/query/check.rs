//! From a syntax tree to an expression: names are looked up, and operands have to be of kinds that fit.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::operators;
use cel::common::ast::{CallExpr, Expr, ListExpr, LiteralValue, SelectExpr};
use regex::RegexBuilder;

use super::error::QueryError;
use super::expression::{Comparison, Expression, Operator, Quantifier, Row, Rows, Segment, TextTest};
use super::parse::Tree;
use super::value::Value;
use super::vocabulary::{Entity, FUNCTIONS, FieldInfo, Kind};

/// How deep expressions may nest; an evaluation descends as deep.
const DEEPEST: usize = 48;
/// The memory that a regular expression may take.
const LARGEST_REGEX: usize = 1 << 20;

/// What a part of the tree is.
enum Meaning {
    /// `info` is the field that it is, if it is one: its values may be known.
    Value {
        expression: Expression,
        kind: Kind,
        info: Option<&'static FieldInfo>,
    },
    Row(Row, Entity),
    Rows(Rows),
}

/// A name that a quantifier binds.
enum Bound {
    Row(String, Entity),
    Element(String),
}

/// Checks a tree that is asked about an entity.
pub(super) struct Checker<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) entity: Entity,
    /// The names that are bound here, the innermost last. The place of each is one more than its index.
    bound: Vec<Bound>,
    depth: usize,
}

type Checked<T> = Result<T, QueryError>;

impl<'a> Checker<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, entity: Entity) -> Self {
        Self { tree, entity, bound: Vec::new(), depth: 0 }
    }

    /// The whole tree, which has to be a condition.
    pub(super) fn condition(&mut self, node: &IdedExpr) -> Checked<Expression> {
        self.of_kind(node, Kind::Bool)
    }

    /// The whole tree, which has to be a value, and its kind.
    pub(super) fn value(&mut self, node: &IdedExpr) -> Checked<(Expression, Kind)> {
        match self.meaning(node)? {
            Meaning::Value { expression, kind, .. } => Ok((expression, kind)),
            Meaning::Row(_, entity) => {
                let example = entity.fields()[1].name;
                Err(self
                    .error(format!("this is a whole {}", entity.as_str()), node)
                    .suggest(format!("name one of its fields, such as `.{example}`")))
            }
            Meaning::Rows(rows) => Err(self
                .error(format!("these are {}s, not a value", rows.entity.as_str()), node)
                .suggest("use `.exists(x, …)`, `.all(x, …)` or `size(…)`")),
        }
    }

    /// A value of this kind, or captured data, which may turn out to be of it.
    pub(super) fn of_kind(&mut self, node: &IdedExpr, wanted: Kind) -> Checked<Expression> {
        let (expression, kind) = self.value(node)?;
        if kind == wanted || kind == Kind::Captured {
            return Ok(expression);
        }
        Err(self.error(format!("this is {}, where {} is needed", kind.describe(), wanted.describe()), node))
    }

    pub(super) fn error(&self, message: impl Into<String>, node: &IdedExpr) -> QueryError {
        QueryError::new(message, self.tree.span(node))
    }

    fn meaning(&mut self, node: &IdedExpr) -> Checked<Meaning> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("the query is nested too deeply", node));
        }
        let meaning = match &node.expr {
            Expr::Literal(literal) => self.literal(literal, node),
            Expr::Ident(name) => self.name(name, node),
            Expr::Select(select) => self.select(select, node),
            Expr::List(list) => self.list(list),
            Expr::Call(call) => self.call(call, node),
            Expr::Map(_) | Expr::Struct(_) => Err(self.error("a query cannot build maps", node)),
            Expr::Comprehension(_) | Expr::Unspecified => Err(self.error("this is not a condition", node)),
        };
        self.depth -= 1;
        meaning
    }

    fn literal(&self, literal: &LiteralValue, node: &IdedExpr) -> Checked<Meaning> {
        let (value, kind) = match literal {
            LiteralValue::Boolean(it) => (Value::Bool(*it.inner()), Kind::Bool),
            LiteralValue::Int(it) => (Value::Int((*it.inner()).into()), Kind::Number),
            LiteralValue::UInt(it) => (Value::Int((*it.inner()).into()), Kind::Number),
            LiteralValue::Double(it) => (Value::Float(*it.inner()), Kind::Number),
            LiteralValue::String(it) => (Value::text(it.inner()), Kind::Text),
            LiteralValue::Null => (Value::Null, Kind::Captured),
            LiteralValue::Bytes(_) => return Err(self.error("nothing is compared with bytes", node)),
        };
        Ok(of(Expression::Literal(value), kind))
    }

    fn name(&self, name: &str, node: &IdedExpr) -> Checked<Meaning> {
        for (index, bound) in self.bound.iter().enumerate().rev() {
            match bound {
                Bound::Row(known, entity) if known == name => return Ok(Meaning::Row(Row::Bound(index + 1), *entity)),
                Bound::Element(known) if known == name => return Ok(of(Expression::Bound(index + 1), Kind::Captured)),
                _ => {}
            }
        }
        match self.entity.field(name) {
            Some(info) => Ok(field_of(Row::Bound(0), info)),
            None => Err(self.no_field(self.entity, name, self.tree.token(node))),
        }
    }

    fn no_field(&self, entity: Entity, name: &str, at: Range<usize>) -> QueryError {
        let error = QueryError::new(format!("a {} has no field `{name}`", entity.as_str()), at);
        // A field of what the row belongs to is the most likely mistake.
        let through = entity.fields().iter().find_map(|info| match info.kind {
            Kind::Row(other) if other != entity => other.field(name).map(|_| info.name),
            _ => None,
        });
        let bound = self.bound.iter().map(|bound| match bound {
            Bound::Row(name, _) | Bound::Element(name) => name.as_str(),
        });
        match through {
            Some(way) => error.suggest(format!("did you mean `{way}.{name}`?")),
            None => error.suggest_from(name, entity.fields().iter().map(|info| info.name).chain(bound)),
        }
    }

    fn select(&mut self, select: &SelectExpr, node: &IdedExpr) -> Checked<Meaning> {
        let at = self.tree.field(node, &select.field);
        match self.meaning(&select.operand)? {
            Meaning::Row(row, entity) => match entity.field(&select.field) {
                Some(info) => Ok(field_of(row, info)),
                None => Err(self.no_field(entity, &select.field, at)),
            },
            Meaning::Value { expression, kind: Kind::Captured, .. } => {
                Ok(part(expression, Segment::Name(select.field.as_str().into())))
            }
            Meaning::Value { kind, .. } => Err(QueryError::new(format!("{} has no fields", kind.describe()), at)),
            Meaning::Rows(rows) => {
                let word = rows.entity.as_str();
                Err(QueryError::new(format!("`.{}` is asked of many {word}s", select.field), at).suggest(format!(
                    "use `.exists({0}, {0}.{1} …)`",
                    &word[..1],
                    select.field
                )))
            }
        }
    }

    fn has(&mut self, operand: &IdedExpr) -> Checked<Meaning> {
        let has = match self.meaning(operand)? {
            Meaning::Value { expression, .. } => Expression::Has(Box::new(expression)),
            Meaning::Row(row, _) => Expression::HasRow(row),
            Meaning::Rows(_) => {
                return Err(self.error("rows are always there", operand).suggest("use `size(…) > 0`"));
            }
        };
        Ok(of(has, Kind::Bool))
    }

    fn list(&mut self, list: &ListExpr) -> Checked<Meaning> {
        let elements: Vec<_> = list
            .elements
            .iter()
            .map(|element| self.value(element).map(|(element, _)| element))
            .collect::<Checked<_>>()?;
        Ok(of(Expression::List(elements), Kind::Captured))
    }

    fn call(&mut self, call: &CallExpr, node: &IdedExpr) -> Checked<Meaning> {
        let CallExpr { func_name, target, args } = call;
        match (func_name.as_str(), target, args.as_slice()) {
            (operators::LOGICAL_AND, None, [one, other]) => {
                let operands = self.flattened(operators::LOGICAL_AND, [one, other])?;
                Ok(of(Expression::And(operands), Kind::Bool))
            }
            (operators::LOGICAL_OR, None, [one, other]) => {
                let operands = self.flattened(operators::LOGICAL_OR, [one, other])?;
                Ok(of(Expression::Or(operands), Kind::Bool))
            }
            (operators::LOGICAL_NOT, None, [operand]) => {
                Ok(of(Expression::Not(Box::new(self.of_kind(operand, Kind::Bool)?)), Kind::Bool))
            }
            (operators::NEGATE, None, [operand]) => {
                Ok(of(Expression::Negate(Box::new(self.of_kind(operand, Kind::Number)?)), Kind::Number))
            }
            (operators::CONDITIONAL, None, [condition, then, otherwise]) => self.choice(condition, then, otherwise),
            (operators::INDEX, None, [operand, index]) => self.index(operand, index),
            (operators::IN, None, [one, list]) => self.is_in(one, list),
            (name, None, [one, other]) if comparison(name).is_some() || operator(name).is_some() => {
                match (comparison(name), operator(name)) {
                    (Some(comparison), _) => self.comparison(comparison, one, other),
                    (_, Some(operator)) => self.arithmetic(operator, one, other, node),
                    _ => Err(self.unknown_function(func_name, node)),
                }
            }
            ("has", None, [operand]) => self.has(operand),
            ("now", None, []) => Ok(of(Expression::Now, Kind::Time)),
            ("duration", None, [text]) => self.constant(text, Kind::Duration, super::time::duration),
            ("timestamp", None, [text]) => self.constant(text, Kind::Time, super::time::timestamp),
            ("size", None, [operand]) => self.size(operand),
            ("size", Some(operand), []) => self.size(operand),
            ("exists", Some(range), [name, condition]) => self.quantified(Quantifier::Exists, range, name, condition),
            ("exists_one", Some(range), [name, condition]) => {
                self.quantified(Quantifier::ExistsOne, range, name, condition)
            }
            ("all", Some(range), [name, condition]) => self.quantified(Quantifier::All, range, name, condition),
            ("matches", Some(operand), [pattern]) => self.matches(operand, pattern),
            ("contains", Some(text), [part]) => self.text_test(TextTest::Contains, text, part),
            ("startsWith", Some(text), [part]) => self.text_test(TextTest::StartsWith, text, part),
            ("endsWith", Some(text), [part]) => self.text_test(TextTest::EndsWith, text, part),
            ("lowerAscii", Some(text), []) => {
                Ok(of(Expression::Lower(Box::new(self.of_kind(text, Kind::Text)?)), Kind::Text))
            }
            ("upperAscii", Some(text), []) => {
                Ok(of(Expression::Upper(Box::new(self.of_kind(text, Kind::Text)?)), Kind::Text))
            }
            _ => Err(self.unknown_function(func_name, node)),
        }
    }

    fn unknown_function(&self, name: &str, node: &IdedExpr) -> QueryError {
        let at = self.tree.called(node, name).unwrap_or(self.tree.token(node));
        let names = || FUNCTIONS.iter().filter_map(|function| function_name(function.usage));
        match FUNCTIONS.iter().find(|function| function_name(function.usage) == Some(name)) {
            Some(function) => QueryError::new(format!("`{name}` is not used like this"), at)
                .suggest(format!("write `{}`", function.usage)),
            None => QueryError::new(format!("there is no function `{name}`"), at).suggest_from(name, names()),
        }
    }

    /// Both operands, and those of operands that are the same operator.
    fn flattened(&mut self, name: &str, operands: [&IdedExpr; 2]) -> Checked<Vec<Expression>> {
        let mut flat = Vec::new();
        for operand in operands {
            match self.of_kind(operand, Kind::Bool)? {
                Expression::And(inner) if name == operators::LOGICAL_AND => flat.extend(inner),
                Expression::Or(inner) if name == operators::LOGICAL_OR => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Ok(flat)
    }

    fn choice(&mut self, condition: &IdedExpr, then: &IdedExpr, otherwise: &IdedExpr) -> Checked<Meaning> {
        let condition = self.of_kind(condition, Kind::Bool)?;
        let ((then, one), (otherwise, other)) = (self.value(then)?, self.value(otherwise)?);
        let kind = if one == other { one } else { Kind::Captured };
        Ok(of(Expression::If(Box::new([condition, then, otherwise])), kind))
    }

    fn index(&mut self, operand: &IdedExpr, index: &IdedExpr) -> Checked<Meaning> {
        let (expression, kind) = self.value(operand)?;
        if kind != Kind::Captured {
            return Err(self.error(format!("{} has no elements", kind.describe()), operand));
        }
        let segment = match &index.expr {
            Expr::Literal(LiteralValue::String(name)) => Some(Segment::Name(name.inner().into())),
            Expr::Literal(LiteralValue::Int(place)) => usize::try_from(*place.inner()).ok().map(Segment::Place),
            Expr::Literal(LiteralValue::UInt(place)) => usize::try_from(*place.inner()).ok().map(Segment::Place),
            _ => None,
        };
        let segment =
            segment.ok_or_else(|| self.error("what is in brackets is a place from 0, or a key as a text", index))?;
        Ok(part(expression, segment))
    }

    fn is_in(&mut self, one: &IdedExpr, list: &IdedExpr) -> Checked<Meaning> {
        let (needle, info) = match self.meaning(one)? {
            Meaning::Value { expression, info, .. } => (expression, info),
            _ => return Err(self.error("this is a row, where a value is needed", one)),
        };
        let (hay, kind) = self.value(list)?;
        if kind != Kind::Captured {
            let error = self.error(format!("{} has no elements", kind.describe()), list);
            return Err(if kind == Kind::Text { error.suggest("use `text.contains(part)`") } else { error });
        }
        if let (Some(info), Expr::List(ListExpr { elements, .. })) = (info, &list.expr) {
            elements.iter().try_for_each(|element| self.can_have(info, element))?;
        }
        Ok(of(Expression::In(Box::new(needle), Box::new(hay)), Kind::Bool))
    }

    fn comparison(&mut self, comparison: Comparison, one: &IdedExpr, other: &IdedExpr) -> Checked<Meaning> {
        let (left, right) = (self.operand(one)?, self.operand(other)?);
        for ((_, kind, _), (other_expression, ..), node) in [(&left, &right, one), (&right, &left, other)] {
            if matches!(other_expression, Expression::Literal(Value::Null)) && *kind != Kind::Captured {
                let name = self.tree.text.get(self.tree.span(node)).unwrap_or("…");
                return Err(self
                    .error("this is never null", node)
                    .suggest(format!("ask `!has({name})` whether it is missing")));
            }
        }
        if left.1 != right.1 && left.1 != Kind::Captured && right.1 != Kind::Captured {
            let message = format!("{} cannot be compared with {}", right.1.describe(), left.1.describe());
            let error = self.error(message, other);
            return Err(match (left.1, &other.expr) {
                (Kind::Duration, _) => error.suggest("write a duration as `duration(\"1.5s\")`"),
                (Kind::Time, _) => error.suggest("write a time as `timestamp(\"2026-01-31T12:00:00Z\")`"),
                (Kind::Text, Expr::Literal(_)) => error.suggest("put it in quotes"),
                (Kind::Number, Expr::Literal(LiteralValue::String(_))) => error.suggest("leave out the quotes"),
                _ => error,
            });
        }
        let has_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if has_order && [left.1, right.1].contains(&Kind::Bool) {
            return Err(self.error("conditions have no order", one));
        }
        for (info, node) in [(left.2, other), (right.2, one)] {
            if let Some(info) = info {
                self.can_have(info, node)?;
            }
        }
        Ok(of(Expression::Compare(comparison, Box::new(left.0), Box::new(right.0)), Kind::Bool))
    }

    fn operand(&mut self, node: &IdedExpr) -> Checked<(Expression, Kind, Option<&'static FieldInfo>)> {
        match self.meaning(node)? {
            Meaning::Value { expression, kind, info } => Ok((expression, kind, info)),
            _ => self.value(node).map(|(expression, kind)| (expression, kind, None)),
        }
    }

    /// Whether a field with few values can have this one, if it is a literal.
    fn can_have(&self, info: &FieldInfo, node: &IdedExpr) -> Checked<()> {
        let Expr::Literal(LiteralValue::String(text)) = &node.expr else { return Ok(()) };
        if info.values.is_empty() || info.values.contains(&text.inner()) {
            return Ok(());
        }
        let message = format!("`{}` is never {:?}", info.name, text.inner());
        Err(self.error(message, node).suggest_from(text.inner(), info.values.iter().copied()))
    }

    fn arithmetic(
        &mut self,
        operator: Operator,
        one: &IdedExpr,
        other: &IdedExpr,
        node: &IdedExpr,
    ) -> Checked<Meaning> {
        let ((left, one_kind), (right, other_kind)) = (self.value(one)?, self.value(other)?);
        let kind = match (one_kind, operator, other_kind) {
            (Kind::Captured, ..) | (_, _, Kind::Captured) => Kind::Captured,
            (Kind::Number, _, Kind::Number) => Kind::Number,
            (Kind::Text, Operator::Add, Kind::Text) => Kind::Text,
            (Kind::Duration, Operator::Add | Operator::Subtract, Kind::Duration) => Kind::Duration,
            (Kind::Time, Operator::Subtract, Kind::Time) => Kind::Duration,
            (Kind::Time, Operator::Add | Operator::Subtract, Kind::Duration)
            | (Kind::Duration, Operator::Add, Kind::Time) => Kind::Time,
            _ => {
                let message = format!("{} and {} do not go together here", one_kind.describe(), other_kind.describe());
                return Err(self.error(message, node));
            }
        };
        Ok(of(Expression::Arithmetic(operator, Box::new([left, right])), kind))
    }

    /// A value that a text spells.
    fn constant(&self, node: &IdedExpr, kind: Kind, read: fn(&str) -> Result<Value, String>) -> Checked<Meaning> {
        let Expr::Literal(LiteralValue::String(text)) = &node.expr else {
            return Err(self.error("this has to be a text in quotes", node));
        };
        read(text.inner())
            .map(|value| of(Expression::Literal(value), kind))
            .map_err(|message| self.error(message, node))
    }

    fn size(&mut self, node: &IdedExpr) -> Checked<Meaning> {
        let size = match self.meaning(node)? {
            Meaning::Rows(rows) => Expression::SizeOfRows(rows),
            Meaning::Value { expression, kind: Kind::Captured | Kind::Text, .. } => {
                Expression::Size(Box::new(expression))
            }
            Meaning::Value { kind, .. } => return Err(self.error(format!("{} has no size", kind.describe()), node)),
            Meaning::Row(..) => return Err(self.error("a row has no size", node)),
        };
        Ok(of(size, Kind::Number))
    }

    fn matches(&mut self, text: &IdedExpr, pattern: &IdedExpr) -> Checked<Meaning> {
        let text = self.of_kind(text, Kind::Text)?;
        let Expr::Literal(LiteralValue::String(regex)) = &pattern.expr else {
            return Err(self.error("a pattern has to be a text in quotes", pattern));
        };
        let regex = RegexBuilder::new(regex.inner()).size_limit(LARGEST_REGEX).dfa_size_limit(LARGEST_REGEX).build();
        let regex = regex.map_err(|error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.error(format!("this is no regular expression: {reason}"), pattern)
        })?;
        Ok(of(Expression::Matches(Box::new(text), regex), Kind::Bool))
    }

    fn text_test(&mut self, test: TextTest, text: &IdedExpr, part: &IdedExpr) -> Checked<Meaning> {
        let operands = [self.of_kind(text, Kind::Text)?, self.of_kind(part, Kind::Text)?];
        Ok(of(Expression::Text(test, Box::new(operands)), Kind::Bool))
    }

    /// A condition on each of several, in which a name stands for it.
    fn quantified(
        &mut self,
        quantifier: Quantifier,
        range: &IdedExpr,
        name: &IdedExpr,
        condition: &IdedExpr,
    ) -> Checked<Meaning> {
        let Expr::Ident(variable) = &name.expr else {
            return Err(self
                .error("this has to be a name, which the condition then uses", name)
                .suggest("write `rows.exists(x, condition)`"));
        };
        let meaning = self.meaning(range)?;
        self.bound.push(match &meaning {
            Meaning::Rows(rows) => Bound::Row(variable.clone(), rows.entity),
            _ => Bound::Element(variable.clone()),
        });
        let condition = self.condition(condition);
        let place = self.bound.len();
        self.bound.pop();
        let condition = Box::new(condition?);
        let quantified = match meaning {
            Meaning::Rows(rows) => Expression::QuantifiedRows(quantifier, rows, place, condition),
            Meaning::Value { expression, kind: Kind::Captured, .. } => {
                Expression::Quantified(quantifier, Box::new(expression), place, condition)
            }
            Meaning::Value { kind, .. } => {
                return Err(self.error(format!("{} has no elements", kind.describe()), range));
            }
            Meaning::Row(..) => return Err(self.error("a row has no elements", range)),
        };
        Ok(of(quantified, Kind::Bool))
    }
}

fn of(expression: Expression, kind: Kind) -> Meaning {
    Meaning::Value { expression, kind, info: None }
}

fn field_of(row: Row, info: &'static FieldInfo) -> Meaning {
    match info.kind {
        Kind::Row(entity) => Meaning::Row(Row::Of(Box::new(row), info.field), entity),
        Kind::Rows(entity) => Meaning::Rows(Rows { of: row, field: info.field, entity }),
        Kind::Captured => of(Expression::Captured(row, info.field, Vec::new()), Kind::Captured),
        kind => Meaning::Value { expression: Expression::Field(row, info.field), kind, info: Some(info) },
    }
}

/// A part of captured data.
fn part(whole: Expression, segment: Segment) -> Meaning {
    let part = match whole {
        Expression::Captured(row, field, mut path) => {
            path.push(segment);
            Expression::Captured(row, field, path)
        }
        Expression::Part(whole, mut path) => {
            path.push(segment);
            Expression::Part(whole, path)
        }
        whole => Expression::Part(Box::new(whole), vec![segment]),
    };
    of(part, Kind::Captured)
}

/// The name of the function in an example of its use.
pub(super) fn function_name(usage: &str) -> Option<&str> {
    let before = &usage[..usage.find('(')?];
    let name = before.rsplit('.').next()?;
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')).then_some(name)
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        _ => return None,
    })
}
