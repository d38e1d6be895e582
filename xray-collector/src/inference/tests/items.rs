//! Keys, mates, verdicts and scores.

use super::sample::{Value, assert_said, call, fraction, list, movie, movies, text, whole, wholes, words};

#[test]
fn a_filter_keeps_and_eliminates() {
    assert_said(
        call([movies(&[1, 2, 3])], movies(&[1, 3])),
        &["a by id", "kept 1 0>0", "eliminated 2 1>-", "kept 3 2>1"],
    );
}

#[test]
fn all_may_be_eliminated() {
    let filtered = call([movies(&[1, 2])], list([]));
    assert_said(filtered.clone().kind("filter"), &["a by id", "eliminated 1 0>-", "eliminated 2 1>-"]);
    assert_said(filtered, &["a by id", "eliminated 1 0>-", "eliminated 2 1>-", "? empty_output"]);
}

#[test]
fn what_was_not_there_before_is_introduced() {
    assert_said(call([movies(&[1])], movies(&[1, 7])).kind("llm"), &["a by id", "kept 1 0>0", "introduced 7 ->1"]);
    assert_said(call([movies(&[1])], movies(&[7])).kind("llm"), &["a by id", "eliminated 1 0>-", "introduced 7 ->0"]);
}

#[test]
fn a_kept_item_may_have_changed() {
    assert_said(
        call([list([movie(1, 1999), movie(2, 2000)])], list([movie(1, 1999), movie(2, 2001)])),
        &["a by id", "kept 1 0>0", "kept 2 1>1 changed"],
    );
}

#[test]
fn maps_are_equal_in_any_order() {
    let item = |keys: [&str; 2]| {
        let tags = Value::Map(keys.iter().map(|key| (text(key), Value::Unit)).collect());
        list([Value::Struct("Item", vec![("id", whole(1)), ("tags", tags)])])
    };
    assert_said(call([item(["x", "y"])], item(["y", "x"])), &["a by id", "kept 1 0>0"]);
}

#[test]
fn the_same_items_in_another_order_are_scored() {
    assert_said(call([words("x y")], words("y x")), &["a by item", "scored x 0>1", "scored y 1>0"]);
    assert_said(
        call([words("x y z")], words("z y")).kind("rank"),
        &["a by item", "eliminated x 0>-", "scored y 1>1", "scored z 2>0"],
    );
}

#[test]
fn a_score_stands_beside_the_item() {
    let pair = |id, score| list([movie(id, 2000), fraction(score)]);
    assert_said(
        call([movies(&[1, 2])], list([pair(2, 0.9), pair(1, f64::NAN)])),
        &["a by id", "scored 1 0>1", "scored 2 1>0 score 0.9"],
    );
    let pair = |score, word| list([fraction(score), text(word)]);
    assert_said(
        call([words("x y")], list([pair(0.5, "x"), pair(0.25, "y")])).kind("score"),
        &["a by item", "scored x 0>0 score 0.5", "scored y 1>1 score 0.25"],
    );
    let scored = Value::Map(vec![(text("x"), fraction(0.5)), (text("y"), fraction(0.25))]);
    assert_said(call([words("x y")], scored), &["a by item", "kept x 0>0 score 0.5", "kept y 1>1 score 0.25"]);
}

#[test]
fn a_score_stands_around_the_item_or_in_it() {
    let around = |id| Value::Struct("Scored", vec![("movie", movie(id, 2000)), ("points", whole(id * 10))]);
    assert_said(
        call([movies(&[1, 2])], list([around(2), around(1)])),
        &["a by id", "scored 1 0>1 score 10", "scored 2 1>0 score 20"],
    );
    let within = |id, score| Value::Struct("Movie", vec![("id", whole(id)), ("score", fraction(score))]);
    assert_said(
        call([list([within(1, 0.0), within(2, 0.5)])], list([within(1, 0.7)])).kind("rank"),
        &["a by id", "scored 1 0>0 score 0.7 changed", "eliminated 2 1>- score 0.5"],
    );
}

#[test]
fn a_score_comes_off_again() {
    let pair = |id, score| list([movie(id, 2000), fraction(score)]);
    assert_said(
        call([list([pair(1, 0.9), pair(2, 0.1)])], movies(&[1])),
        &["a by id", "kept 1 0>0 score 0.9", "eliminated 2 1>- score 0.1"],
    );
    assert_said(
        call([list([pair(1, 0.9), pair(2, 0.1)])], list([pair(1, 0.8)])),
        &["a by id", "kept 1 0>0 score 0.8", "eliminated 2 1>- score 0.1"],
    );
}

#[test]
fn one_item_is_selected() {
    let chosen = call([movies(&[1, 2])], movie(2, 2000));
    assert_said(chosen, &["a by id", "eliminated 1 0>-", "kept 2 1>0"]);
    let picked = Value::Struct("Pick", vec![("movie", movie(2, 2000)), ("why", text("long"))]);
    assert_said(call([movies(&[1, 2])], picked), &["a by id", "eliminated 1 0>-", "kept 2 1>0"]);
    let chosen = call([words("x y")], text("y")).kind("select");
    assert_said(chosen, &["a by item", "eliminated x 0>-", "kept y 1>0"]);
    let none = call([words("x y")], Value::Unit).kind("select");
    assert_said(none, &["a by item", "eliminated x 0>-", "eliminated y 1>-"]);
}

