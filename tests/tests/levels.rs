//! How much is kept at which level, and that what is counted is the same at each.

use xray::decision::{Basis, Verdict};
use xray::{KeepRuns, Level};
use xray_tests::{Recording, line};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Film {
    id: u32,
    title: String,
    rating: f64,
}

fn films(count: u32) -> Vec<Film> {
    (0..count).map(|id| Film { id, title: format!("film {id}"), rating: f64::from(id * 7 % 1000) / 100.0 }).collect()
}

/// Two reasons, and what is inferred agrees with them.
#[xray::step(kind = "filter")]
fn good(films: Vec<Film>, rating: f64) -> Vec<Film> {
    films.into_iter().filter(|film| xray::keep!(film.id; film.rating >= rating && film.id % 10 != 3)).collect()
}

/// Nothing is said: all is inferred.
#[xray::step(kind = "filter")]
fn even(films: Vec<Film>) -> Vec<Film> {
    films.into_iter().filter(|film| film.id % 2 == 0).collect()
}

#[xray::run]
fn pick(count: u32) -> usize {
    even(good(films(count), 7.0)).len()
}

#[test]
fn what_is_counted_is_the_same_at_every_level() {
    let mut counted = Vec::new();
    for level in [Level::Full, Level::Sampled, Level::Metrics] {
        let recording = Recording::start_with(|builder| builder.capture(level));
        pick(5_000);
        let (good, even) = (recording.step("good"), recording.step("even"));
        assert_eq!((good.step.level, even.step.level), (level, level));
        counted.push([&good, &even].map(|detail| {
            let step = &detail.step;
            (step.items_in, step.items_out, step.counts.clone())
        }));
        let shown = good.account().decisions.len();
        match level {
            Level::Full => assert_eq!(shown, 5_000),
            Level::Sampled => assert!((4..60).contains(&shown), "{shown}"),
            _ => assert_eq!((shown, good.arguments.len(), good.result.is_some()), (0, 0, false)),
        }
    }
    let expected = films(5_000).into_iter().filter(|film| film.rating >= 7.0 && film.id % 10 != 3).count() as u64;
    let [(items_in, items_out, good), (_, _, even)] = &counted[0];
    assert_eq!((*items_in, *items_out, good.kept), (Some(5_000), Some(expected), expected));
    assert_eq!((good.eliminated, good.inferred, even.inferred), (5_000 - expected, true, true));
    let reasons: Vec<_> = good.reasons.iter().map(|(reason, _)| &**reason).collect();
    assert_eq!(reasons, ["film.rating >= rating", "film.id % 10 != 3"]);
    assert_eq!(good.reasons.iter().map(|(_, items)| items).sum::<u64>(), good.eliminated);
    assert_eq!((&counted[1], &counted[2]), (&counted[0], &counted[0]));
}

#[test]
fn a_sample_has_the_first_the_last_one_of_each_reason_and_those_at_the_threshold() {
    let recording = Recording::start_with(|builder| builder.capture(Level::Sampled));
    pick(5_000);
    let good = recording.step("good");
    let account = good.account();
    let of_code: Vec<_> = account.decisions.iter().filter(|decision| decision.basis == Basis::Observed).collect();
    let has = |item: &str| of_code.iter().any(|decision| &*decision.item == item);
    assert!(has("0") && has("4999"), "{of_code:?}");
    for reason in ["film.rating >= rating", "film.id % 10 != 3"] {
        assert!(of_code.iter().any(|decision| decision.reason.as_deref() == Some(reason)), "{reason}: {of_code:?}");
    }
    // 7.00 itself, and one hundredth below and above.
    let at_threshold = of_code.iter().filter(|decision| {
        let check = decision.checks.first().map(ToString::to_string).unwrap_or_default();
        ["7 >= rating", "6.99 >= rating", "7.01 >= rating"].iter().any(|near| check.contains(near))
    });
    assert!(at_threshold.count() >= 3, "{of_code:?}");
    let even = recording.step("even");
    let account = even.account();
    assert_eq!(account.sampled_of, even.step.items_in, "what was thinned says so");
    let verdicts: Vec<_> = account.decisions.iter().map(|decision| decision.verdict).collect();
    assert!(verdicts.contains(&Verdict::Kept) && verdicts.contains(&Verdict::Eliminated), "{verdicts:?}");
    assert!(account.decisions.len() <= 8, "{verdicts:?}");
    // Long lists are cut, and say how long they were.
    let shown = serde_json::to_value(&even.arguments[0]).expect("JSON");
    assert_eq!(shown["value"].as_array().map(Vec::len), Some(8));
    assert_eq!(shown["cut"][0]["length"], even.step.items_in.expect("a list"));
}

#[test]
fn a_sample_keeps_short_lists_and_other_values_whole() {
    let recording = Recording::start_with(|builder| builder.capture(Level::Sampled));
    pick(20);
    let good = recording.step("good");
    assert_eq!(good.arguments[0].captured.to_json(), serde_json::to_value(films(20)).expect("JSON"));
    assert_eq!(good.arguments[1].captured.to_json(), 7.0);
}

#[xray::run]
fn private(count: u32) -> usize {
    xray::limit_run(Level::Metrics);
    even(films(count)).len()
}

