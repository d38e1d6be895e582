//! async functions: what they hold, where they may go, how they end.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use xray_tests::Recording;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_mut_argument_is_reassigned_to_a_borrow_of_a_local() {
    #[xray::step]
    async fn shortest(mut text: &str) -> usize {
        let local = text.trim().to_owned();
        text = &local;
        tokio::task::yield_now().await;
        text.len()
    }
    #[xray::step]
    fn shortest_now(mut text: &str, mut list: Vec<&str>) -> usize {
        let local = text.trim().to_owned();
        text = &local;
        list.push(&local);
        text.len() + list.len()
    }
    let recording = Recording::start();
    assert_eq!(block_on(is_send(shortest("  ab "))), 2);
    assert_eq!(shortest_now(" a", vec!["b"]), 3);
    let tree = recording.tree();
    assert!(tree.contains("shortest(text=\"  ab \") returned 2"), "{tree}");
    assert!(tree.contains("shortest_now(text=\" a\", list=[\"b\"]) returned 3"), "{tree}");
}

#[test]
fn futures_are_send_when_they_were() {
    #[xray::step]
    async fn not_sync(cell: Cell<u8>, receiver: std::sync::mpsc::Receiver<u8>) -> u8 {
        tokio::task::yield_now().await;
        cell.set(cell.get() + 1);
        cell.into_inner() + u8::try_from(receiver.into_iter().count()).unwrap_or(0)
    }
    #[xray::step]
    async fn generic<T: Send>(value: T) -> T {
        tokio::task::yield_now().await;
        value
    }
    #[xray::step]
    async fn unused_not_sync(_cell: Cell<u8>, _: Cell<u8>, mut other: Cell<u8>) -> u8 {
        tokio::task::yield_now().await;
        *other.get_mut() += 1;
        other.into_inner()
    }
    #[xray::step]
    async fn local(shared: Rc<Cell<u8>>) -> u8 {
        tokio::task::yield_now().await;
        shared.get()
    }
    #[xray::step]
    async fn raw(pointer: *const u8) -> bool {
        pointer.is_null()
    }
    #[xray::step]
    async fn not_sync_result(number: u8) -> Result<Cell<u8>, Box<dyn std::error::Error + Send>> {
        tokio::task::yield_now().await;
        Ok(Cell::new(number))
    }
    let recording = Recording::start();
    let (sender, receiver) = std::sync::mpsc::channel();
    drop(sender);
    assert_eq!(block_on(is_send(not_sync(Cell::new(1), receiver))), 2);
    assert_eq!(block_on(is_send(generic(Cell::new(3)))).get(), 3);
    assert_eq!(block_on(is_send(unused_not_sync(Cell::new(1), Cell::new(2), Cell::new(3)))), 4);
    assert_eq!(block_on(local(Rc::new(Cell::new(4)))), 4);
    assert!(block_on(raw(std::ptr::null())));
    assert!(block_on(is_send(not_sync_result(1))).is_ok());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    assert_eq!(runtime.block_on(runtime.spawn(generic(5))).expect("no panic"), 5);
    assert_eq!(recording.runs().len(), 7);
}

#[test]
fn a_future_is_not_larger_by_its_arguments() {
    async fn plain(block: [u8; 256]) -> u8 {
        tokio::task::yield_now().await;
        block[7]
    }
    #[xray::step]
    async fn annotated(block: [u8; 256]) -> u8 {
        tokio::task::yield_now().await;
        block[7]
    }
    async fn plain_mut(mut block: [u8; 256]) -> u8 {
        tokio::task::yield_now().await;
        block[7] += 1;
        block[7]
    }
    #[xray::step]
    async fn annotated_mut(mut block: [u8; 256]) -> u8 {
        tokio::task::yield_now().await;
        block[7] += 1;
        block[7]
    }
    let sizes = [plain([0; 256]), plain([1; 256])].map(|future| size_of_val(&future));
    let (before, after) = (sizes[0], size_of_val(&annotated([0; 256])));
    let (before_mut, after_mut) = (size_of_val(&plain_mut([0; 256])), size_of_val(&annotated_mut([0; 256])));
    println!("a 256-byte argument: {before} -> {after} bytes; mut: {before_mut} -> {after_mut} bytes");
    // What the step itself needs, and no other copy of the argument.
    assert!(after < before + 256, "{before} -> {after}");
    // A `mut` one has to be bound inside of the body, for the body may give it a shorter lifetime there.
    assert!(after_mut < before_mut + 2 * 256, "{before_mut} -> {after_mut}");
}