#[test]
fn keys_are_found_in_this_order() {
    let item = |fields: &[(&'static str, i64)]| {
        let fields = fields.iter().map(|(name, value)| (*name, whole(*value))).collect();
        list([Value::Struct("Film", fields)])
    };
    for (fields, key) in [
        (&[("film_id", 1), ("key", 2), ("id", 3)][..], "id"),
        (&[("film_id", 1), ("key", 2)], "key"),
        (&[("author_id", 1), ("film_id", 2)], "film_id"),
        (&[("year", 1), ("author_id", 2)], "author_id"),
        (&[("author_id", 1), ("maker_id", 2)], "value"),
    ] {
        let said = call([item(fields)], item(fields)).said();
        assert_eq!(said.lines().next(), Some(&*format!("a by {key}")), "{fields:?}");
    }
}

#[test]
fn a_guessed_key_must_name_one_item_each() {
    let book = |author, title: &str| Value::Struct("Book", vec![("author_id", whole(author)), ("title", text(title))]);
    assert_said(
        call([list([book(1, "x"), book(1, "y")])], list([book(1, "y")])),
        &["a by title", "eliminated x 0>-", "kept y 1>0"],
    );
}

#[test]
fn a_declared_key_wins_unless_there_is_none_such() {
    let filtered = call([list([movie(1, 1999), movie(2, 2000)])], list([movie(2, 2000)]));
    assert_said(filtered.clone().key("year"), &["a by year", "eliminated 1999 0>-", "kept 2000 1>0"]);
    assert_said(filtered.key("name"), &["a by id", "eliminated 1 0>-", "kept 2 1>0", "? no_such_key"]);
    let deep = |id| list([Value::Struct("Hit", vec![("at", whole(3)), ("of", movie(id, 1999))])]);
    assert_said(call([deep(1)], deep(1)).key("of.year"), &["a by of.year", "kept 1999 0>0"]);
}

#[test]
fn of_equal_keys_the_first_are_kept() {
    assert_said(
        call([words("x x y")], words("x y")),
        &["a by item", "kept x 0>0 ambiguous", "eliminated x 1>- ambiguous", "kept y 2>1", "? key_not_unique"],
    );
    assert_said(
        call([words("x y")], words("x x y")),
        &["a by item", "kept x 0>0 ambiguous", "kept y 1>2", "introduced x ->1 ambiguous", "? key_not_unique"],
    );
}

#[test]
fn without_a_key_the_value_is_the_key() {
    let point = |x, y| Value::Struct("Point", vec![("x", whole(x)), ("y", whole(y))]);
    assert_said(
        call([list([point(1, 2), point(3, 4)])], list([point(3, 4)])),
        &["a by value", r#"eliminated {"x":1,"y":2} 0>-"#, r#"kept {"x":3,"y":4} 1>0"#],
    );
    let genres = |names: &[&'static str]| list(names.iter().map(|name| Value::Variant("Genre", name)));
    assert_said(
        call([genres(&["Drama", "Crime"])], genres(&["Crime"])),
        &["a by value", "eliminated Drama 0>-", "kept Crime 1>0"],
    );
}

#[test]
fn long_keys_are_clipped_and_stay_different() {
    let long = |end: &str| format!("{}{end}", "ä".repeat(200));
    let (first, second) = (long("1"), long("2"));
    let keys: Vec<String> = call([list([text(&first), text(&second)])], list([text(&first)])).infer(|inference| {
        inference.expect("a filter").decisions().map(|decision| decision.item.to_string()).collect()
    });
    assert!(keys.iter().all(|key| key.len() <= super::super::KEY_TEXT_BYTES && key.starts_with("ää")), "{keys:?}");
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_key_hash_is_that_of_its_text() {
    let hashes: Vec<u64> = call([wholes(&[-5, 70])], wholes(&[70]))
        .infer(|inference| inference.expect("a filter").findings().map(|finding| finding.key_hash()).collect());
    assert_eq!(hashes, [super::super::key_hash("-5"), super::super::key_hash("70")].map(|hash| hash & !1));
}

#[test]
fn the_hash_of_an_item_is_that_of_its_whole_key_however_it_is_shown() {
    for long in ["ä".repeat(200), "film".repeat(65), "short".to_owned(), "with … in it".to_owned()] {
        let shown = super::super::clip_key(long.clone());
        assert_eq!(super::super::item_hash(&shown), super::super::key_hash(&long), "{shown}");
    }
    let lists = call([list([list([text("one"), text("two")])])], list([list([text("one"), text("two")])]));
    lists.infer(|inference| {
        let inference = inference.expect("a filter");
        let finding = inference.findings().next().expect("an item");
        assert_eq!(finding.key_hash() >> 1, super::super::item_hash(&finding.key()) >> 1, "{}", finding.key());
    });
}
