//! Functions that return a future: the step ends when the future does, not when the function returns.
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use std::pin::Pin;
use std::task::{Context, Poll};

use xray_tests::Recording;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[xray::step]
fn inside(number: u8) -> u8 {
    number + 1
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_step_ends_when_its_future_does() {
    #[xray::step]
    fn opaque(number: u8) -> impl Future<Output = u8> {
        async move { inside(number) }
    }
    #[xray::step]
    fn eager(number: u8) -> impl Future<Output = Result<u8, String>> + Send + 'static {
        let first = inside(number);
        async move {
            tokio::task::yield_now().await;
            if first > 200 { Err(format!("{first} is too much")) } else { Ok(inside(first)) }
        }
    }
    #[xray::step]
    fn boxed(text: &str) -> Pin<Box<dyn Future<Output = usize> + '_>> {
        Box::pin(async move {
            inside(0);
            text.len()
        })
    }
    #[xray::step]
    fn aliased(text: &str) -> Boxed<'_, Option<char>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            inside(1);
            text.chars().next()
        })
    }
    #[xray::step]
    fn ready() -> std::future::Ready<u8> {
        std::future::ready(inside(2))
    }
    let recording = Recording::start();
    assert_eq!(block_on(opaque(1)), 2);
    assert_eq!(block_on(is_send(eager(2))), Ok(4));
    assert!(block_on(eager(201)).is_err());
    assert_eq!(block_on(boxed("ab")), 2);
    assert_eq!(block_on(is_send(aliased("ab"))), Some('a'));
    assert_eq!(block_on(ready()), 3);
    assert_eq!(
        recording.tree(),
        r#"opaque completed
  opaque(number=1) returned 2
    inside(number=1) returned 2
eager completed
  eager(number=2) ok 4
    inside(number=2) returned 3
    inside(number=3) returned 4
eager failed
  eager(number=201) err "202 is too much"
    inside(number=201) returned 202
boxed completed
  boxed(text="ab") returned 2
    inside(number=0) returned 1
aliased completed
  aliased(text="ab") returned "a"
    inside(number=1) returned 2
ready completed
  ready() returned "Ready(Some(3))"
    inside(number=2) returned 3
"#
    );
}

#[test]
fn a_future_that_is_dropped_or_panics_ends_its_step() {
    #[xray::step]
    fn boxed(panics: bool) -> Boxed<'static, u8> {
        Box::pin(async move {
            assert!(!panics, "as asked");
            std::future::pending().await
        })
    }
    let recording = Recording::start();
    drop(boxed(false));
    let mut polled = boxed(false);
    let mut task = Context::from_waker(std::task::Waker::noop());
    assert!(polled.as_mut().poll(&mut task).is_pending());
    drop(polled);
    let panicked = std::panic::catch_unwind(|| block_on(boxed(true)));
    assert!(panicked.is_err());
    let tree = recording.tree();
    assert_eq!(tree.matches("boxed(panics=false) cancelled").count(), 2, "{tree}");
    assert!(tree.contains("boxed(panics=true) panicked \"as asked\""), "{tree}");
}

#[test]
fn a_service_names_its_future() {
    trait Service {
        type Future: Future<Output = u8>;
        fn call(&mut self, request: u8) -> Self::Future;
    }
    struct Named;
    impl Service for Named {
        type Future = Boxed<'static, u8>;
        #[xray::step]
        fn call(&mut self, request: u8) -> Self::Future {
            Box::pin(async move { inside(request) })
        }
    }
    let recording = Recording::start();
    assert_eq!(block_on(Named.call(1)), 2);
    assert_eq!(recording.tree(), "call completed\n  call(request=1) returned 2\n    inside(number=1) returned 2\n");
}

