//! What somebody wants to see: `genre=Comedy rating>=7 year>=1990 minutes<=120 budget<=20M about=love limit=3`.

use std::error::Error;
use std::str::FromStr;

use serde::Serialize;

use crate::film::{Dollars, Minutes};

const FIELDS: &str = "genre, about, rating, votes, year, minutes, budget, limit";

/// How many films are picked if the wish does not say.
const DEFAULT_LIMIT: usize = 3;

/// A wish, understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Wish {
    pub(crate) genre: Option<String>,
    /// A word of the title.
    pub(crate) about: Option<String>,
    pub(crate) rating: Bounds<f64>,
    pub(crate) votes: Bounds<u32>,
    pub(crate) year: Bounds<u16>,
    pub(crate) minutes: Bounds<Minutes>,
    pub(crate) budget: Bounds<Dollars>,
    /// So many films at most.
    pub(crate) limit: usize,
}

/// A range with both ends included; a missing end is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Bounds<T> {
    pub(crate) at_least: Option<T>,
    pub(crate) at_most: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    const NONE: Self = Self { at_least: None, at_most: None };

    /// Whether the value lies within. An unknown value lies within no range that has an end: whoever asks for at least
    /// 7 does not want a film that nobody rated, and whoever does not care about ratings does not lose it either.
    pub(crate) fn admit(&self, value: Option<T>) -> bool {
        match value {
            Some(value) => {
                self.at_least.as_ref().is_none_or(|least| value >= *least)
                    && self.at_most.as_ref().is_none_or(|most| value <= *most)
            }
            None => self.at_least.is_none() && self.at_most.is_none(),
        }
    }
}

/// What is wrong with a wish, with the token and what would be allowed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WishError {
    #[error("{token:?}: expected a field, an operator and a value, as in rating>=7; the fields are {FIELDS}")]
    Shape { token: String },
    #[error("{token:?}: there is no field {field:?}; the fields are {FIELDS}")]
    Field { token: String, field: String },
    #[error("{token:?}: {field} takes {allowed}")]
    Operator { token: String, field: &'static str, allowed: &'static str },
    #[error("{token:?}: {field} needs {expected}")]
    Value { token: String, field: &'static str, expected: &'static str, source: Option<Box<dyn Error + Send + Sync>> },
    #[error("{token:?}: {field} is limited twice; say it once")]
    Twice { token: String, field: &'static str },
    #[error("{token:?}: the quotation mark is not closed")]
    OpenQuote { token: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    AtLeast,
    AtMost,
}

/// One condition of a wish.
struct Token<'a> {
    text: &'a str,
    field: &'a str,
    operator: Operator,
    value: &'a str,
}

impl FromStr for Wish {
    type Err = WishError;

    fn from_str(text: &str) -> Result<Self, WishError> {
        let mut wish = Self {
            genre: None,
            about: None,
            rating: Bounds::NONE,
            votes: Bounds::NONE,
            year: Bounds::NONE,
            minutes: Bounds::NONE,
            budget: Bounds::NONE,
            limit: DEFAULT_LIMIT,
        };
        let mut limit = None;
        for text in split(text)? {
            let token = Token::read(text)?;
            match token.field {
                "genre" => token.set("genre", &mut wish.genre)?,
                "about" => token.set("about", &mut wish.about)?,
                "rating" => token.bound("rating", "a number from 0 to 10", 0.0..=10.0, &mut wish.rating)?,
                "votes" => token.bound("votes", "a whole number", 0..=u32::MAX, &mut wish.votes)?,
                "year" => token.bound("year", "a year from 1880 to 2099", 1880..=2099, &mut wish.year)?,
                "minutes" => token.bound("minutes", "whole minutes", Minutes(0)..=Minutes(999), &mut wish.minutes)?,
                "budget" => token.bound(
                    "budget",
                    "whole dollars, such as 20M, 850K or 500000",
                    Dollars(0)..=Dollars(u64::MAX),
                    &mut wish.budget,
                )?,
                "limit" => token.limit(&mut limit)?,
                field => return Err(WishError::Field { token: text.to_owned(), field: field.to_owned() }),
            }
        }
        Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), ..wish })
    }
}

