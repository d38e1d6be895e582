//! What functions take: patterns, types without any trait, receivers, conditions.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use xray_tests::{Recording, line};

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Point {
    x: i32,
    y: i32,
}

#[test]
fn patterns_are_arguments() {
    #[xray::step]
    #[allow(clippy::too_many_arguments, clippy::toplevel_ref_arg)]
    fn many(
        _: u8,
        _unused: u8,
        (a, mut b): (u8, u8),
        Point { x, y: renamed }: Point,
        [first, rest @ ..]: [u8; 3],
        &reference: &u8,
        mut changed: u8,
        whole @ Point { y, .. }: Point,
        r#type: &str,
        ref by_ref: String,
        (): (),
        (Ok(either) | Err(either)): Result<u8, u8>,
    ) -> i32 {
        b += 1;
        changed += 1;
        i32::from(a + b + first + rest[0] + reference + changed + either)
            + x
            + renamed
            + whole.x
            + y
            + i32::try_from(r#type.len() + by_ref.len()).unwrap_or(0)
    }
    #[xray::step]
    async fn later((a, _): (u8, u8), Point { x, .. }: Point, mut b: u8, r#fn: u8, _: &str) -> i32 {
        b += a;
        i32::from(b + r#fn) + x
    }
    let recording = Recording::start();
    let point = Point { x: 1, y: 2 };
    let result = many(0, 0, (1, 2), point, [1, 2, 3], &4, 5, point, "ab", "c".to_owned(), (), Ok(6));
    assert_eq!(result, 32);
    assert_eq!(block_on(later((1, 2), point, 3, 4, "x")), 9);
    assert_eq!(
        line(&recording.step("many")),
        "many(_=0, _unused=0, (a, b)=[1,2], Point { x, y: renamed }={\"x\":1,\"y\":2}, [first, rest @ ..]=[1,2,3], \
         &reference=4, changed=5, whole @ Point { y, .. }={\"x\":1,\"y\":2}, type=\"ab\", by_ref=\"c\", ()=null, \
         (Ok(either) | Err(either))={\"Ok\":6}) returned 32"
    );
    assert_eq!(
        line(&recording.step("later")),
        "later((a, _)=[1,2], Point { x, .. }={\"x\":1,\"y\":2}, b=3, fn=4, _=\"x\") returned 9"
    );
}

#[test]
fn types_need_no_trait() {
    struct Opaque;
    #[xray::step]
    fn unbounded<T, U: ?Sized, const N: usize>(value: T, unsized_value: &U, list: [T; N]) -> (T, [T; N]) {
        let _ = size_of_val(unsized_value);
        (value, list)
    }
    #[xray::step]
    async fn unbounded_later<T>(value: T) -> T {
        value
    }
    #[xray::step]
    fn opaque(
        opaque: Opaque,
        function: Box<dyn Fn(u8) -> u8>,
        mut counter: impl FnMut() -> u8,
        pointer: *mut u8,
        pair: (Opaque, u8),
        list: &[Opaque],
        plain: fn(u8) -> u8,
        dynamic: &dyn fmt::Debug,
        any: &mut dyn std::any::Any,
    ) -> u8 {
        let _ = (opaque, pair, list, dynamic, any.type_id());
        counter() + counter() + function(1) + plain(1) + u8::from(pointer.is_null())
    }
    #[xray::step]
    fn lifetimes<'a, 'b: 'a>(left: &'a mut Vec<&'b str>, right: &'b str) -> &'a [&'b str] {
        left.push(right);
        left
    }
    #[xray::step]
    fn keyed(map: BTreeMap<(u8, u8), &str>) -> usize {
        map.len()
    }
    let recording = Recording::start();
    assert!(unbounded(Opaque, "text", [Opaque, Opaque]).1.len() == 2);
    let Opaque = block_on(unbounded_later(Opaque));
    let mut count = 0;
    let counter = move || {
        count += 1;
        count
    };
    let add: fn(u8) -> u8 = |number| number + 1;
    let sum = opaque(
        Opaque,
        Box::new(|number| number * 2),
        counter,
        std::ptr::null_mut(),
        (Opaque, 1),
        &[Opaque],
        add,
        &1,
        &mut 1_u8,
    );
    assert_eq!(sum, 8);
    assert_eq!(lifetimes(&mut vec!["a"], "b"), ["a", "b"]);
    assert_eq!(keyed(BTreeMap::from([((1, 2), "x")])), 1);
    let tree = recording.tree();
    assert!(tree.contains("lifetimes(left=[\"a\"], right=\"b\") returned [\"a\",\"b\"]"), "{tree}");
    assert!(tree.contains("keyed(map={\"[1,2]\":\"x\"}) returned 1"), "{tree}");
}

