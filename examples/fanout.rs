//! One run on many threads: tokio tasks, blocking tasks, plain threads and scoped threads, all under the same root.
//!
//! Which words do film titles like, decade by decade? A task counts each decade, threads compare the decades with the
//! whole. A step that is called on another thread knows its parent because the context was carried there:
//! `.in_current_step()` for futures, `in_current_step(…)` for closures. What prints at the end is read back from the
//! store.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::thread;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use xray::id::StepId;
use xray::model::Step;
use xray::store::{MAX_PAGE, RunQuery, Store};
use xray::{FutureExt as _, in_current_step};

#[derive(Debug, Clone, Deserialize, Serialize)]
struct Film {
    #[serde(rename = "Title")]
    title: serde_json::Value,
    #[serde(rename = "Release Date")]
    released: Option<String>,
}

/// The words of a decade's titles and how often each occurs.
#[derive(Debug, Clone, Serialize)]
struct Decade {
    decade: u16,
    titles: usize,
    words: BTreeMap<String, usize>,
}

/// The word that a decade likes best, compared with how the others like it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Favourite {
    decade: u16,
    word: String,
    count: usize,
}

#[xray::run(skip(films))]
async fn favourite_words(films: &[Film]) -> anyhow::Result<Vec<Favourite>> {
    let mut tasks = Vec::new();
    for (decade, titles) in by_decade(films) {
        // A tokio task: the future takes the current step along, to whichever thread polls it.
        tasks.push(tokio::spawn(count_decade(decade, titles).in_current_step()));
    }
    let mut decades = Vec::new();
    for task in tasks {
        decades.push(task.await??);
    }
    // The rest blocks this thread; tokio is told so. It is still this thread, so there is nothing to carry.
    tokio::task::block_in_place(|| compare(decades))
}

#[xray::step(kind = "group", skip(films), ret = false)]
fn by_decade(films: &[Film]) -> BTreeMap<u16, Vec<String>> {
    let mut decades: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for film in films {
        let year = film.released.as_deref().and_then(|date| date.rsplit(' ').next()?.parse::<u16>().ok());
        if let (Some(title), Some(year)) = (film.title.as_str(), year) {
            // The file writes years as two digits would be read: 2046 is 1946.
            let year = if year > 2011 { year - 100 } else { year };
            decades.entry(year / 10 * 10).or_default().push(title.to_owned());
        }
    }
    decades
}

#[xray::step(kind = "count")]
async fn count_decade(decade: u16, titles: Vec<String>) -> anyhow::Result<Decade> {
    let number = titles.len();
    // Counting is work for the processor: it goes to a thread for blocking work, and the current step with it.
    let words = tokio::task::spawn_blocking(in_current_step(move || count_words(&titles))).await?;
    Ok(Decade { decade, titles: number, words })
}

