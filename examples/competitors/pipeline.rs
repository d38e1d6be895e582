//! From a film to its competitor. What is written beside the attributes says why: `keep!` in the filters, `score!` in
//! the rank, `decide` where one is taken.

use serde::Serialize;

use crate::film::{Dollars, Film};
use crate::keywords::Keywords;
use crate::rank::{Rival, rank};

/// Why there is no competitor.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCompetitor {
    #[error("there is no film of the title {title:?}")]
    NoSuchFilm { title: String },
    #[error("nothing compares with {id}: its {unknown} is not known")]
    Unknown { id: String, unknown: &'static str },
    #[error("no film of the genre is close enough in budget and rating")]
    NothingComparable,
}

/// What a competitor has to be. As the films have it, so that the two compare: what is unknown is less than anything.
#[derive(Debug, Serialize)]
struct Limits {
    genre: Option<String>,
    least_budget: Option<Dollars>,
    most_budget: Option<Dollars>,
    least_rating: Option<f64>,
}

#[xray::run(skip(catalog, fixed))]
pub(crate) fn find_competitor(catalog: &[Film], title: &str, fixed: bool) -> Result<Rival, NoCompetitor> {
    let reference = look_up(catalog, title)?;
    xray::tag("genre", reference.genre.as_deref().unwrap_or_default());
    let keywords = keywords(&reference.title);
    // The bug that somebody has to find: all words of the title are asked for, where one would do.
    let least = if fixed { 1 } else { keywords.words.len() };
    let found = search(catalog, &keywords, least);
    let comparable = comparable(found, &reference, &limits(&reference));
    let ranked = rank(comparable, &reference, &keywords);
    select(&ranked)
}

/// The first film of that title, of which everything must be known that is compared.
#[xray::step(kind = "lookup", skip(catalog))]
fn look_up(catalog: &[Film], title: &str) -> Result<Film, NoCompetitor> {
    let of_title: Vec<_> = catalog.iter().filter(|film| film.title == title || film.id == title).collect();
    xray::meta("films of this title", &of_title.len());
    let film = *of_title.first().ok_or_else(|| NoCompetitor::NoSuchFilm { title: title.to_owned() })?;
    let known = [("genre", film.genre.is_some()), ("budget", film.budget.is_some()), ("rating", film.rating.is_some())];
    match known.into_iter().find(|(_, is_known)| !is_known) {
        Some((unknown, _)) => Err(NoCompetitor::Unknown { id: film.id.clone(), unknown }),
        None => Ok(film.clone()),
    }
}

#[xray::step(kind = "generate")]
fn keywords(title: &str) -> Keywords {
    Keywords::of(title)
}

/// Films that share so many of the keywords at least.
#[xray::step(kind = "search", skip(catalog))]
fn search(catalog: &[Film], keywords: &Keywords, least: usize) -> Vec<Film> {
    xray::input_count(catalog.len());
    let is_found = |film: &&Film| {
        let shared = keywords.shared_with(&film.title);
        xray::keep!(film.id; shared > 0 && shared >= least)
    };
    catalog.iter().filter(is_found).cloned().collect()
}

/// From half to twice the budget, and up to one and a half points below the rating.
fn limits(reference: &Film) -> Limits {
    Limits {
        genre: reference.genre.clone(),
        least_budget: reference.budget.map(|budget| Dollars(budget.0 / 2)),
        most_budget: reference.budget.map(|budget| Dollars(budget.0 * 2)),
        least_rating: reference.rating.map(|rating| ((rating - 1.5) * 10.0).round() / 10.0),
    }
}

#[xray::step(kind = "filter")]
fn comparable(found: Vec<Film>, reference: &Film, limits: &Limits) -> Vec<Film> {
    let is_comparable = |film: &Film| {
        xray::keep!(
            film.id;
            film.id != reference.id
                && film.genre == limits.genre
                && film.budget >= limits.least_budget
                && film.budget <= limits.most_budget
                && film.rating >= limits.least_rating
        )
    };
    found.into_iter().filter(is_comparable).collect()
}

#[xray::step(kind = "select")]
fn select(ranked: &[Rival]) -> Result<Rival, NoCompetitor> {
    let (best, others) = ranked.split_first().ok_or(NoCompetitor::NothingComparable)?;
    let others = others.iter().map(|rival| &rival.film.id);
    xray::decide(&best.film.id, "it has the highest score", Some(best.score), others);
    Ok(best.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(title: &str, genre: Option<&str>, budget: u64, rating: f64) -> Film {
        Film {
            id: format!("{title} (2000)"),
            title: title.to_owned(),
            released: None,
            genre: genre.map(str::to_owned),
            director: None,
            minutes: None,
            rating: Some(rating),
            votes: None,
            budget: Some(Dollars(budget)),
            gross: None,
            us_gross: None,
        }
    }

    fn catalog() -> [Film; 6] {
        [
            film("Batman Begins", Some("Action"), 100, 8.0),
            film("Batman Returns", Some("Action"), 51, 7.0),
            film("Batman & Robin", Some("Action"), 100, 3.5),
            film("Batman Forever", Some("Action"), 201, 7.0),
            film("Everything Begins", Some("Drama"), 100, 8.0),
            film("Everything Ends", None, 100, 8.0),
        ]
    }

    fn found(title: &str, fixed: bool) -> Result<String, String> {
        find_competitor(&catalog(), title, fixed).map(|rival| rival.film.id).map_err(|error| error.to_string())
    }

    #[test]
    fn a_competitor_shares_a_word_and_compares() {
        assert_eq!(found("Batman Begins", true), Ok("Batman Returns (2000)".to_owned()));
        let nothing = "no film of the genre is close enough in budget and rating";
        assert_eq!(found("Batman Begins", false), Err(nothing.to_owned()), "the bug is there");
        assert_eq!(found("Everything Begins", true), Err(nothing.to_owned()), "another genre, or none");
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let unknown = "nothing compares with Everything Ends (2000): its genre is not known";
        assert_eq!(found("Everything Ends", true), Err(unknown.to_owned()));
        assert_eq!(found("Batman", true), Err("there is no film of the title \"Batman\"".to_owned()));
    }
}
