//! The query of a request, read strictly: what is misspelt, repeated or malformed is an error, never ignored.

use percent_encoding::percent_decode_str;
use xray_collector::model::RunStatus;
use xray_collector::store::MAX_PAGE;

use crate::problem::Problem;
use crate::time;

/// Rows of a page, unless the request says otherwise.
pub(crate) const DEFAULT_LIMIT: usize = 100;
/// Rows of a page, at most, where `fields` asks for what was captured.
pub(crate) const MAX_WITH_FIELDS: usize = 100;
/// The most decisions of a step in one answer.
const MAX_DECISIONS: usize = 10_000;

/// The parameters of one request by name, decoded.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query in which each of the `allowed` names may occur once.
    pub(crate) fn parse(query: Option<&str>, allowed: &[&'static str]) -> Result<Self, Problem> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        let mut unknown = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).map_err(|detail| Problem::invalid_parameter(name, detail))?;
            let value = decode(value).map_err(|detail| Problem::invalid_parameter(&*name, detail))?;
            if !allowed.contains(&&*name) {
                unknown.push(name);
            } else if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(Problem::invalid_parameter(&*name, format!("{name} is given twice")));
            } else {
                parameters.push((name, value));
            }
        }
        match unknown.is_empty() {
            true => Ok(Self(parameters)),
            false => Err(Problem::unknown_parameters(&unknown, allowed)),
        }
    }

    /// The text of a parameter, if it is given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| &**value)
    }

    /// `limit`: how many rows.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        self.limit_up_to(MAX_PAGE, "")
    }

    /// `limit` of a list of which `fields` asks for more than the rows.
    pub(crate) fn limit_with_fields(&self) -> Result<usize, Problem> {
        self.limit_up_to(MAX_WITH_FIELDS, " with fields")
    }

    /// `limit` of the decisions of a step, which are put together anew for each page: fewer pages take less time.
    pub(crate) fn limit_of_decisions(&self) -> Result<usize, Problem> {
        self.limit_up_to(MAX_DECISIONS, "")
    }

    fn limit_up_to(&self, most: usize, when: &str) -> Result<usize, Problem> {
        let Some(text) = self.text("limit") else { return Ok(DEFAULT_LIMIT) };
        text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
            let detail = format!("limit is a whole number from 1 to {most}{when}, not {text:?}");
            Problem::invalid_parameter("limit", detail)
        })
    }

    /// `status`: how a run stands.
    pub(crate) fn status(&self) -> Result<Option<RunStatus>, Problem> {
        self.word("status", RunStatus::ALL, RunStatus::as_str)
    }

    /// A parameter that is one of a few words.
    pub(crate) fn word<T: Copy, const N: usize>(
        &self,
        name: &str,
        words: [T; N],
        as_str: fn(T) -> &'static str,
    ) -> Result<Option<T>, Problem> {
        self.text(name).map(|text| one_of(name, text, words, as_str)).transpose()
    }

    /// A parameter that is one or more of a few words, with commas between; all of them if it is not given.
    pub(crate) fn words<T: Copy + PartialEq, const N: usize>(
        &self,
        name: &str,
        words: [T; N],
        as_str: fn(T) -> &'static str,
    ) -> Result<Vec<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(words.to_vec()) };
        let given: Vec<T> =
            text.split(',').map(|word| one_of(name, word, words, as_str)).collect::<Result<_, Problem>>()?;
        Ok(words.into_iter().filter(|word| given.contains(word)).collect())
    }

    /// `from` and `before`: when runs began.
    pub(crate) fn time_range(&self) -> Result<(Option<u64>, Option<u64>), Problem> {
        let (from, before) = (self.time("from")?, self.time("before")?);
        match (from, before) {
            (Some(from), Some(before)) if before < from => {
                Err(Problem::invalid_parameter("before", "before is earlier than from: no run can begin between them"))
            }
            range => Ok(range),
        }
    }

    /// `true` or `false`; `false` if it is not given.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let flag = self.word(name, [true, false], |flag| if flag { "true" } else { "false" })?;
        Ok(flag.unwrap_or(false))
    }

    /// A length of time above 0, in nanoseconds.
    pub(crate) fn length(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        time::length(text).map(Some).ok_or_else(|| {
            Problem::invalid_parameter(name, format!("{name} is a length of time such as 1h30m or 200ms, not {text:?}"))
        })
    }

    /// A point in time, in nanoseconds since 1970.
    fn time(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        time::parse(text).map(Some).ok_or_else(|| {
            // A plus sign in a query means a blank.
            let hint = if text.contains(' ') { "; a + must be written as %2B" } else { "" };
            let detail = format!(
                "{name} is a time such as 2026-01-31T12:00:00Z, or whole nanoseconds since 1970, not {text:?}{hint}"
            );
            Problem::invalid_parameter(name, detail)
        })
    }
}

fn one_of<T: Copy, const N: usize>(
    name: &str,
    text: &str,
    words: [T; N],
    as_str: fn(T) -> &'static str,
) -> Result<T, Problem> {
    let found = words.into_iter().find(|word| as_str(*word) == text);
    found.ok_or_else(|| Problem::not_one_of(name, text, &words.map(as_str)))
}

fn decode(text: &str) -> Result<String, &'static str> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| "the query is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(query: &str, allowed: &[&'static str]) -> String {
        format!("{:?}", Parameters::parse(Some(query), allowed).expect_err(query))
    }

    #[test]
    fn values_are_decoded() {
        let parameters = Parameters::parse(Some("pipeline=a+b%2Bc%26%C3%A9&&limit=7"), &["pipeline", "limit"]).unwrap();
        assert_eq!(parameters.text("pipeline"), Some("a b+c&é"));
        assert_eq!(parameters.limit().unwrap(), 7);
        assert_eq!(parameters.status().unwrap(), None);
    }

    #[test]
    fn nothing_is_ignored() {
        assert!(
            detail("limit=1&lmit=2&x", &["limit"]).contains(r#"unknown parameter \"lmit\", \"x\": allowed are limit"#)
        );
        assert!(detail("x=1", &[]).contains("there are none here"));
        assert!(detail("limit=1&limit=2", &["limit"]).contains("limit is given twice"));
        assert!(detail("pipeline=%ff", &["pipeline"]).contains("the query is not UTF-8"));
    }
}
