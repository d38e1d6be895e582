//! What is wrong with the records and what is done about it; every repair is counted.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::film::{Date, Dollars};
use crate::record::Rejection;

/// The data set was put together in 2010 and announces films up to this year; what is later is a century off.
const LATEST_YEAR: u16 = 2011;

/// The day before the Unix epoch, which is how a date that was never entered looks in American time zones.
const NEVER_ENTERED: Date = Date { year: 1969, month: 12, day: 31 };

/// Letters that went through the wrong encoding (bytes of Latin-1 read as Mac Roman), and what they were.
const MISREAD: [(char, char); 12] = [
    ('È', 'é'),
    ('Ë', 'è'),
    ('Í', 'ê'),
    ('Î', 'ë'),
    ('‡', 'à'),
    ('·', 'á'),
    ('‰', 'ä'),
    ('Û', 'ó'),
    ('Ù', 'ô'),
    ('˘', 'ù'),
    ('Ö', '…'),
    ('Ω', '½'),
];

/// A kind of repair, in the words of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Repair {
    NumericTitle,
    Encoding,
    Spacing,
    TrailingArticle,
    YearInTitle,
    Century,
    DateNeverEntered,
    UsGrossOfZero,
    GrossOfZero,
    SameTitleAndYear,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NumericTitle => "title was a number, made text",
            Self::Encoding => "title in the wrong encoding, decoded",
            Self::Spacing => "title with stray spaces, removed",
            Self::TrailingArticle => "title with its article last, put first",
            Self::YearInTitle => "title with the year in it, taken out",
            Self::Century => "released in the future, a century taken off",
            Self::DateNeverEntered => "released on Dec 31 1969: never entered, unknown",
            Self::UsGrossOfZero => "US gross of 0: unknown",
            Self::GrossOfZero => "worldwide gross of 0: unknown",
            Self::SameTitleAndYear => "same title and year as another film, numbered",
        })
    }
}

/// What was done to the records.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RepairReport {
    /// The records in the file.
    pub(crate) records: usize,
    pub(crate) repaired: BTreeMap<Repair, Repaired>,
    /// What is unknown or doubtful and was left as it is: how many films.
    pub(crate) left: Vec<(&'static str, usize)>,
    /// Records that cannot be used, and why.
    pub(crate) rejected: Vec<Rejection>,
}

/// What one kind of repair was good for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Repaired {
    pub(crate) films: usize,
    pub(crate) first_title: String,
}

impl RepairReport {
    pub(crate) fn count(&mut self, repair: Repair, title: &str) {
        let repaired = self.repaired.entry(repair).or_default();
        if repaired.films == 0 {
            title.clone_into(&mut repaired.first_title);
        }
        repaired.films += 1;
    }
}

/// A title as a human would write it.
pub(crate) fn title(raw: &str, released: Option<Date>, report: &mut RepairReport) -> String {
    let mut title = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    if title != raw {
        report.count(Repair::Spacing, &title);
    }
    if title.chars().skip(1).any(|letter| MISREAD.iter().any(|(wrong, _)| *wrong == letter)) {
        title = title
            .chars()
            .map(|letter| MISREAD.iter().find(|(wrong, _)| *wrong == letter).map_or(letter, |(_, right)| *right))
            .collect();
        report.count(Repair::Encoding, &title);
    }
    for article in ["The", "A", "An"] {
        if let Some(rest) = title.strip_suffix(article).and_then(|rest| rest.strip_suffix(", ")) {
            title = format!("{article} {rest}");
            report.count(Repair::TrailingArticle, &title);
            break;
        }
    }
    let year = released.map(|date| format!(" ({})", date.year));
    if let Some(rest) = year.and_then(|year| title.strip_suffix(&year).map(str::to_owned)) {
        report.count(Repair::YearInTitle, &title);
        title = rest;
    }
    title
}

/// The release date that was meant; `None` if there is none.
pub(crate) fn released(date: Date, title: &str, report: &mut RepairReport) -> Option<Date> {
    if date == NEVER_ENTERED {
        report.count(Repair::DateNeverEntered, title);
        return None;
    }
    if date.year <= LATEST_YEAR {
        return Some(date);
    }
    report.count(Repair::Century, title);
    Some(Date { year: date.year - 100, ..date })
}

/// A gross of nothing is one that nobody entered: "12 Angry Men" did sell tickets.
pub(crate) fn gross(dollars: Option<u64>, of_zero: Repair, title: &str, report: &mut RepairReport) -> Option<Dollars> {
    if dollars == Some(0) {
        report.count(of_zero, title);
        return None;
    }
    dollars.map(Dollars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: u16) -> Date {
        Date { year, month: 4, day: 7 }
    }

    #[test]
    fn titles_are_written_as_humans_write_them() {
        let mut report = RepairReport::default();
        let mut clean = |raw: &str, year| title(raw, Some(day(year)), &mut report);
        assert_eq!(clean("Alien³", 1992), "Alien³");
        assert_eq!(clean("DÈj‡ Vu", 2006), "Déjà Vu");
        assert_eq!(clean("The Helix...  Loaded", 2005), "The Helix... Loaded");
        assert_eq!(clean("Charge of the Light Brigade, The", 1936), "The Charge of the Light Brigade");
        assert_eq!(clean("King Kong (1933)", 1933), "King Kong");
        assert_eq!(clean("Fantasia (2000)", 1999), "Fantasia (2000)");
        assert_eq!(clean("Èdith", 2007), "Èdith", "a word may begin with that capital");
        let counts: Vec<_> = report.repaired.values().map(|repaired| repaired.films).collect();
        assert_eq!(counts, [1, 1, 1, 1]);
    }

    #[test]
    fn a_date_in_the_future_is_a_century_off_and_an_unset_one_is_unknown() {
        let mut report = RepairReport::default();
        assert_eq!(released(day(2046), "Wilson", &mut report), Some(day(1946)));
        assert_eq!(released(day(2011), "Restless", &mut report), Some(day(2011)));
        assert_eq!(released(NEVER_ENTERED, "Drei", &mut report), None);
        assert_eq!(report.repaired.keys().copied().collect::<Vec<_>>(), [Repair::Century, Repair::DateNeverEntered]);
    }

    #[test]
    fn a_gross_of_nothing_is_unknown() {
        let mut report = RepairReport::default();
        assert_eq!(gross(Some(0), Repair::UsGrossOfZero, "12 Angry Men", &mut report), None);
        assert_eq!(gross(Some(1), Repair::UsGrossOfZero, "Tarnation", &mut report), Some(Dollars(1)));
        assert_eq!(gross(None, Repair::UsGrossOfZero, "Wings", &mut report), None);
        assert_eq!(report.repaired[&Repair::UsGrossOfZero].films, 1);
    }
}
