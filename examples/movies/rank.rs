//! Which film is the best of those that are left: a score for each, worked out on several threads.

use std::num::NonZero;
use std::thread;

use serde::Serialize;

use crate::film::Film;

/// What an unrated film is worth, and so many votes pull a rating half the way there: a 9.2 from 18 people is luck.
const USUAL_RATING: f64 = 6.3;
const VOTES_TO_BELIEVE: f64 = 2_000.0;

/// A film that made this many times its budget gets one point more than one whose takings are unknown.
const TIMES_BUDGET_FOR_A_POINT: f64 = 20.0;

/// A thread is not worth starting for fewer films.
const FILMS_PER_THREAD: usize = 32;

/// A film and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ranked {
    #[serde(flatten)]
    pub(crate) film: Film,
    pub(crate) score: f64,
}

/// Best first; films of the same score by their id, so that the same films always come in the same order.
#[xray::step(kind = "rank")]
pub(crate) fn rank(films: Vec<Film>) -> Vec<Ranked> {
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let size = films.len().div_ceil(threads).max(FILMS_PER_THREAD);
    let context = xray::Context::current();
    let mut ranked: Vec<Ranked> = thread::scope(|scope| {
        let start = |films: Vec<Film>| {
            scope.spawn(move || {
                let _in_step = context.attach();
                score_all(films)
            })
        };
        let workers: Vec<_> = films.chunks(size).map(|chunk| start(chunk.to_vec())).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.film.id.cmp(&b.film.id)));
    ranked
}

#[xray::step(kind = "score")]
fn score_all(films: Vec<Film>) -> Vec<Ranked> {
    films.into_iter().map(|film| Ranked { score: xray::score!(film.id; score(&film)), film }).collect()
}

fn score(film: &Film) -> f64 {
    let votes = film.votes.map_or(0.0, f64::from);
    let rating = film.rating.unwrap_or(USUAL_RATING);
    let believed = (votes * rating + VOTES_TO_BELIEVE * USUAL_RATING) / (votes + VOTES_TO_BELIEVE);
    let success = match (film.gross, film.budget) {
        (Some(gross), Some(budget)) if budget.0 > 0 => (gross.0 as f64 / budget.0 as f64).min(TIMES_BUDGET_FOR_A_POINT),
        _ => 0.0,
    };
    ((believed + success / TIMES_BUDGET_FOR_A_POINT) * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::Dollars;

    fn film(id: &str, rating: f64, votes: u32, budget: u64, gross: Option<u64>) -> Film {
        Film {
            id: id.to_owned(),
            title: id.to_owned(),
            released: None,
            genre: None,
            director: None,
            minutes: None,
            rating: Some(rating),
            votes: Some(votes),
            budget: Some(Dollars(budget)),
            gross: gross.map(Dollars),
            us_gross: None,
        }
    }

    #[test]
    fn votes_and_takings_count_and_the_order_is_always_the_same() {
        let films = vec![
            film("few votes", 9.2, 18, 1_000, None),
            film("many votes", 8.0, 500_000, 1_000, None),
            film("b, a success", 8.0, 500_000, 1_000, Some(40_000)),
            film("a, a success", 8.0, 500_000, 1_000, Some(20_000)),
            film("a free one", 8.0, 500_000, 0, Some(1)),
        ];
        let order: Vec<_> = rank(films).into_iter().map(|ranked| (ranked.film.id, ranked.score)).collect();
        let expected = [
            ("a, a success", 8.993),
            ("b, a success", 8.993),
            ("a free one", 7.993),
            ("many votes", 7.993),
            ("few votes", 6.326),
        ];
        assert_eq!(order, expected.map(|(id, score)| (id.to_owned(), score)));
    }

    #[test]
    fn films_keep_their_scores_across_threads() {
        let films: Vec<_> = (0..500).map(|n| film(&format!("{n:03}"), 7.0, 100, 1, None)).collect();
        let ids: Vec<_> = rank(films.clone()).into_iter().map(|ranked| ranked.film.id).collect();
        assert_eq!(ids, films.into_iter().map(|film| film.id).collect::<Vec<_>>());
        assert_eq!(rank(Vec::new()), []);
    }
}
