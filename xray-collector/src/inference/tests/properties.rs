//! What holds for any lists and any bytes.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::sample::{Bytes, Value, call, list, text, whole};
use crate::decision::Verdict;
use crate::inference::{Doubt, Encoded, Inference, Plans, Question, infer, infer_again};

/// `(id, year)` of movies.
type Items = Vec<(i64, i64)>;

/// Ids from few, so that many are equal.
fn items() -> impl Strategy<Value = Items> {
    prop::collection::vec((0..12_i64, 0..3_i64), 1..20)
}

/// A part of what went in, in any order, some of it changed, and some more.
fn step() -> impl Strategy<Value = (Items, Items)> {
    items().prop_flat_map(|input| {
        let some = prop::sample::subsequence(input.clone(), 0..=input.len()).prop_shuffle();
        (Just(input), some, prop::collection::vec((0..20_i64, 0..3_i64), 0..4), any::<bool>()).prop_map(
            |(input, mut output, more, changes)| {
                output.extend(more);
                output.iter_mut().filter(|(id, _)| changes && id % 3 == 0).for_each(|item| item.1 += 1);
                (input, output)
            },
        )
    })
}

fn movies(items: &[(i64, i64)]) -> Value {
    list(items.iter().map(|(id, year)| Value::Struct("Movie", vec![("id", whole(*id)), ("year", whole(*year))])))
}

/// How many there are of each, the slow way.
fn kept(input: &[(i64, i64)], output: &[(i64, i64)]) -> u64 {
    let mut left: HashMap<i64, u64> = HashMap::new();
    input.iter().for_each(|(id, _)| *left.entry(*id).or_default() += 1);
    output
        .iter()
        .filter(|(id, _)| {
            let left = left.entry(*id).or_default();
            let is_there = *left > 0;
            *left = left.saturating_sub(1);
            is_there
        })
        .count() as u64
}

/// Values that look like lists of items more often than random bytes do, and may be anything.
fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Unit),
        Just(Value::Omitted),
        Just(Value::Debug("x")),
        Just(Value::Variant("Movie", "id")),
        (0..4_i64).prop_map(Value::Whole),
        prop_oneof![Just(f64::NAN), 0.0..1.0].prop_map(Value::Fraction),
        "[xy]{0,2}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let some = || prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            3 => some().prop_map(Value::List),
            1 => (some(), 0..9_u32).prop_map(|(values, length)| Value::Cut(values, length)),
            1 => prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Map),
            1 => some().prop_map(|values| Value::Tuple("Pair", values)),
            1 => inner.clone().prop_map(|value| Value::Holding("Movie", "title", Box::new(value))),
            2 => some().prop_map(|values| {
                let names = ["id", "title", "maker_id", "score", "items", "year"];
                Value::Struct("Movie", names.into_iter().zip(values).collect())
            }),
        ]
    })
}