#[test]
fn a_future_by_hand_stays_what_it_is() {
    struct Hand(u8);
    impl Future for Hand {
        type Output = u8;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
            Poll::Ready(self.0)
        }
    }
    trait Named: Future<Output = u8> {
        fn name(&self) -> &'static str;
    }
    impl Named for Hand {
        fn name(&self) -> &'static str {
            "hand"
        }
    }
    #[xray::step]
    fn named() -> impl Named {
        Hand(1)
    }
    #[xray::step]
    fn by_hand() -> impl Future<Output = u8> + Unpin {
        Hand(2)
    }
    let recording = Recording::start();
    assert_eq!((named().name(), block_on(named())), ("hand", 1));
    let mut future = by_hand();
    assert_eq!(block_on(Pin::new(&mut future)), 2);
    drop(future);
    assert!(recording.tree().contains("by_hand() returned 2"), "{}", recording.tree());
}

#[test]
fn a_future_outlives_the_collector() {
    #[xray::step]
    fn boxed() -> Boxed<'static, u8> {
        Box::pin(async { inside(0) })
    }
    let mut recording = Recording::start();
    let future = boxed();
    recording.stop();
    assert_eq!(block_on(future), 1);
}

#[test]
fn async_trait_methods_are_steps() {
    #[async_trait::async_trait]
    trait Store {
        #[xray::step]
        async fn defaulted(&self, key: &str) -> usize {
            key.len()
        }
        async fn get(&self, key: &str) -> Option<String>;
        async fn set(&mut self, key: String, mut value: String) -> Result<(), String>;
        async fn open(path: &str) -> Self
        where
            Self: Sized;
        async fn generic<T: Into<String> + Send>(&self, value: T) -> String;
    }
    struct Memory(Vec<(String, String)>);
    #[async_trait::async_trait]
    impl Store for Memory {
        #[xray::step]
        async fn get(&self, key: &str) -> Option<String> {
            tokio::task::yield_now().await;
            self.0.iter().find(|(found, _)| found == key).map(|(_, value)| value.clone())
        }
        #[xray::step]
        async fn set(&mut self, key: String, mut value: String) -> Result<(), String> {
            value.push('!');
            if key.is_empty() {
                return Err("no key".to_owned());
            }
            self.0.push((key, value));
            Ok(())
        }
        #[xray::step]
        async fn open(path: &str) -> Self {
            let _ = path;
            Self(Vec::new())
        }
        #[xray::step]
        async fn generic<T: Into<String> + Send>(&self, value: T) -> String {
            tokio::task::yield_now().await;
            value.into()
        }
    }
    let recording = Recording::start();
    let mut store = block_on(Memory::open("x"));
    assert_eq!(block_on(is_send(store.set("a".to_owned(), "b".to_owned()))), Ok(()));
    assert!(block_on(store.set(String::new(), String::new())).is_err());
    assert_eq!(block_on(store.get("a")).as_deref(), Some("b!"));
    assert_eq!(block_on(store.generic("text")), "text");
    assert_eq!(block_on(store.defaulted("text")), 4);
    let tree = recording.tree();
    for line in [
        "set(key=\"a\", value=\"b\") ok null",
        "set(key=\"\", value=\"\") err \"no key\"",
        "get(key=\"a\") returned \"b!\"",
        "returned \"text\"",
        "defaulted(key=\"text\") returned 4",
    ] {
        assert!(tree.contains(line), "{line} in\n{tree}");
    }
}

#[test]
fn steps_goes_above_and_below_async_trait() {
    #[async_trait::async_trait]
    trait Named {
        async fn name(&self) -> String;
    }
    struct Above;
    struct Below;
    #[xray::steps(kind = "above")]
    #[async_trait::async_trait]
    impl Named for Above {
        async fn name(&self) -> String {
            inside(1).to_string()
        }
    }
    #[async_trait::async_trait]
    #[xray::steps(kind = "below")]
    impl Named for Below {
        async fn name(&self) -> String {
            inside(2).to_string()
        }
    }
    let recording = Recording::start();
    assert_eq!((block_on(Above.name()), block_on(Below.name())), ("2".to_owned(), "3".to_owned()));
    assert_eq!(
        recording.tree(),
        "name completed\n  name() returned \"2\"\n    inside(number=1) returned 2\n\
         name completed\n  name() returned \"3\"\n    inside(number=2) returned 3\n"
    );
}
