//! `#[xray::steps]` on impl blocks, traits and modules, and the options of single arguments.
#![allow(unsafe_code, unused_braces)]
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::fmt;

use serde::Serialize;
use xray_tests::{Recording, line};

struct Shop {
    prices: Vec<u32>,
}

#[xray::steps(kind = "shop", redact(card), ret = true)]
impl Shop {
    const LIMIT: u32 = 100;

    pub(crate) fn cheapest(&self) -> Option<u32> {
        self.prices.iter().copied().filter(|price| *price < Self::LIMIT).min()
    }

    #[xray::step(kind = "api", name = "payment", debug(card))]
    fn pay(&self, price: u32, card: &str) -> bool {
        price > 0 && card.len() == 16
    }

    #[xray::step]
    async fn refund(&self, card: String) -> usize {
        card.len()
    }

    #[xray::skip]
    fn len(&self) -> usize {
        self.prices.len()
    }

    const fn double(price: u32) -> u32 {
        price * 2
    }

    unsafe fn unchecked<const N: usize>(list: [u32; N], place: usize) -> Wrap<{ 1 + 1 }> {
        // SAFETY: the caller says so.
        Wrap(unsafe { *list.get_unchecked(place) })
    }
}

#[derive(Serialize)]
struct Wrap<const N: usize>(u32);

/// What the options choose would be redacted for its name.
fn without_redaction_by_name() -> Recording {
    Recording::start_with(|builder| builder.redact_only_names([""; 0]))
}

#[test]
fn an_impl_block_is_steps() {
    let recording = without_redaction_by_name();
    let shop = Shop { prices: vec![3, 2] };
    assert_eq!((shop.cheapest(), shop.len(), Shop::double(2)), (Some(2), 2, 4));
    assert!(!shop.pay(1, "secret"));
    assert_eq!(block_on(shop.refund("secret".to_owned())), 6);
    // SAFETY: it is in the list.
    assert_eq!(unsafe { Shop::unchecked([1, 2], 1) }.0, 2);
    assert_eq!(
        recording.tree(),
        "cheapest completed\n  cheapest() returned 2\n\
         payment completed\n  payment(price=1, card=\"\\\"secret\\\"\") returned false\n\
         refund completed\n  refund(card=\"[redacted]\") returned 6\n\
         unchecked completed\n  unchecked(list=[1,2], place=1) returned 2\n"
    );
    assert_eq!(&*recording.step("cheapest").step.callsite.kind, "shop");
    assert_eq!(&*recording.step("payment").step.callsite.kind, "api");
}

#[test]
fn a_trait_is_steps() {
    #[xray::steps]
    trait Shape {
        const SIDES: u32;
        type Name: fmt::Display;
        fn name(&self) -> Self::Name;
        fn sides(&self) -> u32 {
            Self::SIDES
        }
    }
    struct Square;
    #[xray::steps]
    impl Shape for Square {
        const SIDES: u32 = { 4 };
        type Name = &'static str;
        fn name(&self) -> Self::Name {
            "square"
        }
    }
    let recording = Recording::start();
    assert_eq!((Square.sides(), Square.name()), (4, "square"));
    assert_eq!(
        recording.tree(),
        "sides completed\n  sides() returned 4\nname completed\n  name() returned \"square\"\n"
    );
}

#[xray::steps(skip(secret))]
mod pricing {
    use std::collections::{BTreeMap, HashMap};

    pub(super) const LIST: [u32; 2] = { [1, 2] };
    pub(super) static NAMES: &[&str] = &["a"];

    #[derive(Debug, Clone, serde::Serialize)]
    pub(super) struct Price {
        pub(super) amount: u32,
    }

    pub(super) enum Sort {
        One,
    }

    impl Price {
        pub(super) fn doubled(self, secret: u8) -> Self {
            let _ = (secret, Sort::One);
            Self { amount: self.amount * 2 }
        }
    }

    pub(super) mod nested {
        use super::Price;

        pub(crate) fn total(prices: &[Price]) -> u32 {
            fn inner(price: &Price) -> u32 {
                price.amount
            }
            prices.iter().map(inner).sum()
        }

        #[xray::skip]
        pub(crate) mod left_out {
            pub(crate) fn unseen() {}
        }
    }