#[test]
fn a_future_that_is_dropped_was_cancelled() {
    #[xray::step]
    async fn waits(text: String) -> String {
        std::future::pending::<()>().await;
        text
    }
    struct DropsWhilePanicking;
    impl Drop for DropsWhilePanicking {
        fn drop(&mut self) {
            let mut future = Box::pin(waits("unwinding".to_owned()));
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
    #[xray::step]
    async fn panics() {
        tokio::task::yield_now().await;
        panic!("in the body")
    }
    let recording = Recording::start();
    drop(waits("unpolled".to_owned()));
    let mut future = Box::pin(waits("polled".to_owned()));
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(future);
    let caught = std::panic::catch_unwind(|| {
        let _drops = DropsWhilePanicking;
        panic!("elsewhere");
    });
    assert!(caught.is_err());
    assert!(std::panic::catch_unwind(|| block_on(panics())).is_err());
    let tree = recording.tree();
    // Never polled, an async function was never called: there is nothing to record, and nothing of it is.
    assert!(!tree.contains("unpolled"), "{tree}");
    assert!(tree.contains("waits(text=\"polled\") cancelled"), "{tree}");
    assert!(tree.contains("waits(text=\"unwinding\") cancelled"), "{tree}");
    assert!(tree.contains("panics() panicked \"in the body\""), "{tree}");
}

#[test]
fn recursion_is_deep() {
    #[xray::step]
    fn down(left: u32) -> u32 {
        if left == 0 { 0 } else { 1 + down(left - 1) }
    }
    #[xray::step]
    async fn down_later(left: u32) -> u32 {
        if left == 0 { 0 } else { 1 + Box::pin(down_later(left - 1)).await }
    }
    #[xray::step]
    fn down_boxed(left: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { if left == 0 { 0 } else { 1 + down_boxed(left - 1).await } })
    }
    let recording = Recording::start();
    assert_eq!((down(100), block_on(down_later(100)), block_on(down_boxed(100))), (100, 100, 100));
    let tree = recording.tree();
    for name in ["down", "down_later", "down_boxed"] {
        assert!(tree.contains(&format!("{}{name}(left=0) returned 0", "  ".repeat(101))), "{name} is not nested");
    }
}

#[test]
fn traits_have_async_functions() {
    trait Source {
        #[allow(async_fn_in_trait)]
        async fn read(&mut self, count: usize) -> Vec<u8>;
        fn send(&self, byte: u8) -> impl Future<Output = Result<u8, String>> + Send;
        #[xray::step]
        #[allow(async_fn_in_trait)]
        async fn twice(&mut self) -> usize {
            self.read(1).await.len() + self.read(2).await.len()
        }
        #[xray::step]
        fn numbers(&self) -> impl Iterator<Item = u8> {
            [1, 2].into_iter()
        }
        #[xray::step]
        async fn unsized_too(&self) -> usize
        where
            Self: Sync,
        {
            size_of_val(self)
        }
    }
    struct Zeros;
    impl Source for Zeros {
        #[xray::step]
        async fn read(&mut self, count: usize) -> Vec<u8> {
            vec![0; count]
        }
        #[xray::step]
        async fn send(&self, byte: u8) -> Result<u8, String> {
            Ok(byte)
        }
    }
    struct Written;
    impl Source for Written {
        async fn read(&mut self, count: usize) -> Vec<u8> {
            vec![1; count]
        }
        #[xray::step]
        fn send(&self, byte: u8) -> impl Future<Output = Result<u8, String>> + Send {
            async move { Err(format!("not {byte}")) }
        }
    }
    let recording = Recording::start();
    assert_eq!(block_on(Zeros.twice()), 3);
    assert_eq!(block_on(is_send(Zeros.send(1))), Ok(1));
    assert!(block_on(is_send(Written.send(2))).is_err());
    assert_eq!((Zeros.numbers().count(), block_on(Written.unsized_too())), (2, 0));
    let tree = recording.tree();
    assert!(tree.contains("twice() returned 3\n    read(count=1) returned [0]\n    read(count=2)"), "{tree}");
    assert!(tree.contains("send(byte=1) ok 1") && tree.contains("send(byte=2) err \"not 2\""), "{tree}");
}
