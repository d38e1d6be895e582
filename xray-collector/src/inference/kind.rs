//! What the word for a step's kind says about its items.

/// What a kind says, read off the words that it is made of; kinds are an open set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// It puts items in an order, or gives them scores.
    pub(super) orders: bool,
    /// It passes on some of the items that it gets.
    pub(super) picks: bool,
    /// It makes items.
    pub(super) generates: bool,
}

const ORDERS: [&str; 7] = ["rank", "rerank", "sort", "score", "scoring", "order", "reorder"];
const PICKS: [&str; 10] =
    ["filter", "select", "choose", "choice", "pick", "limit", "retain", "eliminat", "dedup", "prune"];
const GENERATES: [&str; 3] = ["llm", "generat", "create"];

impl Kind {
    pub(super) fn of(kind: &str) -> Self {
        if kind.is_empty() {
            return Self { orders: false, picks: false, generates: false };
        }
        let kind = kind.to_lowercase();
        // By the beginnings of words: `pre_ranking` is about ranks, `border` is not about orders.
        let says = |stems: &[&str]| {
            kind.split(|letter: char| !letter.is_alphanumeric())
                .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
        };
        Self { orders: says(&ORDERS), picks: says(&PICKS), generates: says(&GENERATES) }
    }

    /// Whether what goes in is of the sort that comes out.
    pub(super) fn passes_items_on(self) -> bool {
        self.orders || self.picks
    }
}

#[test]
fn a_kind_is_read_by_the_beginnings_of_its_words() {
    let orders = |kind| Kind::of(kind).orders;
    assert!(orders("rank") && orders("Sorting") && orders("pre_ranking") && orders("score"));
    assert!(!orders("border") && !orders("") && !orders("llm"));
    assert!(Kind::of("selection").picks && Kind::of("title-filter").picks && Kind::of("generation").generates);
}
