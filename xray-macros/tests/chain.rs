//! A hundred async functions, each of which awaits the next: what the compiler has to nest.
//!
//! Without the attribute forty are what the default limit allows.
#![recursion_limit = "1200"]
// Odd functions are the point of these tests.
#![allow(dead_code, unreachable_pub, clippy::all)]

use xray_tests::Recording;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// A hundred functions, each of which calls the next one: what the compiler has to nest.
mod chain {
    macro_rules! chain {
        ($last:ident) => {
            #[xray::step]
            pub(super) async fn $last(number: u64) -> u64 {
                tokio::task::yield_now().await;
                number
            }
        };
        ($first:ident $next:ident $($rest:ident)*) => {
            #[xray::step]
            pub(super) async fn $first(number: u64) -> u64 {
                $next(number + 1).await
            }
            chain!($next $($rest)*);
        };
    }
    chain! {
        a00 a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24
        a25 a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49
        a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a60 a61 a62 a63 a64 a65 a66 a67 a68 a69 a70 a71 a72 a73 a74
        a75 a76 a77 a78 a79 a80 a81 a82 a83 a84 a85 a86 a87 a88 a89 a90 a91 a92 a93 a94 a95 a96 a97 a98 a99
    }
}

#[test]
fn a_chain_is_a_hundred_steps_long() {
    let recording = Recording::start();
    // Unoptimized, each poll holds copies of the futures that it makes: more than a test's thread has room for.
    let run = || {
        let future = is_send(chain::a00(0));
        println!("a chain of 100: {} bytes", size_of_val(&future));
        assert!(size_of_val(&future) < 100 * 256);
        assert_eq!(block_on(future), 99);
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread").join().expect("no panic");
    assert!(recording.tree().contains(&format!("{}a99(number=99) returned 99", "  ".repeat(100))));
}

#[test]
fn the_users_methods_are_not_taken_for_ours() {
    // A method that every type has, and that takes it by value: found before one of ours that borrows.
    trait Everything: Sized {
        fn outcome(self) {}
    }
    impl<T> Everything for T {}

    #[xray::step]
    fn double(number: u8) -> u8 {
        number * 2
    }
    assert_eq!(double(1), 2);
}
