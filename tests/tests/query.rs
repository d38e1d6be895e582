//! The query language over what a program recorded.

use std::collections::BTreeMap;

use serde::Serialize;
use xray::query::{Entity, Query, Search, Selected};
use xray_tests::Recording;

#[derive(Debug, Clone, Serialize)]
struct Film {
    title: &'static str,
    rating: f64,
    votes: Option<u32>,
    genre: Genre,
}

#[derive(Debug, Clone, Serialize)]
enum Genre {
    Drama,
    Other { name: String, tags: (u8, bool) },
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Limits {
    rating: f64,
}

fn films() -> Vec<Film> {
    let other = |name: &str| Genre::Other { name: name.to_owned(), tags: (7, true) };
    vec![
        Film { title: "Alien", rating: 8.5, votes: Some(900), genre: other("horror") },
        Film { title: "Cats", rating: 2.8, votes: None, genre: Genre::Drama },
        Film { title: "Jaws", rating: 6.9, votes: Some(70), genre: other("shark") },
    ]
}

#[xray::step(kind = "filter")]
fn suitable(films: Vec<Film>, limits: Limits) -> Vec<Film> {
    films.into_iter().filter(|film| xray::keep!(film.title; film.rating >= limits.rating)).collect()
}

#[xray::step(kind = "llm")]
fn ask(prompt: &str) -> Result<String, String> {
    xray::llm(xray::Llm::new("chat", "openai", "gpt-4").tokens(812, 3));
    xray::reasoning("percentage_eliminated", &92.5);
    xray::meta("cache", &BTreeMap::from([("hits", 3), ("misses", 0)]));
    xray::reason("the cache was empty");
    if prompt.is_empty() { Err("an empty prompt".to_owned()) } else { Ok(prompt.to_uppercase()) }
}

#[xray::run]
fn pick(rating: f64, prompt: &str) -> Result<usize, String> {
    xray::tag("tenant", if rating > 5.0 { "acme" } else { "other" });
    xray::note("a note");
    let films = suitable(films(), Limits { rating });
    ask(prompt)?;
    Ok(films.len())
}

/// Two runs: the first keeps one film of three, the second all and fails.
fn recording() -> Recording {
    let recording = Recording::start();
    pick(7.0, "hello").expect("it has a prompt");
    pick(0.0, "").expect_err("it has none");
    recording.guard().flush().expect("the store can be written");
    recording
}

/// What is found, one word each, the oldest run first.
fn found(recording: &Recording, entity: Entity, text: &str) -> String {
    let query = Query::parse(text, entity).unwrap_or_else(|error| panic!("{error}\n{}", error.pointed(text)));
    let found = query.search(&*recording.guard().store(), &Search::default()).expect("the store can be read");
    assert!(found.next.is_none() && !found.stopped, "{text}");
    let mut words: Vec<_> = found
        .rows
        .iter()
        .map(|row| match row {
            Selected::Run(run) => run.status.as_str().to_owned(),
            Selected::Step(_, step) => step.callsite.name.to_string(),
            Selected::Decision(_, _, decision) => decision.item.to_string(),
        })
        .collect();
    words.sort();
    words.join(" ")
}

#[test]
fn runs() {
    let recording = recording();
    let run = |text| found(&recording, Entity::Run, text);
    assert_eq!(run("pipeline == 'pick'"), "completed failed");
    assert_eq!(run("status == 'failed' && failures == 2 && error.contains('prompt')"), "failed");
    assert_eq!(
        run("duration < duration('1h') && started > timestamp('2020-01-01T00:00:00Z') && ended <= now()"),
        "completed failed"
    );
    assert_eq!(run("tags.tenant == 'acme'"), "completed");
    assert_eq!(run("'tenant' in tags && tags['tenant'].startsWith('oth')"), "failed");
    assert_eq!(run("input.rating == 7 && input.prompt == 'hello'"), "completed");
    assert_eq!(run("output == 1"), "completed", "a run that failed has no output");
    assert_eq!(run("notes[0] == 'a note' && size(notes) == 1 && !has(notes[1])"), "completed failed");
    assert_eq!(run("step_count == 3 && size(steps) == step_count"), "completed failed");
    assert_eq!(run("steps.exists(s, s.name == 'ask' && s.failed)"), "failed");
    assert_eq!(run("steps.exists_one(s, s.kind == 'filter' && s.rejection_rate > 0.5)"), "completed");
    assert_eq!(run("steps.all(s, !s.failed)"), "completed");
    assert_eq!(
        run("steps.exists(s, s.decisions.exists(d, d.item == 'Cats' && d.outcome == 'eliminated'))"),
        "completed"
    );
}

#[test]
fn what_is_missing_matches_nothing() {
    let recording = recording();
    let run = |text| found(&recording, Entity::Run, text);
    assert_eq!(run("error == 'x' || error != 'x'"), "failed");
    assert_eq!(run("!(error == 'x')"), "failed");
    assert_eq!(run("has(error)"), "failed");
    assert_eq!(run("!has(error)"), "completed");
    assert_eq!(run("!has(error) || error.size() > 3"), "completed failed");
    assert_eq!(run("tags.nothing == 1 && true"), "");
    assert_eq!(run("tags.nothing != 1 || pipeline == 'pick'"), "completed failed");
    assert_eq!(run("input.rating > 'a' || !(input.rating > 'a')"), "", "a number has no order among texts");
    assert_eq!(run("(1 / 0) == 1 || (1 / 0) != 1"), "", "nor has what cannot be calculated");
    // A quantifier has an answer: most steps have nothing of what it asks for.
    assert_eq!(run("!steps.exists(s, s.meta.nothing == 1)"), "completed failed");
    assert_eq!(run("steps.all(s, s.meta.nothing != 1)"), "");
}

#[test]
fn steps() {
    let recording = recording();
    let step = |text| found(&recording, Entity::Step, text);
    assert_eq!(step("kind == 'filter' && rejection_rate > 0.5"), "suitable");
    assert_eq!(step("kind == 'filter' && items_out == items_in"), "suitable");
    assert_eq!(step("llm.model == 'gpt-4' && llm.input_tokens > 800"), "ask ask");
    assert_eq!(step("llm['gen_ai.request.model'] == 'gpt-4' && reasoning.percentage_eliminated > 90"), "ask ask");
    assert_eq!(step("meta.cache.hits == 3 && meta.cache.misses == 0 && 'hits' in meta.cache"), "ask ask");
    assert_eq!(step("reasons.exists(r, r.endsWith('empty'))"), "ask ask");
    assert_eq!(step("outcome == 'err' && error.matches('^an (empty|full)') && !has(output)"), "ask pick");
    assert_eq!(step("output == 'HELLO' && run.tags.tenant == 'acme'"), "ask");
    assert_eq!(step("parent.name == 'pick' && run.status == 'failed' && !parent.important"), "ask suitable");
    assert_eq!(step("!has(parent) && children.exists(c, c.name == 'ask') && size(children) == 2"), "pick pick");
    assert_eq!(step("input.films[0].title == 'Alien' && input.limits.rating < 5.0"), "suitable");
    assert_eq!(
        step("input.films[2].genre.Other.name == 'shark' && input.films[2].genre.Other.tags[1]"),
        "suitable suitable"
    );
    assert_eq!(
        step("input.films[1].genre == 'Drama' && input.films[1].votes == null && !has(input.films[3])"),
        "suitable suitable"
    );
    assert_eq!(step("input.films.exists(f, f.votes < 100) && size(output) == 1"), "suitable");
    assert_eq!(step("input.films.all(f, f.rating > 2)"), "suitable suitable");
    assert_eq!(
        step("module.endsWith('query') && line > 1 && file.contains('query.rs') && name.upperAscii() == 'ASK'"),
        "ask ask"
    );
}

#[test]
fn decisions() {
    let recording = recording();
    let decision = |text| found(&recording, Entity::Decision, text);
    assert_eq!(decision("outcome == 'eliminated' && reason.contains('rating')"), "Cats Jaws");
    assert_eq!(decision("outcome == 'kept' && basis == 'observed' && input.limits.rating > 5.0"), "Alien");
    assert_eq!(
        decision("checks.exists(c, !c.holds) && step.kind == 'filter' && run.status == 'completed'"),
        "Cats Jaws"
    );
    assert_eq!(decision("item in ['Cats', 'Dogs'] && before == 1 && !has(after)"), "Cats");
    assert_eq!(decision("step.output[0].title == item"), "Alien Alien");
}

/// However small the pages, each row is found once and in the same order.
#[test]
fn pages() {
    let recording = recording();
    let store = recording.guard().store();
    let search = |entity, text: &str, limit| {
        let query = Query::parse(text, entity).expect("a query");
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let found = query.search(&*store, &Search { limit, after, ..Search::default() }).expect("rows");
            assert!(found.rows.len() <= limit);
            rows.extend(found.rows.iter().map(|row| format!("{row:?}")));
            after = found.next;
            if after.is_none() {
                return rows;
            }
        }
    };
    for (entity, text, rows) in [
        (Entity::Run, "failures >= 0", 2),
        (Entity::Step, "line > 0", 6),
        (Entity::Step, "kind == 'llm'", 2),
        (Entity::Decision, "has(item)", 6),
        (Entity::Decision, "item == 'Jaws'", 2),
    ] {
        let whole = search(entity, text, 100);
        assert_eq!(whole.len(), rows, "{text}");
        for limit in [1, 2, 3] {
            assert_eq!(search(entity, text, limit), whole, "{text} by {limit}");
        }
    }
}

/// A search that costs more than it may stops, says so, and can go on from there.
#[test]
fn a_budget() {
    let recording = recording();
    let store = recording.guard().store();
    let query = Query::parse("item == 'Jaws' && has(step)", Entity::Decision).expect("a query");
    let (mut rows, mut stops, mut after) = (0, 0, None);
    loop {
        let found = query.search(&*store, &Search { budget: 12, after, ..Search::default() }).expect("a page");
        assert!(found.read <= 12, "{found:?}");
        rows += found.rows.len();
        stops += u32::from(found.stopped);
        if found.next.is_none() {
            break;
        }
        assert!(found.next != after, "it comes no further: {found:?}");
        after = found.next;
    }
    assert!(rows == 2 && stops > 0, "{rows} rows after {stops} stops");
    let found = query.search(&*store, &Search { budget: 0, ..Search::default() }).expect("a page");
    assert!(found.stopped && found.rows.is_empty(), "{found:?}");
}