/// Structs that look alike, some of which may look a little different.
fn records() -> impl Strategy<Value = Value> {
    let field = || {
        prop_oneof![
            4 => (0..4_i64).prop_map(Value::Whole),
            2 => (0.0..1.0).prop_map(Value::Fraction),
            4 => "[xy]{0,2}".prop_map(Value::Text),
            1 => Just(Value::Unit),
            1 => Just(Value::List(vec![Value::Whole(1)])),
        ]
    };
    let name = prop::sample::select(vec!["Movie", "Ranked"]);
    let names = prop::sample::subsequence(vec!["id", "title", "maker_id", "score", "year"], 1..4);
    (name, names, prop::collection::vec(prop::collection::vec(field(), 4), 0..6)).prop_map(|(name, names, items)| {
        list(items.into_iter().map(|fields| Value::Struct(name, names.iter().copied().zip(fields).collect())))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn counts_add_up((input, output) in step()) {
        call([movies(&input)], movies(&output)).infer(|inference| {
            let inference = inference.expect("a step from a list to a list");
            let counts = inference.counts;
            prop_assert_eq!(counts.input, input.len() as u64);
            prop_assert_eq!(counts.output, output.len() as u64);
            prop_assert_eq!(counts.kept, kept(&input, &output));
            prop_assert_eq!(counts.kept + counts.eliminated, counts.input);
            prop_assert_eq!(counts.kept + counts.introduced, counts.output);

            let decisions: Vec<_> = inference.decisions().collect();
            let of = |verdict| decisions.iter().filter(|decision| decision.verdict == verdict).count() as u64;
            prop_assert_eq!(of(Verdict::Eliminated), counts.eliminated);
            prop_assert_eq!(of(Verdict::Introduced), counts.introduced);
            prop_assert_eq!(of(Verdict::Kept) + of(Verdict::Scored), counts.kept);
            prop_assert_eq!(of(Verdict::Scored), counts.scored);
            prop_assert_eq!(decisions.iter().filter(|decision| decision.changed).count() as u64, counts.changed);
            for decision in decisions {
                let before = decision.before.map(|place| input[place as usize]);
                let after = decision.after.map(|place| output[place as usize]);
                for (id, _) in before.into_iter().chain(after) {
                    prop_assert_eq!(&*decision.item, &*id.to_string());
                }
                prop_assert_eq!(decision.changed, before.zip(after).is_some_and(|(before, after)| before != after));
            }
            Ok(())
        })?;
    }

    #[test]
    fn texts_without_anything_in_common_are_only_counted(
        input in prop::collection::vec("[a-m]{1,2}", 1..12),
        output in prop::collection::vec("[a-z]{1,2}", 1..12),
    ) {
        let texts = |texts: &[String]| list(texts.iter().map(|word| text(word)));
        let has_common = input.iter().any(|text| output.contains(text));
        call([texts(&input)], texts(&output)).infer(|inference| {
            let inference = inference.expect("a step from a list to a list");
            let is_unrelated = inference.doubts.contains(&Doubt::Unrelated);
            prop_assert_eq!(is_unrelated, !has_common);
            prop_assert_eq!(inference.findings().count() > 0, has_common);
            Ok(())
        })?;
    }

    #[test]
    fn any_values_can_be_asked_about(
        arguments in prop::collection::vec(nested(), 0..3),
        returned in nested(),
        kind in prop::sample::select(vec!["", "filter", "rank", "llm"]),
        key in prop::option::of(prop::sample::select(vec!["id", "title.id", "items"])),
    ) {
        let asked = call(arguments, returned).kind(kind);
        let asked = if let Some(key) = key { asked.key(key) } else { asked };
        let is_cut = asked.said().contains("? cut");
        asked.infer(|inference| {
            let Some(inference) = inference else { return Ok(()) };
            let counts = inference.counts;
            prop_assert_eq!(inference.decisions().count() as u64, counts.kept + counts.eliminated + counts.introduced);
            prop_assert!(inference.decisions().all(|decision| decision.score.is_none_or(f64::is_finite)));
            if !is_cut && inference.findings().next().is_some() {
                prop_assert_eq!(counts.kept + counts.eliminated, counts.input);
                prop_assert_eq!(counts.kept + counts.introduced, counts.output);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_is_remembered_of_other_calls_changes_nothing(
        values in prop::collection::vec(prop_oneof![3 => records(), 1 => nested()], 2..8),
        kind in prop::sample::select(vec!["", "filter", "rank", "llm"]),
        key in prop::option::of(prop::sample::select(vec!["id", "title", "year"])),
    ) {
        let all = Bytes::of(&values);
        let ends: Vec<usize> = (0..=values.len()).map(|count| Bytes::of(&values[..count]).bytes.len()).collect();
        let value = |at: usize| Encoded { bytes: &all.bytes[ends[at]..ends[at + 1]], names: &all.names };
        let arguments: [Arc<str>; 1] = ["a".into()];
        let mut plans = Plans::new(&all.names);
        for (entered, returned) in (0..values.len()).flat_map(|one| (0..values.len()).map(move |other| (one, other))) {
            let (entered, returned) = (value(entered), value(returned));
            let question = Question { kind, items: None, key, arguments: &arguments, entered, returned };
            let said = |inference: Option<Inference<'_>>| {
                inference.map(|it| {
                    let decisions: Vec<_> = it.decisions().collect();
                    (it.argument, it.key.clone(), it.counts, it.doubts.clone(), decisions)
                })
            };
            prop_assert_eq!(said(infer_again(&question, &mut plans)), said(infer(&question)));
        }
    }

    #[test]
    fn bytes_that_are_no_values_are_no_harm(
        mut entered in prop::collection::vec(any::<u8>(), 0..80),
        (input, output) in step(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        // Once any bytes, once a value with a byte that is wrong.
        for round in 0..2 {
            let returned = Bytes::of(&[movies(&output)]);
            let mut bytes = Bytes::of(&[movies(&input), movies(&output)]);
            if round == 1 {
                std::mem::swap(&mut bytes.bytes, &mut entered);
            } else {
                *place.get_mut(&mut bytes.bytes) = byte;
            }
            let arguments: [Arc<str>; 2] = ["a".into(), "b".into()];
            let encoded = [bytes.encoded(), Encoded { names: &bytes.names, ..returned.encoded() }];
            for [entered, returned] in [encoded, [encoded[1], encoded[0]]] {
                let question = Question { kind: "rank", items: None, key: None, arguments: &arguments, entered, returned };
                if let Some(inference) = infer(&question) {
                    let _ = inference.decisions().count();
                }
            }
        }
    }
}
