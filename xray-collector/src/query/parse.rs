//! From a text to a syntax tree, by the parser of the `cel` crate, with errors in words and places in bytes.

use std::ops::Range;

use cel::common::ast::{CallExpr, Expr, SourceInfo};
use cel::{Env, IdedExpr};

use super::error::{QueryError, floor};

/// The longest text of a query, in bytes.
pub const LONGEST: usize = 4096;
/// The parser descends a level of its own for each level of the text, and texts are short: this is enough for any.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// A syntax tree and where its nodes stand in the text.
pub(super) struct Tree<'t> {
    pub(super) text: &'t str,
    pub(super) root: IdedExpr,
    places: SourceInfo,
}

/// Parses a text and gives the tree to `act`, on a thread of its own: the stack that a tree takes is the text's choice.
pub(super) fn with_tree<R: Send>(
    text: &str,
    act: impl FnOnce(&Tree<'_>) -> Result<R, QueryError> + Send,
) -> Result<R, QueryError> {
    if text.len() > LONGEST {
        let message = format!("the query is {} bytes long, and may be {LONGEST}", text.len());
        return Err(QueryError::new(message, LONGEST..text.len()));
    }
    if text.trim().is_empty() {
        return Err(
            QueryError::new("the query is empty", 0..0).suggest("write a condition, such as `status == \"failed\"`")
        );
    }
    let parse = move || {
        // Without macros: `exists` and its like stay calls, as they are written.
        let parser = Env::default().parser().enable_ident_escape_syntax(true);
        let (root, places) = parser.parse_with_source_info(text).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(|| QueryError::new("this is not a condition", 0..text.len()), |first| said(first, text))
        })?;
        act(&Tree { text, root, places })
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("xray-query".to_owned()).stack_size(STACK_BYTES);
        let failed = |_| QueryError::new("the query cannot be read now: no thread for it", 0..text.len());
        let thread = thread.spawn_scoped(scope, parse).map_err(failed)?;
        thread.join().unwrap_or_else(|_| Err(QueryError::new("this cannot be read as a condition", 0..text.len())))
    })
}

impl Tree<'_> {
    /// The token that a node is known by: a name, an operator, the parenthesis of a call.
    pub(super) fn token(&self, node: &IdedExpr) -> Range<usize> {
        let (start, last) = self.places.offset_for(node.id).unwrap_or_default();
        start as usize..last as usize + 1
    }

    /// All of a node.
    pub(super) fn span(&self, node: &IdedExpr) -> Range<usize> {
        let mut span = self.token(node);
        let mut include = |inner: Range<usize>| span = span.start.min(inner.start)..span.end.max(inner.end);
        match &node.expr {
            Expr::Select(select) => {
                include(self.span(&select.operand));
                include(self.field(node, &select.field));
            }
            Expr::Call(CallExpr { func_name, target, args }) => {
                target.iter().for_each(|target| include(self.span(target)));
                args.iter().for_each(|argument| include(self.span(argument)));
                if let Some(name) = self.called(node, func_name) {
                    include(name);
                    let rest = &self.text[floor(self.text, span.end)..];
                    let blanks = rest.len() - rest.trim_start().len();
                    if rest[blanks..].starts_with(')') {
                        span.end += blanks + 1;
                    }
                }
            }
            Expr::List(list) => list.elements.iter().for_each(|element| include(self.span(element))),
            _ => {}
        }
        span
    }

    /// The name behind the dot of a selection.
    pub(super) fn field(&self, node: &IdedExpr, name: &str) -> Range<usize> {
        let dot = self.token(node).end;
        let found = self.text.get(dot..).and_then(|rest| rest.find(name)).map_or(dot, |at| dot + at);
        found..found + name.len()
    }

    /// The name of the function that is called, if the call is written as one.
    pub(super) fn called(&self, node: &IdedExpr, name: &str) -> Option<Range<usize>> {
        let parenthesis = self.token(node).start;
        let before = self.text.get(..parenthesis)?.trim_end();
        before.ends_with(name).then(|| before.len() - name.len()..before.len())
    }
}

/// An error of the parser, in words for those who write queries.
fn said(error: &cel::ParseError, text: &str) -> QueryError {
    let start = place(text, error.pos);
    let quoted = |message: &str| message.split('\'').nth(1).map(str::to_owned);
    let message = error.msg.as_str();
    if message.contains("<EOF>' expecting") {
        return QueryError::new("the query ends too early", text.len()..text.len())
            .suggest("a value, a name or a closing bracket is missing");
    }
    if message.contains("token recognition error") {
        let token = message.split_once("at: '").map_or("", |(_, token)| token.trim_end_matches('\''));
        let at = start..start + token.len();
        return match token.trim_start().chars().next() {
            Some('"' | '\'') => QueryError::new("a text that does not end", at).suggest("close it with the same quote"),
            Some('=') => QueryError::new("`=` is no operator", at).suggest("did you mean `==`?"),
            Some('&') => QueryError::new("`&` is no operator", at).suggest("did you mean `&&`?"),
            Some('|') => QueryError::new("`|` is no operator", at).suggest("did you mean `||`?"),
            _ => QueryError::new(format!("`{token}` means nothing here"), at),
        };
    }
    if message.contains("limit") {
        return QueryError::new("the query is nested too deeply", 0..text.len());
    }
    if let Some(token) = message.strip_prefix("Syntax error: ").and_then(quoted) {
        let error = QueryError::new(format!("`{token}` is not expected here"), start..start + token.len());
        return match token.to_ascii_lowercase().as_str() {
            "and" => error.suggest("did you mean `&&`?"),
            "or" => error.suggest("did you mean `||`?"),
            "not" => error.suggest("did you mean `!`?"),
            "like" => error.suggest("use `name.contains(\"part\")` or `name.matches(\"regex\")`"),
            _ => error,
        };
    }
    QueryError::new(message, start..text.len())
}

/// The byte at a line and a column, both from 1, the column in characters.
fn place(text: &str, (line, column): (isize, isize)) -> usize {
    let (line, column) = (usize::try_from(line).unwrap_or(1).max(1), usize::try_from(column).unwrap_or(1).max(1));
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &text[line_start..];
    line_start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}