#[test]
fn an_argument_may_be_conditional() {
    #[xray::step(debug(b))]
    fn conditional(
        #[cfg(not(test))] a: u8,
        #[cfg(test)] a: u16,
        #[cfg(test)] b: &str,
        #[cfg(not(test))] c: Vec<u8>,
        #[cfg_attr(test, allow(unused_variables))] d: u8,
        #[allow(unused_variables)] e: u8,
        #[expect(unused_variables)] f: u8,
        #[expect(unused_mut)] mut g: u8,
    ) -> usize {
        b.len() + usize::from(a) + usize::from(g)
    }
    #[xray::step]
    async fn conditional_later(#[cfg(not(test))] a: u8, #[cfg(test)] a: u16, #[expect(unused_variables)] f: u8) -> u16 {
        a
    }
    #[xray::step]
    fn only_conditional(#[cfg(not(test))] a: u8) {}
    let recording = Recording::start();
    assert_eq!(conditional(1, "ab", 2, 3, 4, 5), 8);
    assert_eq!(block_on(conditional_later(1, 2)), 1);
    only_conditional();
    let tree = recording.tree();
    assert!(tree.contains(r#"conditional(a=1, b="\"ab\"", d=2, e=3, f=4, g=5) returned 8"#), "{tree}");
    assert!(tree.contains("conditional_later(a=1, f=2) returned 1"), "{tree}");
}

#[derive(Debug, Clone, Serialize)]
struct Counter<T> {
    count: u32,
    kept: T,
}

impl<T: Clone> Counter<T> {
    #[xray::step]
    fn by_ref(&self) -> u32 {
        self.count
    }
    #[xray::step]
    fn by_mut(&mut self, by: u32) -> &mut Self {
        self.count += by;
        self
    }
    #[xray::step]
    fn by_value(self) -> T {
        self.kept
    }
    #[xray::step]
    fn changed(mut self) -> Self {
        self.count += 1;
        self
    }
    #[xray::step]
    fn pinned(self: Pin<&mut Self>) -> u32 {
        self.count
    }
    #[xray::step]
    fn boxed(self: Box<Self>) -> T {
        self.kept
    }
    #[xray::step]
    fn counted(self: Rc<Self>) -> u32 {
        self.count
    }
    #[xray::step]
    fn shared(self: Arc<Self>) -> Arc<Self> {
        self
    }
    #[xray::step]
    fn explicit(self: &Self, other: &Self) -> u32 {
        self.count + other.count
    }
    #[xray::step]
    async fn later(&mut self, by: u32) -> u32 {
        tokio::task::yield_now().await;
        self.count += by;
        self.count
    }
    #[xray::step]
    async fn later_by_value(mut self) -> T {
        self.count += 1;
        self.kept
    }
    #[xray::step]
    async fn later_shared(self: Arc<Self>) -> u32 {
        tokio::task::yield_now().await;
        self.count
    }
    #[xray::step]
    async fn later_pinned(mut self: Pin<&mut Self>, count: u32) -> u32
    where
        T: Unpin,
    {
        self.count = count;
        self.count
    }
    #[xray::step]
    fn new(kept: T) -> Self
    where
        T: Default,
    {
        Self { kept, ..Self { count: 0, kept: T::default() } }
    }
}

#[test]
fn receivers_are_of_every_sort() {
    let recording = Recording::start();
    let mut counter = Counter::new("x".to_owned());
    assert_eq!(counter.by_mut(2).by_mut(1).by_ref(), 3);
    assert_eq!(counter.clone().changed().by_value(), "x");
    assert_eq!(Pin::new(&mut counter).pinned(), 3);
    assert_eq!(Box::new(counter.clone()).boxed(), "x");
    assert_eq!((Rc::new(counter.clone()).counted(), Arc::new(counter.clone()).shared().count), (3, 3));
    assert_eq!(counter.explicit(&counter), 6);
    assert_eq!(block_on(counter.later(1)), 4);
    assert_eq!(block_on(counter.clone().later_by_value()), "x");
    assert_eq!(block_on(Arc::new(counter.clone()).later_shared()), 4);
    assert_eq!(block_on(Pin::new(&mut counter).later_pinned(9)), 9);
    assert_eq!(recording.runs().len(), 15);
}

#[test]
fn a_trait_has_default_methods() {
    trait Shape {
        fn sides(&self) -> u32;
        #[xray::step]
        fn corners(&self) -> u32 {
            self.sides()
        }
        #[xray::step]
        fn describe(self: Box<Self>) -> String {
            format!("{} sides", self.sides())
        }
        #[xray::step]
        fn with(&mut self, name: &str) -> &mut Self
        where
            Self: Sized,
        {
            let _ = name;
            self
        }
    }
    struct Square;
    impl Shape for Square {
        fn sides(&self) -> u32 {
            4
        }
    }
    let recording = Recording::start();
    let shape: Box<dyn Shape> = Box::new(Square);
    assert_eq!((shape.corners(), shape.describe()), (4, "4 sides".to_owned()));
    Square.with("x");
    assert_eq!(recording.runs().len(), 3);
}

#[test]
fn receivers_are_nested() {
    #[derive(Clone)]
    struct Deep(u8);
    impl Deep {
        #[xray::step]
        fn pinned_shared(self: Pin<&Self>) -> u8 {
            self.0
        }
        #[xray::step]
        fn pinned_box(self: Pin<Box<Self>>) -> u8 {
            self.0
        }
        #[xray::step]
        fn by_ref_to_shared(self: &Arc<Self>, by: u8) -> Arc<Self> {
            Arc::new(Self(self.0 + by))
        }
        #[xray::step]
        fn by_mut_ref_to_shared(self: &mut Rc<Self>) -> &mut Self {
            Rc::make_mut(self)
        }
        #[xray::step]
        async fn pinned_box_later(self: Pin<Box<Self>>) -> u8 {
            self.0
        }
        #[xray::step]
        async fn counted_later(self: Rc<Self>, mut by: u8) -> u8 {
            by += self.0;
            by
        }
        #[xray::step]
        async fn pinned_later(self: Pin<&mut Self>) -> u8 {
            self.0
        }
    }
    let recording = Recording::start();
    let mut deep = Deep(1);
    assert_eq!((Pin::new(&deep).pinned_shared(), Box::pin(deep.clone()).pinned_box()), (1, 1));
    assert_eq!(Arc::new(deep.clone()).by_ref_to_shared(1).0, 2);
    Rc::new(deep.clone()).by_mut_ref_to_shared().0 = 3;
    assert_eq!(block_on(Box::pin(deep.clone()).pinned_box_later()), 1);
    assert_eq!(block_on(Rc::new(deep.clone()).counted_later(1)), 2);
    assert_eq!(block_on(Pin::new(&mut deep).pinned_later()), 1);
    assert_eq!(recording.runs().len(), 7);
}

#[test]
fn self_may_be_unsized() {
    trait Length {
        fn bytes(&self) -> &[u8];
        #[xray::step(self = true)]
        fn length(&self) -> usize {
            self.bytes().len()
        }
        #[xray::step]
        fn fill(&mut self, with: u8) -> &mut Self {
            let _ = with;
            self
        }
        #[xray::step]
        #[allow(async_fn_in_trait)]
        async fn length_later(&self) -> usize {
            self.bytes().len()
        }
        #[xray::step]
        fn opaque(&self) -> impl Iterator<Item = &u8> {
            self.bytes().iter()
        }
    }
    impl Length for str {
        fn bytes(&self) -> &[u8] {
            self.as_bytes()
        }
    }
    impl Length for [u8] {
        fn bytes(&self) -> &[u8] {
            self
        }
        #[xray::step]
        fn fill(&mut self, with: u8) -> &mut Self {
            <[u8]>::fill(self, with);
            self
        }
    }
    let recording = Recording::start();
    assert_eq!(("abc".length(), block_on("ab".length_later()), "a".opaque().count()), (3, 2, 1));
    let mut list = [1, 2];
    assert_eq!(Length::fill(&mut list[..], 7), [7, 7]);
    assert_eq!(recording.runs().len(), 4);
    assert!(recording.tree().contains("fill(with=7) returned [7,7]"), "{}", recording.tree());
}

#[test]
fn bounds_may_be_of_any_sort() {
    #[xray::step]
    fn higher_ranked<F>(act: F, text: &str) -> usize
    where
        F: for<'a> Fn(&'a str) -> &'a str,
        for<'b> &'b str: PartialEq,
    {
        act(text).len()
    }
    #[xray::step]
    fn associated<I>(list: I) -> Vec<<I::Item as ToOwned>::Owned>
    where
        I: IntoIterator<Item: ToOwned>,
    {
        list.into_iter().map(|item| item.to_owned()).collect()
    }
    #[xray::step]
    async fn later<F, R>(mut act: F) -> R
    where
        F: AsyncFnMut(u8) -> R,
    {
        act(1).await
    }
    #[xray::step]
    fn uninhabited(never: Result<u8, std::convert::Infallible>) -> u8 {
        let Ok(number) = never;
        number
    }
    let recording = Recording::start();
    assert_eq!(higher_ranked(str::trim, " ab "), 2);
    assert_eq!(associated([1, 2]), [1, 2]);
    assert_eq!(block_on(later(async |number| number + 1)), 2);
    assert_eq!(uninhabited(Ok(3)), 3);
    assert_eq!(recording.runs().len(), 4);
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

#[test]
fn a_lock_guard_may_be_discarded() {
    use std::sync::{Mutex, MutexGuard};

    // Held until the function returns, as every argument is.
    #[xray::step]
    fn discards(_: MutexGuard<'_, u8>, lock: &Mutex<u8>) -> bool {
        lock.try_lock().is_err()
    }
    #[xray::step]
    async fn discards_later(_: MutexGuard<'_, u8>) {}

    let lock = Mutex::new(1);
    assert!(discards(lock.lock().unwrap(), &lock));
    drop(discards_later(lock.lock().unwrap()));
}
