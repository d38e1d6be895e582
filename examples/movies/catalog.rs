//! From the data file to the catalogue: read, parse, repair, name.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::film::{Dollars, Film, Minutes};
use crate::record::{self, RawTitle, Record};
use crate::repair::{self, Repair, RepairReport};

/// The films of a data file, in its order.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Catalog {
    pub(crate) films: Vec<Film>,
    pub(crate) report: RepairReport,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("cannot read {path:?}; `--data FILE` names another file")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path:?} is not JSON")]
    Malformed { path: PathBuf, source: serde_json::Error },
    #[error("{path:?} must hold an array of film records, and it holds {found}")]
    NotAnArray { path: PathBuf, found: &'static str },
}

#[xray::run(ret = false)]
pub(crate) async fn load_catalog(path: &Path) -> Result<Catalog, CatalogError> {
    let text = read(path).await?;
    let records = parse(&text, path)?;
    let mut report = RepairReport { records: records.len(), ..RepairReport::default() };
    let films = repair(&records, &mut report);
    let films = name(films, &mut report);
    note_what_is_left(&films, &mut report);
    Ok(Catalog { films, report })
}

#[xray::step(kind = "io", ret = false)]
async fn read(path: &Path) -> Result<Vec<u8>, CatalogError> {
    tokio::fs::read(path).await.map_err(|source| CatalogError::Read { path: path.to_owned(), source })
}

#[xray::step(kind = "parse", skip(text))]
fn parse(text: &[u8], path: &Path) -> Result<Vec<Value>, CatalogError> {
    let value =
        serde_json::from_slice(text).map_err(|source| CatalogError::Malformed { path: path.to_owned(), source })?;
    match value {
        Value::Array(records) => Ok(records),
        other => Err(CatalogError::NotAnArray { path: path.to_owned(), found: record::sort(&other) }),
    }
}

#[xray::step(kind = "transform")]
fn repair(records: &[Value], report: &mut RepairReport) -> Vec<Film> {
    let mut films = Vec::with_capacity(records.len());
    for (index, value) in records.iter().enumerate() {
        match Record::read(index, value) {
            Ok(record) => films.push(film(record, report)),
            Err(rejection) => report.rejected.push(rejection),
        }
    }
    films
}

fn film(record: Record, report: &mut RepairReport) -> Film {
    let Record { title, released, fields } = record;
    let title = match title {
        RawTitle::Text(text) => text,
        RawTitle::Number(number) => {
            report.count(Repair::NumericTitle, &number);
            number
        }
    };
    let released = released.and_then(|date| repair::released(date, &title, report));
    let title = repair::title(&title, released, report);
    Film {
        id: String::new(),
        released,
        genre: fields.genre,
        director: fields.director,
        minutes: fields.minutes.map(Minutes),
        rating: fields.rating,
        votes: fields.votes,
        budget: fields.budget.map(Dollars),
        gross: repair::gross(fields.gross, Repair::GrossOfZero, &title, report),
        us_gross: repair::gross(fields.us_gross, Repair::UsGrossOfZero, &title, report),
        title,
    }
}

/// Gives every film an id of its own: title and year, and a number where two films share both.
#[xray::step(kind = "transform")]
fn name(mut films: Vec<Film>, report: &mut RepairReport) -> Vec<Film> {
    let mut taken = HashSet::with_capacity(films.len());
    for film in &mut films {
        let year = film.year().map_or_else(|| "undated".to_owned(), |year| year.to_string());
        film.id = format!("{} ({year})", film.title);
        let mut number = 1;
        while !taken.insert(film.id.clone()) {
            number += 1;
            film.id = format!("{} ({year}, no. {number})", film.title);
        }
        if number > 1 {
            report.count(Repair::SameTitleAndYear, &film.id);
        }
    }
    films
}

/// Counts what nobody can repair: the pipeline has to decide what to do with films it knows too little about.
fn note_what_is_left(films: &[Film], report: &mut RepairReport) {
    let mut by_title: HashMap<&str, Vec<&Film>> = HashMap::new();
    for film in films {
        by_title.entry(&film.title).or_default().push(film);
    }
    // One rating for two films of the same title: somebody joined two lists by title.
    let shared = |film: &Film| {
        film.votes.is_some()
            && by_title[film.title.as_str()].iter().any(|other| other.id != film.id && other.votes == film.votes)
    };
    let count = |unknown: &dyn Fn(&Film) -> bool| films.iter().filter(|film| unknown(film)).count();
    report.left = vec![
        ("no rating", count(&|film| film.rating.is_none())),
        ("no genre", count(&|film| film.genre.is_none())),
        ("no running time", count(&|film| film.minutes.is_none())),
        ("the same votes as another film of that title", count(&shared)),
    ];
    report.left.retain(|(_, films)| *films > 0);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn load(records: &Value) -> (Vec<Film>, RepairReport) {
        let mut report = RepairReport::default();
        let films = repair(records.as_array().expect("an array"), &mut report);
        (name(films, &mut report), report)
    }

    #[test]
    fn ids_are_unique_even_among_films_of_one_title_and_year() {
        let crash = |date: &str| json!({ "Title": "Crash", "Release Date": date });
        let (films, report) =
            load(&json!([crash("Oct 04 1996"), crash("May 06 2005"), crash("Dec 31 2005"), crash("Dec 31 1969"),]));
        let ids: Vec<_> = films.iter().map(|film| film.id.as_str()).collect();
        assert_eq!(ids, ["Crash (1996)", "Crash (2005)", "Crash (2005, no. 2)", "Crash (undated)"]);
        assert_eq!(report.repaired[&Repair::SameTitleAndYear].films, 1);
    }

    #[test]
    fn a_record_that_cannot_be_used_does_not_stop_the_others() {
        let (films, report) = load(&json!([{ "Title": 1776 }, null, { "Title": "Wings", "IMDB Votes": -1 }]));
        assert_eq!(films.len(), 1);
        assert_eq!(report.rejected.iter().map(|rejection| rejection.index).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn what_is_not_an_array_of_records_is_an_error() {
        let error = |text: &str| {
            let error = parse(text.as_bytes(), Path::new("films.json")).expect_err(text);
            format!("{:#}", anyhow::Error::from(error))
        };
        assert_eq!(error("{}"), "\"films.json\" must hold an array of film records, and it holds an object");
        assert_eq!(error("[\n{,}]"), "\"films.json\" is not JSON: key must be a string at line 2 column 2");
    }

    /// Against the data set itself: what its README says of it is what the loader finds.
    #[test]
    fn the_data_set_is_repaired_as_expected() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/movies.json");
        let text = std::fs::read(&path).expect("the data file");
        let records = Value::Array(parse(&text, &path).expect("an array"));
        let (films, report) = load(&records);
        let counts: Vec<_> = report.repaired.iter().map(|(repair, repaired)| (*repair, repaired.films)).collect();
        assert_eq!(films.len(), 3_200);
        assert_eq!(report.rejected.len(), 1, "{:?}", report.rejected);
        let expected = [
            (Repair::NumericTitle, 9),
            (Repair::Encoding, 18),
            (Repair::Spacing, 2),
            (Repair::TrailingArticle, 4),
            (Repair::YearInTitle, 3),
            (Repair::Century, 22),
            (Repair::DateNeverEntered, 8),
            (Repair::UsGrossOfZero, 66),
            (Repair::GrossOfZero, 47),
        ];
        assert_eq!(counts, expected);
    }
}
