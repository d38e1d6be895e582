//! What is wrong with a query, and where.

use std::ops::Range;

use serde::Serialize;

/// A query that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}{}", .suggestion.as_ref().map(|it| format!("; {it}")).unwrap_or_default())]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// The first byte of the text that it is about.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
    /// What to write instead, if that can be guessed.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub(super) fn new(message: impl Into<String>, at: Range<usize>) -> Self {
        Self { message: message.into(), start: at.start, end: at.end, suggestion: None }
    }

    pub(super) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Suggests the name that was probably meant, or tells which ones there are.
    pub(super) fn suggest_from<'a>(self, wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let near = names
            .iter()
            .map(|name| (strsim::normalized_damerau_levenshtein(&wrong.to_lowercase(), name), *name))
            .filter(|(likeness, _)| *likeness >= 0.5)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        match near {
            Some((_, name)) => self.suggest(format!("did you mean `{name}`?")),
            None => self.suggest(format!("there are: {}", names.join(", "))),
        }
    }

    /// The same error of a text in front of which so many bytes fewer stand.
    pub(super) fn moved(mut self, bytes: usize, length: usize) -> Self {
        self.start = self.start.saturating_sub(bytes).min(length);
        self.end = self.end.saturating_sub(bytes).clamp(self.start, length);
        self
    }

    /// The line of the query that it is about, and a line that points at the place.
    ///
    /// ```
    /// use xray_collector::query::{Entity, Query};
    ///
    /// let text = "statsu == \"failed\"";
    /// let error = Query::parse(text, Entity::Run).unwrap_err();
    /// assert_eq!(error.to_string(), "a run has no field `statsu`; did you mean `status`?");
    /// assert_eq!(error.pointed(text), "statsu == \"failed\"\n^^^^^^");
    /// ```
    #[must_use]
    pub fn pointed(&self, text: &str) -> String {
        let start = floor(text, self.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor(text, self.end).clamp(start, line_end);
        let (before, marked) = (text[line_start..start].chars().count(), text[start..end].chars().count());
        format!("{}\n{}{}", &text[line_start..line_end], " ".repeat(before), "^".repeat(marked.max(1)))
    }
}

/// The nearest place at or before this one where a character begins.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}