#[test]
fn a_run_can_lower_its_own_level() {
    let recording = Recording::start();
    private(10);
    let even = recording.step("even");
    assert_eq!((even.step.level, even.arguments.len(), even.step.counts.kept), (Level::Metrics, 0, 5));
    assert_eq!(recording.step("private").step.level, Level::Full, "it had begun");
}

#[test]
fn a_share_of_the_runs_is_recorded_whole_and_the_others_not_at_all() {
    let recording = Recording::start_with(|builder| builder.sample_runs(0.25));
    for _ in 0..400 {
        pick(4);
    }
    let runs = recording.runs();
    assert!((50..150).contains(&runs.len()), "{}", runs.len());
    assert!(runs.iter().all(|run| run.steps == 3), "{runs:?}");
    let stats = xray::stats();
    assert_eq!(stats.unsampled_runs, 400 - runs.len() as u64);
    assert_eq!(stats.stored, runs.len() as u64 * 2 * 3 + stats_of_facts(&runs));
}

/// Each run checks four films.
fn stats_of_facts(runs: &[xray::model::Run]) -> u64 {
    runs.len() as u64 * 4
}

#[test]
fn a_share_goes_from_none_to_all() {
    let recording = Recording::start_with(|builder| builder.sample_runs(0.0));
    pick(4);
    assert_eq!(recording.runs().len(), 0);
    drop(recording);
    let _turn = xray_tests::turn();
    for share in [-0.1, 1.5, f64::NAN] {
        let directory = tempfile::tempdir().expect("a directory");
        let error = xray::builder().store(directory.path().join("x.redb")).sample_runs(share).start();
        let error = error.expect_err("no share").to_string();
        assert!(error.contains("it goes from 0 for none to 1 for all"), "{error}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Course {
    Usual,
    Fails,
    Marked,
    Odd,
    Slow,
}

#[xray::run]
fn search(course: Course) -> Result<usize, String> {
    let threshold = if course == Course::Odd { 9.5 } else { 3.0 };
    let found = good(films(100), threshold);
    match course {
        Course::Fails => return Err("no connection".to_owned()),
        Course::Marked => xray::important(),
        Course::Slow => std::thread::sleep(std::time::Duration::from_millis(60)),
        Course::Usual | Course::Odd => {}
    }
    Ok(found.len())
}

fn whole(recording: &Recording) -> Vec<String> {
    let whole = recording.runs().into_iter().filter(|run| run.level == Level::Full);
    whole
        .map(|run| recording.guard().store().step(run.id, run.id.root()).unwrap().unwrap())
        .map(|step| line(&step))
        .collect()
}

#[test]
fn runs_that_are_remarkable_are_kept_whole_and_of_the_others_the_counts() {
    let slow = Some(std::time::Duration::from_millis(50));
    let keep = KeepRuns { share: 0.0, slow, surprising: true, ..KeepRuns::default() };
    let recording = Recording::start_with(|builder| builder.keep_runs(keep));
    for _ in 0..40 {
        search(Course::Usual).unwrap();
    }
    for course in [Course::Fails, Course::Usual, Course::Marked, Course::Odd, Course::Slow, Course::Usual] {
        let _ = search(course);
    }
    let runs = recording.runs();
    assert_eq!(runs.len(), 46);
    let mut kept = whole(&recording);
    // Machines are slow at times; what must not be is that one of these is missing.
    kept.retain(|line| !line.contains("Usual"));
    let courses = ["Fails", "Marked", "Odd", "Slow"];
    assert_eq!(kept.len(), courses.len(), "{kept:?}");
    for (line, course) in kept.iter().zip(courses) {
        assert!(line.contains(course), "{kept:?}");
    }
    let thinned = runs.iter().find(|run| run.level == Level::Metrics).expect("most of them");
    let steps = recording.steps(thinned.id);
    assert_eq!(steps.len(), 2);
    let good = steps.iter().find(|step| &*step.callsite.name == "good").expect("the filter");
    assert_eq!((good.level, good.items_in, good.counts.reasons.is_empty()), (Level::Metrics, Some(100), false));
    let detail = recording.guard().store().step(thinned.id, good.id).unwrap().unwrap();
    assert!(detail.arguments.is_empty() && detail.facts.is_empty());
    let stats = xray::stats();
    assert_eq!((stats.produced, stats.in_flight), (stats.stored, 0));
}

#[test]
fn a_share_of_the_unremarkable_is_kept() {
    let keep = KeepRuns { share: 0.1, slow: None, surprising: false, ..KeepRuns::default() };
    let recording = Recording::start_with(|builder| builder.keep_runs(keep));
    for _ in 0..50 {
        search(Course::Usual).unwrap();
    }
    assert_eq!((recording.runs().len(), whole(&recording).len()), (50, 5));
}

#[test]
fn what_is_held_is_bounded_and_a_run_that_does_not_end_is_kept() {
    let keep = KeepRuns { share: 0.0, slow: None, surprising: false, held_bytes: 1 };
    let recording = Recording::start_with(|builder| builder.keep_runs(keep));
    #[xray::run]
    fn long(recording: &Recording) {
        good(films(100), 3.0);
        // Read while it runs: too large to be held, it was written as it went.
        let running = recording.runs().remove(0);
        assert_eq!(recording.steps(running.id).len(), 2);
        good(films(100), 3.0);
    }
    long(&recording);
    assert_eq!(recording.runs()[0].level, Level::Full);
    assert_eq!(recording.steps(recording.runs()[0].id).len(), 3);
}
