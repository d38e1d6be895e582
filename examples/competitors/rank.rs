//! How much of a competitor each film is.

use serde::Serialize;

use crate::film::Film;
use crate::keywords::Keywords;

/// A film that competes with another one, and how much: from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rival {
    pub(crate) film: Film,
    pub(crate) score: f64,
}

/// Best first; films of the same score by their id, so that the same films always come in the same order.
#[xray::step(kind = "rank", items = "films")] // the words of the keywords are a list, too
pub(crate) fn rank(films: Vec<Film>, reference: &Film, keywords: &Keywords) -> Vec<Rival> {
    let rated = |film: Film| {
        let title = keywords.shared_with(&film.title) as f64 / keywords.words.len() as f64;
        let budget = closeness(dollars(&film), dollars(reference));
        let rating = film.rating.unwrap_or(0.0) / 10.0;
        let score = xray::score!(film.id; 0.5 * title + 0.3 * budget + 0.2 * rating);
        Rival { film, score: (score * 1e3).round() / 1e3 }
    };
    let mut ranked: Vec<Rival> = films.into_iter().map(rated).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.film.id.cmp(&b.film.id)));
    ranked
}

fn dollars(film: &Film) -> f64 {
    film.budget.map_or(0.0, |budget| budget.0 as f64)
}

/// The smaller as a share of the larger.
fn closeness(a: f64, b: f64) -> f64 {
    if a.max(b) > 0.0 { a.min(b) / a.max(b) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_close_whichever_is_larger() {
        assert_eq!((closeness(50.0, 100.0), closeness(100.0, 50.0), closeness(0.0, 0.0)), (0.5, 0.5, 0.0));
    }
}
