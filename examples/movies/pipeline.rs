//! From a wish to a handful of films. Every step is an ordinary function; the attributes are all that xray needs, and
//! `keep!` adds the reasons.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use xray::keep;

use crate::film::{Dollars, Film, Minutes};
use crate::rank::{Ranked, rank};
use crate::wish::{Bounds, Wish, WishError};

/// Why there is no pick.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPick {
    #[error("the wish is not understood")]
    Wish(#[from] WishError),
    #[error("no film has the genre {genre:?}; there are {}", known.join(", "))]
    UnknownGenre { genre: String, known: Vec<String> },
    #[error("cannot read the list of films already seen, {path:?}; `--seen FILE` names another")]
    SeenList { path: PathBuf, source: io::Error },
    #[error("no film is left to pick from")]
    NothingLeft,
}

#[xray::run(skip(catalog))]
pub(crate) async fn pick_films(catalog: &[Film], wish: &str, seen_list: &Path) -> Result<Vec<Ranked>, NoPick> {
    let wish = read_wish(wish)?;
    let found = search(catalog, &wish)?;
    let seen = read_seen_list(seen_list).await?;
    let unseen = not_yet_seen(found, &seen);
    let good = rated(unseen, wish.rating);
    let known = voted_for(good, wish.votes);
    let timely = released(known, wish.year);
    let fitting = running_time(timely, wish.minutes);
    let affordable = budget(fitting, wish.budget);
    let ranked = rank(affordable);
    select(&ranked, wish.limit)
}

#[xray::step(kind = "parse")]
fn read_wish(text: &str) -> Result<Wish, WishError> {
    text.parse()
}

/// A film without a genre is found only by a wish that names none.
#[xray::step(kind = "search")]
fn search(catalog: &[Film], wish: &Wish) -> Result<Vec<Film>, NoPick> {
    if let Some(genre) = &wish.genre {
        let known: BTreeSet<&str> = catalog.iter().filter_map(|film| film.genre.as_deref()).collect();
        if !known.iter().any(|name| mentions(name, genre)) {
            let known = known.into_iter().map(str::to_owned).collect();
            return Err(NoPick::UnknownGenre { genre: genre.clone(), known });
        }
    }
    let asked = |text: Option<&str>, words: Option<&str>| {
        words.is_none_or(|words| text.is_some_and(|text| mentions(text, words)))
    };
    Ok(catalog
        .iter()
        .filter(|film| asked(film.genre.as_deref(), wish.genre.as_deref()))
        .filter(|film| asked(Some(&film.title), wish.about.as_deref()))
        .cloned()
        .collect())
}

#[xray::step(kind = "lookup")]
async fn read_seen_list(path: &Path) -> Result<HashSet<String>, NoPick> {
    let text =
        tokio::fs::read_to_string(path).await.map_err(|source| NoPick::SeenList { path: path.to_owned(), source })?;
    let ids = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(ids.map(str::to_owned).collect())
}

#[xray::step(kind = "filter")]
fn not_yet_seen(films: Vec<Film>, seen: &HashSet<String>) -> Vec<Film> {
    films.into_iter().filter(|film| keep!(film.id; !seen.contains(&film.id))).collect()
}

/// As of the filters below, the first condition is a part of the second: it shows the two values.
#[xray::step(kind = "filter")]
fn rated(films: Vec<Film>, rating: Bounds<f64>) -> Vec<Film> {
    films
        .into_iter()
        .filter(|film| keep!(film.id; film.rating >= rating.at_least && rating.admit(film.rating)))
        .collect()
}

#[xray::step(kind = "filter")]
fn voted_for(films: Vec<Film>, votes: Bounds<u32>) -> Vec<Film> {
    films.into_iter().filter(|film| keep!(film.id; film.votes >= votes.at_least && votes.admit(film.votes))).collect()
}

#[xray::step(kind = "filter")]
fn released(films: Vec<Film>, year: Bounds<u16>) -> Vec<Film> {
    films.into_iter().filter(|film| keep!(film.id; film.year() >= year.at_least && year.admit(film.year()))).collect()
}

#[xray::step(kind = "filter")]
fn running_time(films: Vec<Film>, minutes: Bounds<Minutes>) -> Vec<Film> {
    films
        .into_iter()
        .filter(|film| keep!(film.id; film.minutes >= minutes.at_least && minutes.admit(film.minutes)))
        .collect()
}

#[xray::step(kind = "filter")]
fn budget(films: Vec<Film>, budget: Bounds<Dollars>) -> Vec<Film> {
    films
        .into_iter()
        .filter(|film| keep!(film.id; film.budget >= budget.at_least && budget.admit(film.budget)))
        .collect()
}

/// The first page of the ranking.
#[xray::step(kind = "select")]
fn select(ranked: &[Ranked], limit: usize) -> Result<Vec<Ranked>, NoPick> {
    ranked.chunks(limit).next().map(<[Ranked]>::to_vec).ok_or(NoPick::NothingLeft)
}

/// Whether the words occur in the text one after the other, as whole words and in any case.
fn mentions(text: &str, words: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
        words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (text, words) = (split(text), split(words));
    !words.is_empty() && text.windows(words.len()).any(|part| part == words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::Date;

    fn film(id: &str, genre: Option<&str>, rating: Option<f64>) -> Film {
        Film {
            id: id.to_owned(),
            title: id.to_owned(),
            released: Some(Date { year: 1999, month: 1, day: 31 }),
            genre: genre.map(str::to_owned),
            director: None,
            minutes: None,
            rating,
            votes: None,
            budget: None,
            gross: None,
            us_gross: None,
        }
    }

    fn ids(films: &[Film]) -> Vec<&str> {
        films.iter().map(|film| film.id.as_str()).collect()
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        assert!(mentions("Romantic Comedy", "comedy") && mentions("Thriller/Suspense", "thriller"));
        assert!(mentions("The Best Years of Our Lives", "best years"));
        assert!(!mentions("Gloves", "love") && !mentions("Love", "!"));
    }

    #[test]
    fn a_genre_nobody_has_is_an_error_that_lists_those_there_are() {
        let catalog = [film("a", Some("Drama"), None), film("b", Some("Black Comedy"), None), film("c", None, None)];
        let find = |wish: &str| search(&catalog, &wish.parse().expect("a wish"));
        assert_eq!(ids(&find("genre=comedy").expect("found")), ["b"]);
        assert_eq!(ids(&find("").expect("found")), ["a", "b", "c"]);
        let error = find("genre=Comdey").expect_err("no such genre");
        assert_eq!(error.to_string(), "no film has the genre \"Comdey\"; there are Black Comedy, Drama");
    }

    #[test]
    fn a_film_without_a_rating_is_kept_where_none_is_asked() {
        let films = || vec![film("a", None, Some(7.5)), film("b", None, None), film("c", None, Some(3.0))];
        let bounds = |wish: &str| wish.parse::<Wish>().expect("a wish").rating;
        assert_eq!(ids(&rated(films(), bounds(""))), ["a", "b", "c"]);
        assert_eq!(ids(&rated(films(), bounds("rating>=7"))), ["a"]);
        assert_eq!(ids(&rated(films(), bounds("rating<=7"))), ["c"]);
    }
}