#[xray::step(kind = "count")]
fn count_words(titles: &[String]) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for title in titles {
        let letters = |letter: char| !letter.is_alphabetic() && letter != '\'';
        for word in title.split(letters).filter(|word| word.chars().count() > 3) {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    words
}

#[xray::step(kind = "rank")]
fn compare(decades: Vec<Decade>) -> anyhow::Result<Vec<Favourite>> {
    // A plain thread, which owns what it is given.
    let all = decades.clone();
    let adding_up = thread::spawn(in_current_step(move || add_up(&all)));
    let whole = adding_up.join().map_err(|_| anyhow::anyhow!("adding up panicked"))?;
    // Scoped threads, which may borrow.
    let favourites = thread::scope(|scope| {
        let whole = &whole;
        let start = |decade| scope.spawn(in_current_step(move || favourite(decade, whole)));
        let threads: Vec<_> = decades.iter().map(start).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
    });
    let favourites = favourites.map_err(|_| anyhow::anyhow!("comparing panicked"))?;
    Ok(favourites.into_iter().flatten().collect())
}

#[xray::step(kind = "count")]
fn add_up(decades: &[Decade]) -> Decade {
    let mut whole = Decade { decade: 0, titles: 0, words: BTreeMap::new() };
    for decade in decades {
        whole.titles += decade.titles;
        for (word, count) in &decade.words {
            *whole.words.entry(word.clone()).or_default() += count;
        }
    }
    whole
}

/// A word that occurs once says nothing, except where every word does.
#[xray::step(kind = "select")]
fn favourite(decade: &Decade, whole: &Decade) -> Option<Favourite> {
    let often = decade.words.values().any(|count| *count > 1);
    let liked = |word: &str, count: usize| {
        let usual = whole.words.get(word).map_or(0.0, |all| *all as f64 / whole.titles as f64);
        count as f64 / decade.titles as f64 - usual
    };
    let words = decade.words.iter().filter(|(_, count)| !often || **count > 1);
    let (word, count) = words.max_by(|(a, count), (b, other)| liked(a, **count).total_cmp(&liked(b, **other)))?;
    Some(Favourite { decade: decade.decade, word: word.clone(), count: *count })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/movies.json");
    let text = std::fs::read(&path).with_context(|| format!("cannot read the films, {path:?}"))?;
    let films: Vec<Film> = serde_json::from_slice(&text).with_context(|| format!("cannot parse {path:?}"))?;

    let xray = xray::builder().store("fanout.redb").start()?;
    for favourite in favourite_words(&films).await? {
        println!("{}s  {} ×{}", favourite.decade, favourite.word, favourite.count);
    }
    xray.flush()?;
    print_what_was_recorded(&*xray.store())
}

/// The newest run as a tree, and how many runs this program has made: one, or some step lost its parent.
fn print_what_was_recorded(store: &dyn Store) -> anyhow::Result<()> {
    let runs = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() })?.rows;
    let newest = runs.first().context("there is no run")?;
    let own_runs = runs.iter().filter(|run| run.id.process() == newest.id.process()).count();
    let mut steps = store.steps(newest.id, None, MAX_PAGE)?;
    steps.sort_by_key(|step| (step.started_ns, step.id));
    let mut children: HashMap<Option<StepId>, Vec<&Step>> = HashMap::new();
    for step in &steps {
        children.entry(step.parent).or_default().push(step);
    }
    let mut threads: Vec<u32> = steps.iter().map(|step| step.thread).collect();
    threads.sort_unstable();
    threads.dedup();
    println!("\nRuns: {own_runs}. Steps: {}, on up to {} threads at a time.", steps.len(), threads.len());
    print!("{}", tree(&children, None, 0));
    Ok(())
}

fn tree(children: &HashMap<Option<StepId>, Vec<&Step>>, parent: Option<StepId>, depth: usize) -> String {
    let mut lines = String::new();
    for step in children.get(&parent).into_iter().flatten() {
        let name = format!("{:indent$}{}", "", step.callsite.name, indent = depth * 2);
        let micros = step.duration_ns.map_or_else(|| "open".to_owned(), |duration| format!("{} µs", duration / 1_000));
        lines += &format!("{name:<26} {:<9} thread {:<4} {micros:>10}\n", step.outcome.as_str(), step.thread);
        lines += &tree(children, Some(step.id), depth + 1);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_decade_s_favourite_is_what_the_others_do_not_say() {
        let film = |title: &str, released: &str| Film { title: title.into(), released: Some(released.to_owned()) };
        let films = [
            film("The Big Parade", "Jan 01 2025"),
            film("Love Parade", "Nov 19 1929"),
            film("Love Letters", "Dec 16 1970"),
            film("A Story of Love and Apes", "Jun 12 1971"),
            film("Love, Apes and Planets", "Jun 12 1975"),
        ];
        let favourites = favourite_words(&films).await.expect("counted");
        let shown: Vec<_> = favourites.iter().map(|found| (found.decade, &*found.word, found.count)).collect();
        assert_eq!(shown, [(1920, "parade", 2), (1970, "apes", 2)]);
    }
}
