//! What is not claimed.

use super::sample::{Bytes, Value, assert_said, call, fraction, list, movie, movies, text, whole, wholes, words};
use crate::inference::{Encoded, Question, infer};

#[test]
fn a_step_without_lists_is_not_asked() {
    assert_said(call([whole(1)], whole(1)), &["nothing"]);
    assert_said(call([words("x y")], whole(2)), &["nothing"]);
    assert_said(call([wholes(&[1, 2])], whole(2)), &["nothing"]);
    assert_said(call([words("x y")], Value::Unit), &["nothing"]);
    assert_said(call([Value::Debug("[1, 2]")], Value::Debug("[1]")), &["nothing"]);
    assert_said(call([movies(&[1])], movie(2, 2000)), &["nothing"]);
}

#[test]
fn a_step_that_makes_new_values_is_only_counted() {
    let counted = ["a: 2 in, 2 out", "? unrelated"];
    assert_said(call([words("x y")], list([fraction(0.5), fraction(0.25)])), &counted);
    assert_said(call([words("x y")], words("X Y")), &counted);
    assert_said(call([wholes(&[1, 2])], wholes(&[2, 4])), &counted);
    assert_said(call([words("x y")], movies(&[1, 2])).kind("generate"), &counted);
    let order = |id| Value::Struct("Order", vec![("id", whole(id)), ("total", whole(5))]);
    assert_said(
        call([movies(&[1, 2])], list([order(2), order(3)])).kind("llm"),
        &["a by id", "eliminated 1 0>-", "kept 2 1>0", "introduced 3 ->1", "? type_changed"],
    );
    assert_said(call([movies(&[1, 2])], list([order(8), order(9)])), &counted);
    let point = |x| Value::Struct("Point", vec![("x", whole(x))]);
    assert_said(call([list([point(1), point(2)])], list([point(3), point(4)])), &counted);
}

#[test]
fn out_of_an_empty_list_comes_what_its_kind_says() {
    let made = call([list([])], words("x"));
    assert_said(made.clone(), &["a: 0 in, 1 out", "? unrelated"]);
    assert_said(made.kind("llm"), &["a by item", "introduced x ->0"]);
    assert_said(call([list([])], list([])), &["a: 0 in, 0 out"]);
}

#[test]
fn what_was_replaced_in_its_place_may_be_the_same_item() {
    assert_said(
        call([words("x Y")], words("x y")),
        &["a by item", "kept x 0>0", "eliminated Y 1>-", "introduced y ->1", "? replaced"],
    );
}

#[test]
fn nothing_is_missing_in_a_list_that_was_cut() {
    let cut = |ids: &[i64]| Value::Cut(ids.iter().map(|id| movie(*id, 2000)).collect(), 9);
    let out = call([movies(&[1, 2])], cut(&[1, 3]));
    assert_said(out.clone(), &["a by id", "kept 1 0>0", "introduced 3 ->1", "? cut"]);
    out.infer(|inference| assert_eq!(inference.expect("a filter").counts.output, 9));
    assert_said(call([cut(&[1, 2])], movies(&[1, 3])), &["a by id", "kept 1 0>0", "eliminated 2 1>-", "? cut"]);
    assert_said(call([words("x y")], list([text("x"), Value::Omitted])), &["a by item", "kept x 0>0", "? cut"]);
}

#[test]
fn two_lists_in_the_result_are_not_told_apart() {
    let split = |kept, rejected| Value::Struct("Split", vec![("kept", movies(kept)), ("rejected", movies(rejected))]);
    assert_said(call([movies(&[1, 2])], split(&[1], &[2])), &["nothing"]);
    assert_said(call([movies(&[1])], split(&[1], &[])), &["a by id", "kept 1 0>0", "? several_lists"]);
}

#[test]
fn malformed_bytes_say_nothing() {
    let (good, bad) = (Bytes::of(&[movies(&[1])]), [0x40, 1, 0, 0, 0, 0x13, 1]);
    let names = &good.names[..];
    let bad = Encoded { bytes: &bad, names };
    let arguments = ["a".into()];
    let question =
        |entered, returned| Question { kind: "", items: None, key: None, arguments: &arguments, entered, returned };
    assert!(infer(&question(bad, good.encoded())).is_none());
    assert!(infer(&question(good.encoded(), bad)).is_none());
    assert!(infer(&question(good.encoded(), good.encoded())).is_some());
    let nameless = Encoded { names: &[], ..good.encoded() };
    assert!(infer(&question(good.encoded(), nameless)).is_none());
}
