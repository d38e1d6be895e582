//! What a film is once its record has been cleaned: typed, with `None` for what nobody knows.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A film of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Film {
    /// Title and year, as in "Casino Royale (2006)": unique in a catalogue.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) released: Option<Date>,
    pub(crate) genre: Option<String>,
    pub(crate) director: Option<String>,
    pub(crate) minutes: Option<Minutes>,
    /// From 0 to 10.
    pub(crate) rating: Option<f64>,
    pub(crate) votes: Option<u32>,
    pub(crate) budget: Option<Dollars>,
    /// Taken in the whole world.
    pub(crate) gross: Option<Dollars>,
    pub(crate) us_gross: Option<Dollars>,
}

impl Film {
    pub(crate) fn year(&self) -> Option<u16> {
        self.released.map(|date| date.year)
    }
}

/// US dollars, without cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Dollars(pub(crate) u64);

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..1_000 => write!(f, "${}", self.0),
            1_000..1_000_000 => write!(f, "${}K", self.0 as f64 / 1e3),
            _ => write!(f, "${}M", self.0 as f64 / 1e6),
        }
    }
}

impl FromStr for Dollars {
    type Err = ParseIntError;

    /// Reads "20000000", "20M" or "$850K".
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let text = text.strip_prefix('$').unwrap_or(text);
        let (digits, factor) = match text.char_indices().last() {
            Some((at, 'K' | 'k')) => (&text[..at], 1_000),
            Some((at, 'M' | 'm')) => (&text[..at], 1_000_000),
            _ => (text, 1),
        };
        digits.parse::<u64>().map(|number| Self(number.saturating_mul(factor)))
    }
}

/// A running time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Minutes(pub(crate) u16);

impl FromStr for Minutes {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} min", self.0)
    }
}

/// A day of the Gregorian calendar; serialised and printed as "1998-06-12".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Date {
    /// Reads "Jun 12 1998".
    pub(crate) fn from_month_day_year(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (month, day, year) = (words.next()?, words.next()?, words.next()?);
        let date = Self {
            year: year.parse().ok()?,
            month: MONTHS.iter().position(|name| *name == month)? as u8 + 1,
            day: day.parse().ok()?,
        };
        (words.next().is_none() && (1..=date.days_in_month()).contains(&date.day)).then_some(date)
    }

    fn days_in_month(self) -> u8 {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_that_exist() {
        let read = |text| Date::from_month_day_year(text).map(|date| date.to_string());
        assert_eq!(read("Jun 12 1998").as_deref(), Some("1998-06-12"));
        assert_eq!(read("Feb 29 2000").as_deref(), Some("2000-02-29"));
        for text in ["Feb 29 1900", "Jun 31 1998", "12 Jun 1998", "Jun 1998", "Jun 12 1998 x", ""] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn money_is_read_with_its_factor() {
        assert_eq!("20M".parse(), Ok(Dollars(20_000_000)));
        assert_eq!("$850k".parse(), Ok(Dollars(850_000)));
        assert_eq!("218".parse(), Ok(Dollars(218)));
        assert!("M".parse::<Dollars>().is_err());
        assert!("1.5M".parse::<Dollars>().is_err());
        assert_eq!(Dollars(15_500_000).to_string(), "$15.5M");
        assert_eq!(Dollars(218).to_string(), "$218");
    }
}
