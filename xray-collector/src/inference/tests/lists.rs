//! Where lists are found, and which of them is taken.

use super::sample::{Value, assert_said, call, fraction, list, movie, movies, text, whole, words};

const FIRST_KEPT: [&str; 3] = ["a by id", "kept 1 0>0", "eliminated 2 1>-"];

#[test]
fn a_list_may_be_within_a_struct_a_tuple_or_a_variant() {
    let result = Value::Struct("SearchResult", vec![("total", whole(2)), ("items", movies(&[1]))]);
    assert_said(call([movies(&[1, 2])], result), &FIRST_KEPT);
    assert_said(call([movies(&[1, 2])], list([movies(&[1]), whole(3)])), &FIRST_KEPT);
    assert_said(call([movies(&[1, 2])], Value::Tuple("Page", vec![whole(0), movies(&[1])])), &FIRST_KEPT);
    let variant = Value::Holding("Found", "Some", Box::new(movies(&[1])));
    assert_said(call([movies(&[1, 2])], variant), &FIRST_KEPT);
    let catalog = Value::Struct("Catalog", vec![("movies", movies(&[1, 2])), ("tags", words("x y"))]);
    assert_said(call([catalog], movies(&[1])), &FIRST_KEPT);
    let object = Value::Map(vec![(text("items"), movies(&[1])), (text("total"), whole(2))]);
    assert_said(call([movies(&[1, 2])], object), &FIRST_KEPT);
}

#[test]
fn the_argument_of_the_same_type_is_the_list() {
    assert_said(call([words("x y"), movies(&[1, 2])], movies(&[1])), &["b by id", "kept 1 0>0", "eliminated 2 1>-"]);
}

#[test]
fn of_equal_arguments_the_one_with_more_in_common_is_the_list() {
    assert_said(call([words("p q"), words("x y")], words("x")), &["b by item", "kept x 0>0", "eliminated y 1>-"]);
    assert_said(
        call([words("x"), words("x y")], words("x y")),
        &["b by item", "kept x 0>0", "kept y 1>1", "? ambiguous_argument"],
    );
}

#[test]
fn a_declared_argument_is_the_list() {
    let merged = call([words("x"), words("x y")], words("x y"));
    assert_said(merged.clone().items("a"), &["a by item", "kept x 0>0", "introduced y ->1"]);
    assert_said(
        merged.items("list"),
        &["b by item", "kept x 0>0", "kept y 1>1", "? ambiguous_argument", "? no_such_argument"],
    );
}

#[test]
fn none_among_items_is_no_item() {
    assert_said(
        call([words("x y z")], list([text("x"), Value::Unit, text("z")])),
        &["a by item", "kept x 0>0", "eliminated y 1>-", "kept z 2>2"],
    );
}

#[test]
fn an_entry_of_a_map_is_an_item() {
    let stock =
        |entries: &[(&str, i64)]| Value::Map(entries.iter().map(|(key, value)| (text(key), whole(*value))).collect());
    assert_said(
        call([stock(&[("x", 1), ("y", 2), ("z", 3)])], stock(&[("z", 4), ("x", 1)])),
        &["a by map_key", "kept x 0>1", "eliminated y 1>-", "kept z 2>0 changed"],
    );
    let shelf = Value::Map(vec![(whole(1), movie(1, 2000))]);
    assert_said(call([movies(&[1, 2])], shelf.clone()), &FIRST_KEPT);
    assert_said(call([shelf], movies(&[1])), &["a by id", "kept 1 0>0"]);
}

#[test]
fn the_keys_alone_may_come_out_or_go_in() {
    let film = |id: &str| Value::Struct("Film", vec![("id", text(id)), ("year", whole(2000))]);
    assert_said(
        call([list([film("x"), film("y")])], words("y")),
        &["a by id", "eliminated x 0>-", "kept y 1>0", "? keys_alone"],
    );
    let scores = Value::Map(vec![(text("y"), fraction(0.5))]);
    assert_said(
        call([list([film("x"), film("y")])], scores),
        &["a by id", "eliminated x 0>-", "kept y 1>0 score 0.5", "? keys_alone"],
    );
}

#[test]
fn items_may_come_out_as_another_type() {
    let ranked = |id| Value::Struct("Ranked", vec![("id", whole(id)), ("score", fraction(0.5))]);
    assert_said(
        call([movies(&[1, 2])], list([ranked(2), ranked(1)])),
        &["a by id", "scored 1 0>1 score 0.5", "scored 2 1>0 score 0.5", "? type_changed"],
    );
}

#[test]
fn json_objects_are_items() {
    let object = |id: &str| Value::Map(vec![(text("id"), text(id)), (text("year"), whole(1))]);
    let said = call([list([object("x"), object("y")])], list([object("y")])).said();
    assert!(said.starts_with("a by id\neliminated x 0>-\nkept y 1>0"), "{said}");
}
