//! Which functions are recorded, and how much of each: patterns over module paths and names, as in `RUST_LOG`.
//!
//! ```text
//! filter    = directive ("," directive)*
//! directive = level                          for every function
//!           | pattern                        recorded in full
//!           | pattern "=" level
//! level     = "off" | "metrics" | "full"
//! pattern   = a path of modules and the step's name, such as shop::search or shop::search::rank;
//!             matches it and everything below it; "*" stands for any characters
//! ```
//! Of the directives that match a function, the one with the longest pattern counts; of equally long ones the last.

use crate::level::Level;

/// A parsed filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    directives: Vec<Directive>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    pattern: String,
    level: Level,
}

/// The filter does not say what it means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the filter {filter:?} is wrong at {directive:?}: {problem}; write it as \"off,shop::search=full\"")]
pub struct FilterError {
    filter: String,
    directive: String,
    problem: String,
}

impl Filter {
    pub(crate) fn parse(filter: &str) -> Result<Self, FilterError> {
        let directives = filter.split(',').map(str::trim).filter(|directive| !directive.is_empty());
        let directives = directives.map(|directive| {
            Directive::parse(directive).map_err(|problem| FilterError {
                filter: filter.to_owned(),
                directive: directive.to_owned(),
                problem,
            })
        });
        Ok(Self { directives: directives.collect::<Result<_, _>>()? })
    }

    /// What the filter says of a function, if it says something.
    pub(crate) fn level_of(&self, module: &str, name: &str) -> Option<Level> {
        let path = format!("{module}::{name}");
        let matching = self.directives.iter().filter(|directive| directive.matches(&path));
        matching.max_by_key(|directive| directive.pattern.len()).map(|directive| directive.level)
    }
}

impl Directive {
    fn parse(text: &str) -> Result<Self, String> {
        let (pattern, level) = match text.split_once('=') {
            Some((pattern, level)) => (pattern.trim(), Some(level.trim())),
            None if level(text).is_some() => ("", Some(text)),
            None => (text, None),
        };
        if text.contains('=') && pattern.is_empty() {
            return Err("there is no pattern before `=`".to_owned());
        }
        if let Some(odd) = pattern.chars().find(|c| !(c.is_alphanumeric() || "_:*#".contains(*c))) {
            return Err(format!("{odd:?} cannot be in a path"));
        }
        let level = match level_text(level) {
            Ok(level) => level,
            Err(other) => return Err(format!("{other:?} is not one of off, metrics, sampled, full")),
        };
        Ok(Self { pattern: pattern.to_owned(), level })
    }

    fn matches(&self, path: &str) -> bool {
        if self.pattern.is_empty() {
            return true;
        }
        // The path itself, or one of the paths above it.
        let ends = path.match_indices("::").map(|(end, _)| end).chain([path.len()]);
        ends.into_iter().any(|end| matches(self.pattern.as_bytes(), &path.as_bytes()[..end]))
    }
}

fn level(text: &str) -> Option<Level> {
    match text {
        "off" => Some(Level::Off),
        "metrics" => Some(Level::Metrics),
        "sampled" => Some(Level::Sampled),
        "full" => Some(Level::Full),
        _ => None,
    }
}

fn level_text(text: Option<&str>) -> Result<Level, &str> {
    text.map_or(Ok(Level::Full), |text| level(text).ok_or(text))
}

/// Whether the text is what the pattern says, `*` being any characters. Linear but for going back to the last `*`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    (p, t) = (star_p + 1, star_t + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_that_matches_counts() {
        let filter = Filter::parse("metrics, shop=off, shop::search=full,*::score=off,shop::search::rank").unwrap();
        for (module, name, level) in [
            ("other", "f", Some(Level::Metrics)),
            ("shop", "f", Some(Level::Off)),
            ("shopping", "f", Some(Level::Metrics)),
            ("shop::search", "f", Some(Level::Full)),
            ("shop::search::deep", "f", Some(Level::Full)),
            ("shop::search", "score", Some(Level::Full)),
            ("shop::cart", "score", Some(Level::Off)),
            ("shop::search", "rank", Some(Level::Full)),
        ] {
            assert_eq!(filter.level_of(module, name), level, "{module}::{name}");
        }
        assert_eq!(Filter::parse("").unwrap().level_of("a", "b"), None);
        assert_eq!(Filter::parse("a=off,a=full").unwrap().level_of("a", "b"), Some(Level::Full));
        assert_eq!(Filter::parse("*").unwrap().level_of("a", "b"), Some(Level::Full));
    }

    #[test]
    fn a_wrong_filter_says_where_and_what() {
        for (filter, said) in [
            ("a=debug", r#"wrong at "a=debug": "debug" is not one of off, metrics, sampled, full"#),
            ("off,=full", r#"wrong at "=full": there is no pattern before `=`"#),
            ("a b", r#"wrong at "a b": ' ' cannot be in a path"#),
            ("a=", r#"wrong at "a=": "" is not one of"#),
        ] {
            let error = Filter::parse(filter).expect_err(filter).to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn stars_match_in_bounded_time() {
        let pattern = "*a".repeat(30) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(10_000).as_bytes()));
        assert!(matches(b"*", b"") && matches(b"a*c", b"abbc") && !matches(b"a*c", b"abb"));
    }
}