    macro_rules! made {
        ($name:ident) => {
            pub(super) fn $name() {}
        };
    }
    made!(by_macro);

    pub(super) fn grouped<T: IntoIterator<Item = (u8, u8)>>(list: T) -> BTreeMap<u8, HashMap<u8, u8>>
    where
        T::IntoIter: Clone,
    {
        list.into_iter().map(|(left, right)| (left, HashMap::from([(right, right)]))).collect()
    }

    #[test]
    fn tests_are_no_steps() {}
}

#[test]
fn a_module_is_steps() {
    let recording = Recording::start();
    let price = pricing::Price { amount: pricing::LIST[1] };
    let doubled = price.doubled(7);
    assert_eq!(pricing::nested::total(&[doubled]), 4);
    pricing::nested::left_out::unseen();
    pricing::by_macro();
    assert_eq!((pricing::grouped([(1, 2)]).len(), pricing::NAMES.len()), (1, 1));
    let tree = recording.tree();
    assert_eq!(recording.runs().len(), 3, "{tree}");
    assert!(tree.contains("doubled() returned {\"amount\":4}"), "{tree}");
    assert!(tree.contains("total(prices=[{\"amount\":4}]) returned 4"), "{tree}");
    assert!(tree.contains("grouped(list="), "{tree}");
}

#[derive(Debug, Serialize)]
struct Session {
    user: String,
    token: String,
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session of {}", self.user)
    }
}

impl Session {
    #[xray::step(self = true, skip(other))]
    fn captured(&self, other: u8) -> u8 {
        other
    }
    #[xray::step(display(self))]
    fn displayed(self) -> String {
        self.user
    }
    #[xray::step(with(self = Session::len), only(self, b))]
    async fn measured(&mut self, a: u8, b: u8) -> u8 {
        a + b
    }
    fn len(&self) -> usize {
        self.user.len() + self.token.len()
    }
}

fn session() -> Session {
    Session { user: "ada".to_owned(), token: "hunter2".to_owned() }
}

#[test]
fn options_choose_for_each_argument() {
    fn first(list: &[u8]) -> Option<&u8> {
        list.first()
    }
    fn panics(_: &u8) -> u8 {
        panic!("not captured")
    }
    #[xray::step(debug(a), display(b), serialize(c), redact(d), skip(e), with(f = first, g = panics, h = str::len))]
    #[allow(clippy::too_many_arguments, clippy::ptr_arg)]
    fn each(a: &Session, b: Session, c: Session, d: u8, e: u8, f: Vec<u8>, g: u8, h: &str) -> usize {
        a.len() + b.len() + c.len() + usize::from(d + e + g) + f.len() + h.len()
    }
    #[xray::step(only(b), debug(b))]
    fn only((a, b): (u8, u8), c: u8) -> u8 {
        a + b + c
    }
    #[xray::step(serialize(value))]
    fn generic<T: Serialize>(value: T) -> T {
        value
    }
    let recording = without_redaction_by_name();
    assert_eq!(each(&session(), session(), session(), 1, 2, vec![9, 8], 3, "text"), 42);
    assert_eq!(only((1, 2), 3), 6);
    assert_eq!(generic(5), 5);
    assert_eq!(session().captured(1), 1);
    assert_eq!(session().displayed(), "ada");
    assert_eq!(block_on(session().measured(1, 2)), 3);
    let each = line(&recording.step("each"));
    assert!(
        each.starts_with(
            r#"each(a="Session { user: \"ada\", token: \"hunter2\" }", b="session of ada", c={"token":"hunter2","user":"ada"}, d="[redacted]", f=9, g="#
        ) && each.contains(", h=4) returned 42"),
        "{each}"
    );
    assert_eq!(line(&recording.step("only")), "only((a, b)=\"(1, 2)\") returned 6");
    assert!(line(&recording.step("generic")).starts_with("generic(value=5) returned"));
    assert_eq!(line(&recording.step("captured")), r#"captured(self={"token":"hunter2","user":"ada"}) returned 1"#);
    assert_eq!(line(&recording.step("displayed")), r#"displayed(self="session of ada") returned "ada""#);
    assert_eq!(line(&recording.step("measured")), "measured(self=10, b=2) returned 3");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
