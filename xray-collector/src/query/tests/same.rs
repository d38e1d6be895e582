//! What is planned finds what looking at every row finds, page by page.

use proptest::prelude::*;

use super::choices::Choices;
use super::{ask, naive};
use crate::query::tests::store::Held;
use crate::query::{Entity, Query, Search};

/// All rows, in pages of this size, each for no more than this.
fn pages(held: &Held, query: &Query, limit: usize, budget: u64) -> Vec<String> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let found = query.search(held, &Search { after, limit, budget, ..Search::default() }).expect("rows");
        assert!(found.rows.len() <= limit);
        rows.extend(found.rows.iter().map(|row| format!("{row:?}")));
        assert!(found.next.is_none() || found.next != after || !found.stopped, "it goes on: {found:?}");
        after = found.next;
        if after.is_none() {
            return rows;
        }
    }
}

fn check(data: &[u8], asked: &[u8], entity: Entity) -> Result<(), TestCaseError> {
    let text = ask::any(&mut Choices::of(asked), entity);
    let query = Query::parse(&text, entity).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let mut held = Held::any(&mut Choices::of(data));
    let expected = naive::search(&held, &query);
    for (has_columns, has_items) in [(false, false), (true, false), (true, true)] {
        (held.has_columns, held.has_items) = (has_columns, has_items);
        let plan = query.explain(&held, &Search::default()).expect("a plan");
        for (limit, budget) in [(1_000, u64::MAX), (2, u64::MAX), (1, u64::MAX), (3, 400)] {
            let found = pages(&held, &query, limit, budget);
            prop_assert_eq!(&found, &expected, "{} by {} for {}, {:#?}", text, limit, budget, plan);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn runs(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..40)) {
        check(&data, &asked, Entity::Run)?;
    }

    #[test]
    fn steps(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..40)) {
        check(&data, &asked, Entity::Step)?;
    }

    #[test]
    fn decisions(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..40)) {
        check(&data, &asked, Entity::Decision)?;
    }
}