impl<'a> Token<'a> {
    fn read(text: &'a str) -> Result<Self, WishError> {
        let shape = || WishError::Shape { token: text.to_owned() };
        let (field, rest) = text.split_at(text.find(['=', '>', '<']).ok_or_else(shape)?);
        let (operator, value) = [(">=", Operator::AtLeast), ("<=", Operator::AtMost), ("=", Operator::Is)]
            .into_iter()
            .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|value| (operator, value)))
            .ok_or_else(shape)?;
        Ok(Self { text, field, operator, value: value.trim_matches('"') })
    }

    fn set(&self, field: &'static str, into: &mut Option<String>) -> Result<(), WishError> {
        if self.operator != Operator::Is {
            return Err(WishError::Operator { token: self.text.to_owned(), field, allowed: "only =" });
        }
        if self.value.trim().is_empty() {
            return Err(WishError::Value { token: self.text.to_owned(), field, expected: "a word", source: None });
        }
        self.once(field, into, self.value.to_owned())
    }

    fn bound<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        range: std::ops::RangeInclusive<T>,
        into: &mut Bounds<T>,
    ) -> Result<(), WishError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static> + PartialOrd + Copy,
    {
        let error = |source| WishError::Value { token: self.text.to_owned(), field, expected, source };
        let value = self.value.parse::<T>().map_err(|source| error(Some(source.into())))?;
        if !range.contains(&value) {
            return Err(error(None));
        }
        if matches!(self.operator, Operator::Is | Operator::AtLeast) {
            self.once(field, &mut into.at_least, value)?;
        }
        if matches!(self.operator, Operator::Is | Operator::AtMost) {
            self.once(field, &mut into.at_most, value)?;
        }
        Ok(())
    }

    fn limit(&self, into: &mut Option<usize>) -> Result<(), WishError> {
        let field = "limit";
        if self.operator != Operator::Is {
            return Err(WishError::Operator { token: self.text.to_owned(), field, allowed: "only =" });
        }
        // A limit of 0 should be refused here and is not: the example needs a bug that somebody has to find.
        let limit = self.value.parse().map_err(|source: std::num::ParseIntError| WishError::Value {
            token: self.text.to_owned(),
            field,
            expected: "a whole number",
            source: Some(source.into()),
        })?;
        self.once(field, into, limit)
    }

    fn once<T>(&self, field: &'static str, into: &mut Option<T>, value: T) -> Result<(), WishError> {
        if into.is_some() {
            return Err(WishError::Twice { token: self.text.to_owned(), field });
        }
        *into = Some(value);
        Ok(())
    }
}

/// Splits at white space, except between quotation marks.
fn split(text: &str) -> Result<Vec<&str>, WishError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut quoted = false;
        let end = rest.find(|letter: char| {
            quoted ^= letter == '"';
            !quoted && letter.is_whitespace()
        });
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        if quoted {
            return Err(WishError::OpenQuote { token: token.to_owned() });
        }
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read() {
        let wish: Wish = "genre=\"Romantic Comedy\" rating>=7 year=1999 minutes<=120 budget<=20M about=love"
            .parse()
            .expect("a good wish");
        assert_eq!(wish.genre.as_deref(), Some("Romantic Comedy"));
        assert_eq!(wish.about.as_deref(), Some("love"));
        assert_eq!(wish.rating, Bounds { at_least: Some(7.0), at_most: None });
        assert_eq!(wish.year, Bounds { at_least: Some(1999), at_most: Some(1999) });
        assert_eq!(wish.minutes, Bounds { at_least: None, at_most: Some(Minutes(120)) });
        assert_eq!(wish.budget, Bounds { at_least: None, at_most: Some(Dollars(20_000_000)) });
        assert_eq!((wish.votes, wish.limit), (Bounds::NONE, 3));
    }

    #[test]
    fn errors_name_the_token_and_what_is_allowed() {
        let error = |text: &str| format!("{:#}", anyhow::Error::from(text.parse::<Wish>().expect_err(text)));
        let fields = "the fields are genre, about, rating, votes, year, minutes, budget, limit";
        assert_eq!(
            error("limit=3 funny"),
            format!("\"funny\": expected a field, an operator and a value, as in rating>=7; {fields}")
        );
        assert_eq!(
            error("rating>7"),
            format!("\"rating>7\": expected a field, an operator and a value, as in rating>=7; {fields}")
        );
        assert_eq!(error("raiting>=7"), format!("\"raiting>=7\": there is no field \"raiting\"; {fields}"));
        assert_eq!(error("genre>=Drama"), "\"genre>=Drama\": genre takes only =");
        assert_eq!(
            error("rating>=high"),
            "\"rating>=high\": rating needs a number from 0 to 10: invalid float literal"
        );
        assert_eq!(error("rating>=11"), "\"rating>=11\": rating needs a number from 0 to 10");
        assert_eq!(error("rating>=NaN"), "\"rating>=NaN\": rating needs a number from 0 to 10");
        assert_eq!(
            error("budget<=20X"),
            "\"budget<=20X\": budget needs whole dollars, such as 20M, 850K or 500000: invalid digit found in string"
        );
        assert_eq!(error("limit=-1"), "\"limit=-1\": limit needs a whole number: invalid digit found in string");
        assert_eq!(error("year=1999 year>=2000"), "\"year>=2000\": year is limited twice; say it once");
        assert_eq!(error("about="), "\"about=\": about needs a word");
        assert_eq!(error("about=\"true love"), "\"about=\\\"true love\": the quotation mark is not closed");
    }

    #[test]
    fn an_unknown_value_is_admitted_only_where_nothing_is_asked() {
        let asked = Bounds { at_least: Some(7.0), at_most: None };
        assert!(asked.admit(Some(7.0)) && !asked.admit(Some(6.9)) && !asked.admit(None));
        assert!(Bounds::<f64>::NONE.admit(None));
    }
}
