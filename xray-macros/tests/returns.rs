//! What functions return: borrows, types without any trait, types that drive inference, nothing at all.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::fmt;

use xray_tests::Recording;

struct Opaque(u8);

#[test]
fn a_borrow_of_an_argument_is_returned() {
    #[derive(Debug)]
    struct Table {
        rows: Vec<u32>,
    }
    impl Table {
        #[xray::step]
        fn first(&mut self) -> &u32 {
            &self.rows[0]
        }
        #[xray::step]
        fn last(&mut self) -> Option<&mut u32> {
            self.rows.last_mut()
        }
        #[xray::step]
        fn find(&self, row: u32) -> Result<&u32, String> {
            self.rows.iter().find(|found| **found == row).ok_or_else(|| format!("no {row}"))
        }
        #[xray::step]
        async fn wait(&mut self) -> &mut u32 {
            &mut self.rows[1]
        }
        #[xray::step]
        async fn wait_for<'a>(&'a self, text: &'a str) -> Result<(&'a u32, &'a str), &'a str> {
            self.rows.first().map(|row| (row, text)).ok_or(text)
        }
    }
    #[xray::step]
    fn shared(numbers: &mut Vec<u8>) -> &u8 {
        numbers.push(1);
        &numbers[0]
    }
    #[xray::step]
    fn exclusive(numbers: &mut [u8]) -> &mut u8 {
        &mut numbers[0]
    }
    #[xray::step]
    fn longer<'a>(left: &'a str, right: &'a str) -> &'a str {
        if left.len() > right.len() { left } else { right }
    }
    let recording = Recording::start();
    let mut table = Table { rows: vec![1, 2, 3] };
    assert_eq!(*table.first(), 1);
    *table.last().expect("a row") = 4;
    assert_eq!(table.find(4), Ok(&4));
    assert_eq!(table.find(5), Err("no 5".to_owned()));
    *block_on(table.wait()) = 9;
    assert_eq!(block_on(table.wait_for("x")), Ok((&1, "x")));
    let mut numbers = vec![7];
    assert_eq!(*shared(&mut numbers), 7);
    *exclusive(&mut numbers) = 8;
    assert_eq!((numbers, longer("a", "bc")), (vec![8, 1], "bc"));
    let tree = recording.tree();
    for line in [
        "first() returned 1\n",
        "last() returned 3\n",
        "find(row=4) ok 4\n",
        "find(row=5) err \"no 5\"\n",
        "wait() returned 2\n",
        "wait_for(text=\"x\") ok [1,\"x\"]\n",
        "shared(numbers=[7]) returned 7\n",
        "exclusive(numbers=[7,1]) returned 7\n",
        "longer(left=\"a\", right=\"bc\") returned \"bc\"\n",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

#[test]
fn a_return_type_needs_no_trait() {
    struct Error;
    type Answer<T> = Result<T, Error>;
    #[xray::step]
    fn opaque() -> Opaque {
        Opaque(1)
    }
    #[xray::step]
    fn aliased(good: bool) -> Answer<Opaque> {
        if good { Ok(Opaque(2)) } else { Err(Error) }
    }
    #[xray::step]
    async fn later(good: bool) -> Answer<u8> {
        if good { Ok(2) } else { Err(Error) }
    }
    #[xray::step]
    fn function() -> fn(u8) -> u8 {
        |number| number + 1
    }
    #[xray::step]
    fn closure(by: u8) -> impl Fn(u8) -> u8 {
        move |number| number + by
    }
    let recording = Recording::start();
    assert_eq!(opaque().0, 1);
    assert!(matches!(aliased(true), Ok(Opaque(2))) && aliased(false).is_err());
    assert!(matches!(block_on(later(true)), Ok(2)) && block_on(later(false)).is_err());
    assert_eq!((function()(1), closure(2)(1)), (2, 3));
    let tree = recording.tree();
    assert!(tree.contains("Opaque\"\n") && tree.contains("aliased(good=true) ok"), "{tree}");
    assert!(tree.contains("aliased(good=false) err") && tree.contains("later(good=true) ok 2"), "{tree}");
    assert!(tree.contains("later(good=false) err"), "{tree}");
}

#[test]
fn the_users_own_ok_and_err_are_theirs() {
    #[allow(dead_code)]
    enum Reply {
        Ok(u8),
        Err,
        Some,
        None,
    }
    #[allow(unused_imports)]
    use Reply::{Err, None, Ok, Some};
    #[xray::step]
    fn reply(number: u8) -> Reply {
        if number > 0 { Ok(number) } else { Err }
    }
    #[xray::step]
    fn other(number: u8) -> Result<u8, u8> {
        if number > 0 { Result::Ok(number) } else { Result::Err(0) }
    }
    let recording = Recording::start();
    assert!(matches!(reply(1), Ok(1)) && matches!(reply(0), Err));
    assert!(other(1).is_ok() && other(0).is_err());
    let tree = recording.tree();
    assert!(tree.contains("other(number=1) ok 1\n") && tree.contains("other(number=0) err \"0\""), "{tree}");
}

#[test]
fn the_return_type_drives_inference_and_coercion() {
    trait Shape: fmt::Debug {
        fn sides(&self) -> u8;
    }
    #[derive(Debug)]
    struct Square;
    impl Shape for Square {
        fn sides(&self) -> u8 {
            4
        }
    }
    #[xray::step]
    fn collected(text: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
        text.split(',').map(str::parse).collect()
    }
    #[xray::step]
    async fn collected_later(text: &str) -> Vec<char> {
        text.chars().collect()
    }
    #[xray::step]
    fn boxed() -> Box<dyn Shape> {
        Box::new(Square)
    }
    #[xray::step]
    async fn boxed_later() -> Box<dyn Shape + Send + Sync> {
        Box::new(Square)
    }
    #[xray::step]
    fn slice(list: &[u8; 3]) -> Option<&[u8]> {
        Some(list)
    }
    #[xray::step]
    async fn slice_later(list: &[u8; 3]) -> &[u8] {
        list
    }
    #[xray::step]
    fn defaulted<T: Default>() -> T {
        Default::default()
    }
    #[xray::step]
    fn failed() -> Result<(), Box<dyn std::error::Error>> {
        "x".parse::<u8>()?;
        Err("never".into())
    }
    #[xray::step]
    async fn failed_later() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        "x".parse::<u8>()?;
        Ok(())
    }
    let recording = Recording::start();
    assert_eq!(collected("1,2"), Ok(vec![1, 2]));
    assert_eq!(block_on(collected_later("ab")), ['a', 'b']);
    assert_eq!((boxed().sides(), block_on(boxed_later()).sides()), (4, 4));
    assert_eq!((slice(&[1, 2, 3]), block_on(slice_later(&[4; 3]))), (Some(&[1, 2, 3][..]), &[4, 4, 4][..]));
    assert_eq!(defaulted::<u8>(), 0);
    assert!(failed().is_err() && block_on(failed_later()).is_err());
    let tree = recording.tree();
    for line in [
        "collected(text=\"1,2\") ok [1,2]",
        "collected_later(text=\"ab\") returned [\"a\",\"b\"]",
        "boxed() returned \"Square\"",
        "boxed_later() returned \"Square\"",
        "slice(list=[1,2,3]) returned [1,2,3]",
        "slice_later(list=[4,4,4]) returned [4,4,4]",
        "failed() err \"invalid digit found in string\"",
        "failed_later() err \"invalid digit found in string\"",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

#[test]
fn opaque_types_are_returned() {
    #[xray::step]
    fn numbers(up_to: u32) -> impl Iterator<Item = u32> {
        (0..up_to).filter(|number| number % 2 == 0)
    }
    #[xray::step]
    fn borrowed<'a>(list: &'a [u32], least: &u32) -> impl Iterator<Item = &'a u32> + use<'a> {
        let least = *least;
        list.iter().filter(move |number| **number >= least)
    }
    #[xray::step]
    fn fallible(good: bool) -> Result<impl fmt::Display, String> {
        if good { Ok(1.5) } else { Err("no".to_owned()) }
    }
    #[xray::step]
    async fn fallible_later(good: bool) -> Result<impl fmt::Debug, String> {
        if good { Ok([1, 2]) } else { Err("no".to_owned()) }
    }
    #[xray::step]
    async fn opaque_later() -> impl fmt::Display {
        "text"
    }
    #[xray::step]
    fn nested() -> Option<Box<impl Iterator<Item = impl fmt::Debug>>> {
        Some(Box::new([1, 2].into_iter()))
    }
    let recording = Recording::start();
    assert_eq!(numbers(5).sum::<u32>(), 6);
    assert_eq!(borrowed(&[1, 2, 3], &2).count(), 2);
    assert!(fallible(true).is_ok() && fallible(false).is_err());
    assert!(block_on(fallible_later(true)).is_ok() && block_on(fallible_later(false)).is_err());
    assert_eq!(block_on(opaque_later()).to_string(), "text");
    assert_eq!(nested().expect("some").count(), 2);
    let tree = recording.tree();
    for line in [
        "fallible(good=true) ok 1.5",
        "fallible(good=false) err \"no\"",
        "fallible_later(good=true) ok [1,2]",
        "fallible_later(good=false) err \"no\"",
        "opaque_later() returned \"text\"",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

#[test]
fn streams_are_returned() {
    use futures_util::stream::{self, Stream, StreamExt as _};
    type Boxed<'a, T> = std::pin::Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

    #[xray::step]
    fn inside(number: u8) -> u8 {
        number * 2
    }
    #[xray::step]
    fn opaque(up_to: u8) -> impl Stream<Item = u8> + Send {
        stream::iter(0..up_to).map(inside)
    }
    #[xray::step]
    fn boxed(list: &[u8]) -> Boxed<'_, &u8> {
        Box::pin(stream::iter(list))
    }
    #[xray::step]
    fn fallible(good: bool) -> Result<impl Stream<Item = Result<u8, String>>, String> {
        if good { Ok(stream::iter([Ok(1), Err("late".to_owned())])) } else { Err("early".to_owned()) }
    }
    #[xray::step]
    async fn later(up_to: u8) -> impl Stream<Item = u8> {
        stream::iter(0..up_to)
    }
    let recording = Recording::start();
    assert_eq!(block_on(opaque(3).collect::<Vec<_>>()), [0, 2, 4]);
    assert_eq!(block_on(boxed(&[7, 8]).collect::<Vec<&u8>>()), [&7, &8]);
    assert_eq!(block_on(fallible(true).expect("good").count()), 2);
    assert!(fallible(false).is_err());
    assert_eq!(block_on(async { later(2).await.count().await }), 2);
    let tree = recording.tree();
    // The step is over when the stream is returned: what its items take belongs to whoever asks for them.
    assert!(tree.contains("opaque(up_to=3) returned") && tree.matches("\n  inside(number=").count() == 3, "{tree}");
    for line in ["boxed(list=[7,8]) returned", "fallible(good=true) ok", "fallible(good=false) err \"early\""] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
    assert!(tree.contains("later(up_to=2) returned"), "{tree}");
}

#[test]
fn what_diverges_still_does() {
    #[xray::step]
    fn never(code: u8) -> ! {
        panic!("code {code}")
    }
    #[xray::step]
    async fn never_later() -> ! {
        panic!("later")
    }
    #[xray::step]
    fn diverging(number: u8) -> u8 {
        if number == 0 {
            panic!("zero");
        }
        loop {
            if number > 0 {
                break number;
            }
        }
    }
    #[xray::step]
    fn unfinished() -> String {
        unimplemented!()
    }
    #[xray::step]
    fn chosen(number: Option<u8>) -> u8 {
        match number {
            Some(number) => number,
            None => never(3),
        }
    }
    let recording = Recording::start();
    let panics = |act: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_err();
    assert!(panics(&|| never(1)));
    assert!(panics(&|| block_on(never_later())));
    assert!(panics(&|| _ = diverging(0)));
    assert!(panics(&|| drop(unfinished())));
    assert!(panics(&|| _ = chosen(None)));
    assert_eq!((diverging(2), chosen(Some(1))), (2, 1));
    let tree = recording.tree();
    for line in [
        "never(code=1) panicked \"code 1\"",
        "never_later() panicked \"later\"",
        "diverging(number=0) panicked \"zero\"",
        "unfinished() panicked \"not implemented\"",
        "chosen(number=null) panicked \"code 3\"",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

#[test]
fn every_way_out_of_a_body_is_one() {
    macro_rules! bail {
        ($number:expr) => {
            return Err($number)
        };
    }
    #[xray::step]
    fn out(number: u8) -> Result<u8, u8> {
        if number == 1 {
            return Ok(10);
        }
        if number == 2 {
            bail!(20);
        }
        let parsed: u8 = (number > 3).then_some(number).ok_or(30)?;
        let found = 'search: {
            for candidate in 0..parsed {
                if candidate == 4 {
                    break 'search candidate;
                }
            }
            return Err(40);
        };
        let closure = |number: u8| {
            if number > 0 {
                return number;
            }
            0
        };
        'outer: loop {
            loop {
                break 'outer;
            }
        }
        Ok(closure(found))
    }
    #[xray::step]
    async fn out_later(number: u8) -> Result<u8, u8> {
        if number == 1 {
            return Ok(10);
        }
        if number == 2 {
            bail!(20);
        }
        let inner = async move {
            if number == 3 {
                return Err(30);
            }
            Ok(number)
        };
        let number = inner.await?;
        Ok(number)
    }
    let recording = Recording::start();
    let expected = [Ok(10), Err(20), Err(30), Err(40), Ok(4)];
    assert_eq!([1, 2, 3, 4, 5].map(out), expected);
    assert_eq!([1, 2, 3, 4].map(|number| block_on(out_later(number))), [Ok(10), Err(20), Err(30), Ok(4)]);
    let tree = recording.tree();
    assert!(tree.contains("out(number=4) err \"40\"") && tree.contains("out_later(number=3) err \"30\""), "{tree}");
}

#[test]
fn nothing_is_returned_as_nothing() {
    #[xray::step]
    fn empty() {}
    #[xray::step]
    fn unit() -> () {}
    #[xray::step]
    fn tail(list: &mut Vec<u8>) {
        list.push(1);
    }
    #[xray::step]
    async fn early(number: u8) {
        if number == 0 {
            return;
        }
        empty();
    }
    let recording = Recording::start();
    empty();
    unit();
    tail(&mut Vec::new());
    block_on(early(0));
    block_on(early(1));
    assert!(recording.tree().contains("early(number=1) returned null\n    empty() returned"), "{}", recording.tree());
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}
