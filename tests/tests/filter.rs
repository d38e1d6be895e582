//! Which functions are recorded: by the builder, by the environment, and while the program runs.

use xray_tests::{Recording, child, role};

mod search {
    #[xray::step]
    pub(crate) fn rank(number: u32) -> u32 {
        score(number) + 1
    }

    #[xray::step(capture = "metrics")]
    pub(crate) fn score(number: u32) -> u32 {
        number * 2
    }
}

#[xray::run]
fn shop(number: u32) -> u32 {
    search::rank(number)
}

const EVERYTHING: &str =
    "shop completed\n  shop(number=1) returned 3\n    rank(number=1) returned 3\n      score() returned\n";

#[test]
fn the_builder_chooses_by_path() {
    for (filter, tree) in [
        ("", EVERYTHING),
        ("filter::search=off", "shop completed\n  shop(number=1) returned 3\n"),
        ("*::rank=off", "shop completed\n  shop(number=1) returned 3\n    score() returned\n"),
        ("off,filter::search::rank", "rank completed\n  rank(number=1) returned 3\n"),
        ("metrics", "shop completed\n  shop() returned\n    rank() returned\n      score() returned\n"),
        // What the attribute promises not to capture stays so.
        ("filter::search::score=full", EVERYTHING),
        ("off", ""),
    ] {
        let recording = Recording::start_with(|builder| builder.filter(filter));
        assert_eq!(shop(1), 3);
        assert_eq!(recording.tree(), tree, "{filter:?}");
    }
}

#[test]
fn the_filter_can_change_while_the_program_runs() {
    let recording = Recording::start_with(|builder| builder.filter("off"));
    shop(1);
    assert_eq!(recording.tree(), "");
    recording.guard().set_filter("").expect("a filter");
    shop(1);
    assert_eq!(recording.tree(), EVERYTHING);
    let error = recording.guard().set_filter("shop=loud").expect_err("no such level");
    assert!(error.to_string().contains("\"loud\" is not one of off, metrics, sampled, full"), "{error}");
    shop(1);
    assert_eq!(recording.tree(), EVERYTHING.repeat(2), "the filter is as it was");
    recording.guard().set_filter("off").expect("a filter");
    shop(1);
    assert_eq!(recording.tree(), EVERYTHING.repeat(2));
}

#[test]
fn the_environment_has_the_last_word() {
    if role().is_some() {
        let directory = tempfile::tempdir().expect("a directory");
        match xray::builder().store(directory.path().join("x.redb")).filter("full").start() {
            Ok(xray) => {
                shop(1);
                xray.flush().expect("a store that works");
                println!("said: {} events", xray::stats().stored);
            }
            Err(error) => println!("said: {error}"),
        }
        return;
    }
    for (filter, said) in [
        ("off", "said: 0 events"),
        ("filter::search=off", "said: 2 events"),
        (
            "shop=on",
            "said: the filter \"shop=on\" is wrong at \"shop=on\": \"on\" is not one of off, metrics, sampled, full",
        ),
    ] {
        let output =
            child("the_environment_has_the_last_word", "child").env("XRAY_FILTER", filter).output().expect("it runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && printed.contains(said), "{filter}: {printed}");
    }
}
