//! What the code says of its steps, and what the values say of them, read back from the store.

use std::cell::Cell;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context as TaskContext, Poll, Waker};

use serde::Serialize;
use xray::decision::Decision;
use xray::model::StepDetail;
use xray::{Check, Llm};
use xray_tests::Recording;

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Film {
    title: &'static str,
    rating: f64,
    votes: Option<u32>,
}

fn films() -> Vec<Film> {
    let film = |title, rating, votes| Film { title, rating, votes };
    vec![film("Alien", 8.5, Some(900)), film("Prey", 9.1, Some(12)), film("Cats", 2.8, None), film("Jaws", 6.9, None)]
}

/// One line for each decision: `item: verdict basis, marks, "reason", score, [checks]`.
fn shown(detail: &StepDetail) -> String {
    let mut text = String::new();
    for decision in detail.account().decisions {
        let Decision { item, verdict, basis, reason, score, checks, detail, .. } = &decision;
        let _ = write!(text, "{item}: {} {}", verdict.as_str(), basis.as_str());
        let marks = [(decision.contradicted, "contradicted"), (decision.ambiguous, "ambiguous")];
        for (_, mark) in marks.iter().filter(|(is, _)| *is) {
            let _ = write!(text, ", {mark}");
        }
        if let Some(reason) = reason {
            let _ = write!(text, ", {reason:?}");
        }
        if let Some(score) = score {
            let _ = write!(text, ", {score}");
        }
        if let Some(detail) = detail {
            let _ = write!(text, ", {detail:?}");
        }
        for check in checks {
            let _ = write!(text, ", [{check}]");
        }
        text.push('\n');
    }
    text
}

/// `kept/eliminated/scored/introduced/refused`, and whether that was inferred.
fn counted(detail: &StepDetail) -> (String, bool) {
    let counts = &detail.step.counts;
    let numbers = [counts.kept, counts.eliminated, counts.scored, counts.introduced, counts.refused];
    (numbers.map(|number| number.to_string()).join("/"), counts.inferred)
}

fn reasons(detail: &StepDetail) -> Vec<(&str, u64)> {
    detail.step.counts.reasons.iter().map(|(reason, items)| (&**reason, *items)).collect()
}

/// Every function there is, once or more.
fn say_everything() {
    xray::keep("kept");
    xray::eliminate("out", "too dear", 12);
    xray::eliminate("also out", String::from("too dear"), ());
    xray::score("scored", 0.5);
    xray::ranked([("first", 3.0), ("second", 1.5)]);
    xray::decide("chosen", "it is the best", Some(0.9), ["other", "another"]);
    let checks = [Check::new("price", false).detail(&"12 of 10"), Check::new("stars", true)];
    xray::evaluation("evaluated", &checks, false, "");
    xray::evaluation("explained", &checks, true, "it is cheap enough");
    xray::reason("the cache was empty");
    xray::meta("cache", &("miss", 3));
    xray::input_count(70);
    xray::output_count(7);
    xray::important();
    xray::llm(Llm::new("chat", "openai", "gpt-4").tokens(812, 3).temperature(0.5).finish_reason("stop"));
    xray::tag("customer", "c-1729");
    xray::note("a note");
    xray::set_input(&["in"]);
    xray::set_output(&Some(1));
}

const SAID: &str = r#"kept: kept observed
out: eliminated observed, "too dear", 12
also out: eliminated observed, "too dear"
scored: scored observed, 0.5
first: scored observed, 3
second: scored observed, 1.5
chosen: kept observed, "it is the best", 0.9
other: eliminated observed, "not chosen"
another: eliminated observed, "not chosen"
evaluated: eliminated observed, "price", [price "12 of 10": false], [stars: true]
explained: kept observed, "it is cheap enough", [price "12 of 10": false], [stars: true]
"#;

#[test]
fn all_that_is_said_in_a_step_is_there() {
    #[xray::step]
    fn inner() {
        say_everything();
    }
    #[xray::run]
    fn outer() {
        inner();
    }
    let recording = Recording::start();
    outer();
    let inner = recording.step("inner");
    assert_eq!(shown(&inner), SAID);
    assert_eq!(counted(&inner), ("3/5/3/0/0".to_owned(), false));
    assert_eq!(reasons(&inner), [("too dear", 2), ("not chosen", 2), ("price", 1)]);
    assert_eq!((inner.step.items_in, inner.step.items_out, inner.step.important), (Some(70), Some(7), true));
    let account = inner.account();
    assert_eq!(account.reasons, ["the cache was empty".into()]);
    assert_eq!(format!("{:?}", account.meta), r#"[("cache", ["miss",3])]"#);
    let llm = serde_json::json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4",
        "gen_ai.usage.input_tokens": 812,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.finish_reasons": ["stop"],
    });
    assert_eq!(account.llm.iter().map(xray::value::Captured::to_json).collect::<Vec<_>>(), [llm]);
    assert_eq!((account.tags.len(), account.notes.len(), account.input, account.output), (0, 0, None, None));

    // What is said of the run is with its first step, whichever step said it.
    let outer = recording.step("outer").account();
    assert_eq!(outer.tags, [("customer".into(), "c-1729".into())]);
    assert_eq!(outer.notes, ["a note".into()]);
    assert_eq!(outer.input.expect("an input").json(), r#"["in"]"#);
    assert_eq!(outer.output.expect("an output").json(), "1");
    assert_eq!((outer.decisions.len(), outer.reasons.len(), outer.meta.len(), outer.llm.len()), (0, 0, 0, 0));
}

#[test]
fn outside_of_a_step_nothing_is_recorded_and_nothing_is_asked() {
    let recording = Recording::start();
    say_everything();
    let asked = Cell::new(0);
    let ask = |value: u32| {
        asked.set(asked.get() + 1);
        value
    };
    xray::ranked((0..3).map(|key| (ask(key), 1.0)));
    xray::decide("a", "because", None, (0..3).map(ask));
    assert!(xray::keep!(ask(1); 2 > 1) && xray::score!(ask(1); 2.0) == 2.0);
    assert_eq!(asked.get(), 0, "keys and alternatives are not asked for");
    assert!(!xray::keep!("key"; ask(1) >= ask(2)));
    assert_eq!((asked.get(), recording.runs().len(), xray::stats().produced), (2, 0, 0));
}

#[test]
fn without_a_collector_conditions_are_conditions() {
    #[xray::step]
    fn good(films: Vec<Film>) -> usize {
        films.iter().filter(|film| xray::keep!(film.title; film.rating > 7.0 && film.votes >= Some(100))).count()
    }
    let _turn = xray_tests::turn();
    assert_eq!(good(films()), 1);
}

#[test]
fn a_future_s_facts_are_its_own() {
    #[xray::step(kind = "filter")]
    async fn good(films: Vec<Film>, rating: f64) -> Vec<Film> {
        let mut good = Vec::new();
        for film in films {
            let holds = xray::keep!(film.title; film.rating >= threshold(rating).await && film.votes.is_some());
            tokio::task::yield_now().await;
            if holds {
                xray::reason(film.title);
                good.push(film);
            }
        }
        good
    }
    async fn threshold(rating: f64) -> f64 {
        tokio::task::yield_now().await;
        rating
    }
    #[xray::run]
    async fn two() {
        let tasks = [7.0, 9.0].map(|rating| tokio::spawn(xray::FutureExt::in_current_step(good(films(), rating))));
        for task in tasks {
            task.await.expect("no panic");
        }
    }
    let recording = Recording::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(two());
    let run = recording.runs().remove(0).id;
    let steps = recording.steps(run);
    let mut said: Vec<_> = steps[1..]
        .iter()
        .map(|step| {
            let detail = recording.guard().store().step(run, step.id).expect("readable").expect("there");
            (detail.arguments[1].captured.json(), detail.account().reasons, shown(&detail))
        })
        .collect();
    said.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!((said[0].1.len(), said[1].1.len()), (2, 1), "{said:?}");
    let at_seven = r#"Alien: kept observed, [film.rating 8.5 >= threshold(rating).await 7: true], [film.votes.is_some(): true]
Prey: kept observed, [film.rating 9.1 >= threshold(rating).await 7: true], [film.votes.is_some(): true]
Cats: eliminated observed, "film.rating >= threshold(rating).await", [film.rating 2.8 >= threshold(rating).await 7: false]
Jaws: eliminated observed, "film.rating >= threshold(rating).await", [film.rating 6.9 >= threshold(rating).await 7: false]
"#;
    assert_eq!(said[0].2, at_seven);
    assert!(said[1].2.starts_with("Alien: eliminated observed"), "{}", said[1].2);
}

#[test]
fn threads_count_exactly_also_when_the_step_has_ended() {
    const EACH: u64 = 500;
    fn say(thread: u64) {
        for item in 0..EACH {
            let key = thread * EACH + item;
            xray::keep!(key; key % 2 == 0 && item % 5 > 0);
        }
        xray::meta("thread", &thread);
    }
    /// The last thread says what it has to say when it is told to.
    #[xray::step]
    fn spread(late: mpsc::Receiver<()>) -> std::thread::JoinHandle<()> {
        std::thread::scope(|scope| {
            for thread in 0..3 {
                scope.spawn(xray::in_current_step(move || say(thread)));
            }
        });
        std::thread::spawn(xray::in_current_step(move || {
            late.recv().expect("to be told");
            say(3);
        }))
    }
    let recording = Recording::start_with(|builder| builder.overflow(xray::Overflow::Block));
    let (tell, late) = mpsc::channel();
    let thread = spread(late);
    // An item is kept if it is even and not the first of five: 200 of 500.
    let before = recording.step("spread");
    assert_eq!(counted(&before), ("600/900/0/0/0".to_owned(), false));
    tell.send(()).expect("somebody listens");
    thread.join().expect("no panic");
    let after = recording.step("spread");
    assert_eq!(counted(&after), ("800/1200/0/0/0".to_owned(), false));
    assert_eq!(reasons(&after).iter().map(|(_, items)| items).sum::<u64>(), 1200);
    let mut by_reason = reasons(&after);
    by_reason.sort_unstable();
    assert_eq!(by_reason, [("item % 5 > 0", 200), ("key % 2 == 0", 1000)]);
    let account = after.account();
    assert_eq!((account.decisions.len(), account.meta.len()), (2000, 4));
    assert_eq!(xray::stats().dropped.total(), 0);
}

#[test]
fn a_score_that_is_no_number_is_refused_and_counted() {
    #[xray::step]
    fn rate() -> f64 {
        xray::score("by hand", f64::NAN);
        xray::score("infinite", f64::INFINITY);
        xray::ranked([("a", 1.0), ("b", f64::NAN)]);
        xray::decide("c", "because", Some(f64::NAN), [""; 0]);
        xray::score!("whole"; 3_u8);
        xray::score!("by macro"; f32::NAN);
        xray::score!("good"; 0.25 + 0.5)
    }
    let recording = Recording::start();
    assert_eq!(rate(), 0.75);
    let step = recording.step("rate");
    assert_eq!(counted(&step), ("0/0/3/0/4".to_owned(), false));
    let expected = "infinite: scored observed, inf\nwhole: scored observed, \"3_u8\", 3\n\
                    good: scored observed, \"0.25 + 0.5\", 0.75\n";
    assert_eq!((&*shown(&step), step.account().refused), (expected, 4));
}

#[test]
fn long_texts_are_cut_and_say_so() {
    #[xray::step]
    fn long() {
        let text = "é".repeat(1 << 19);
        xray::eliminate("a", &text, ());
        xray::eliminate(&text, "b", ());
        xray::reason(&text);
        xray::note(&text);
        xray::tag(&text, &text);
        xray::meta("text", &text);
    }
    let recording = Recording::start();
    long();
    let step = recording.step("long");
    let account = step.account();
    let cut = format!("{}… (1048576 bytes)", "é".repeat(512));
    let reason = account.decisions[0].reason.as_deref();
    assert_eq!((reason, &*account.reasons[0], &*account.notes[0]), (Some(&*cut), &*cut, &*cut));
    assert_eq!((&*account.tags[0].0, &*account.tags[0].1), (&*cut, &*cut));
    assert_eq!(reasons(&step), [(&*"é".repeat(64), 1), ("b", 1)], "counted by its beginning");
    let key = &account.decisions[1].item;
    assert!(key.len() <= 256 && key.starts_with('é') && key.contains('…'), "{key}");
    assert!(account.meta[0].1.json().len() > 1_000_000, "a value is a value");
}

#[test]
fn a_condition_is_evaluated_as_it_is_written() {
    struct Counting(Cell<Vec<&'static str>>);
    impl Counting {
        fn see<T>(&self, name: &'static str, value: T) -> T {
            let mut seen = self.0.take();
            seen.push(name);
            self.0.set(seen);
            value
        }
    }
    #[xray::step]
    fn check(counting: &Counting) -> [bool; 5] {
        let see = |name, value: u32| counting.see(name, value);
        [
            xray::keep!(see("key 1", 1); see("a", 1) < see("b", 2) && see("c", 3) == see("d", 4) && see("e", 5) > 0),
            xray::keep!(see("key 2", 2); (see("f", 1) > 1 || see("g", 1) > 0) && !(see("h", 1) != 1)),
            xray::keep!(see("key 3", 3); see("i", 1) > 1 || see("j", 1) > 1),
            xray::keep!(see("key 4", 4); !(see("k", 1) > 1 && see("l", 1) > 1)),
            xray::keep!(see("key 5", 5); (see("m", 1) == 1) && (see("n", 1) == 1 && see("o", 1) == 2)),
        ]
    }
    let evaluated = |keys: bool| {
        let counting = Counting(Cell::default());
        assert_eq!(check(&counting), [false, true, false, true, false]);
        counting.0.take().into_iter().filter(|name| keys || !name.starts_with("key")).collect::<Vec<_>>()
    };
    let recording = Recording::start();
    let operands = ["a", "b", "c", "d", "f", "g", "h", "i", "j", "k", "m", "n", "o"];
    assert_eq!(evaluated(false), operands, "once each, and no further than it takes");
    let step = recording.step("check");
    let expected = r#"1: eliminated observed, "see("c", 3) == see("d", 4)", [see("a", 1) 1 < see("b", 2) 2: true], [see("c", 3) 3 == see("d", 4) 4: false]
2: kept observed, [see("f", 1) > 1 || see("g", 1) > 0: true], [!(see("h", 1) 1 != 1): true]
3: eliminated observed, "see("i", 1) > 1 || see("j", 1) > 1", [see("i", 1) > 1 || see("j", 1) > 1: false]
4: kept observed, [!(see("k", 1) > 1 && see("l", 1) > 1): true]
5: eliminated observed, "see("o", 1) == 2", [see("m", 1) 1 == 1: true], [see("n", 1) 1 == 1: true], [see("o", 1) 1 == 2: false]
"#;
    assert_eq!(shown(&step).replace("\\\"", "\""), expected);
    drop(recording);
    let _turn = xray_tests::turn();
    assert_eq!(evaluated(true), operands, "without a step the keys are not asked for");
}

#[test]
fn temporaries_live_as_long_as_they_do_in_the_condition_alone() {
    struct Guarded<'a>(&'a Cell<u32>);
    impl Guarded<'_> {
        fn value(&self) -> &u32 {
            &7
        }
        fn text(&self) -> &str {
            assert_eq!(self.0.get(), 0, "nothing was dropped yet");
            "seven"
        }
    }
    impl Drop for Guarded<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    #[xray::step]
    fn check(dropped: &Cell<u32>) -> bool {
        let guarded = || Guarded(dropped);
        xray::keep!(guarded().value(); guarded().value() >= guarded().value()
            && *guarded().text() == *String::from("seven").as_str()
            && guarded().text() != "eight")
    }
    let recording = Recording::start();
    let dropped = Cell::new(0);
    assert!(check(&dropped));
    assert_eq!(dropped.get(), 5, "four operands and the key");
    let expected = r#"7: kept observed, [guarded().value() 7 >= guarded().value() 7: true], [*guarded().text() "seven" == *String::from("seven").as_str() "seven": true], [guarded().text() "seven" != "eight": true]
"#;
    assert_eq!(shown(&recording.step("check")), expected);
}

#[test]
fn a_condition_may_leave_the_function() {
    #[xray::step]
    fn parsed(text: &str, least: u32) -> Result<bool, std::num::ParseIntError> {
        Ok(xray::keep!(text; text.parse::<u32>()? >= least))
    }
    #[xray::step]
    fn known(number: Option<u32>) -> bool {
        xray::keep!("number"; number.is_some() && (match number {
            Some(number) => number,
            None => return false,
        }) > { if number == Some(9) { return true }; 3 })
    }
    let recording = Recording::start();
    assert_eq!((parsed("7", 3), parsed("2", 3), parsed("x", 3).is_err()), (Ok(true), Ok(false), true));
    assert_eq!((known(Some(4)), known(Some(9)), known(None)), (true, true, false));
    let counted: Vec<_> = recording
        .runs()
        .iter()
        .map(|run| recording.guard().store().step(run.id, run.id.root()).expect("readable").expect("there"))
        .map(|detail| counted(&detail).0)
        .collect();
    // What is left half-way decides nothing.
    assert_eq!(counted, ["1/0/0/0/0", "0/1/0/0/0", "0/0/0/0/0", "1/0/0/0/0", "0/0/0/0/0", "0/1/0/0/0"]);
    // So does a key that leaves, and whatever is said after it is whole.
    #[xray::step]
    fn keyed(keys: &[Option<u32>]) -> usize {
        let holds =
            |key: &Option<u32>| -> bool { xray::keep!(match key { Some(key) => key, None => return false }; 1 < 2) };
        keys.iter().filter(|key| holds(key)).count()
    }
    assert_eq!(keyed(&[Some(1), None, Some(3)]), 2);
    assert_eq!(shown(&recording.step("keyed")), "1: kept observed, [1 < 2: true]\n3: kept observed, [1 < 2: true]\n");
    // A future that is never polled again says nothing more, and takes nothing back.
    #[xray::step]
    async fn pending() -> bool {
        xray::keep!("first"; 1 < 2);
        xray::keep!("second"; std::future::pending::<u32>().await > 1)
    }
    {
        let mut future = pin!(pending());
        assert_eq!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())), Poll::Pending);
    }
    assert_eq!(shown(&recording.step("pending")), "first: kept observed, [1 < 2: true]\n");
}

#[test]
fn operands_of_any_type_are_borrowed() {
    #[derive(PartialEq, PartialOrd)]
    struct Opaque(u8);
    #[derive(Debug, PartialEq, PartialOrd)]
    struct OnlyDebug(u8);
    #[xray::step(skip(film))]
    fn check(film: &Film, names: &[String], opaque: Opaque, shown: OnlyDebug) -> (bool, Opaque) {
        let (text, owned): (&str, String) = ("abc", "abc".to_owned());
        let holds = xray::keep!(film.title; *text == *owned
            && names[..1] == names[1..]
            && owned == text
            && opaque < Opaque(9)
            && shown > OnlyDebug(0)
            && film.rating > -1.0
            && film.votes == None);
        drop(owned);
        (holds, opaque)
    }
    let recording = Recording::start();
    let names = ["x".to_owned(), "x".to_owned()];
    assert!(check(&films()[2], &names, Opaque(1), OnlyDebug(1)).0);
    let expected = r#"Cats: kept observed, [*text "abc" == *owned "abc": true], [names[..1] ["x"] == names[1..] ["x"]: true], [owned "abc" == text "abc": true], [opaque "decisions::operands_of_any_type_are_borrowed::Opaque" < Opaque(9) "decisions::operands_of_any_type_are_borrowed::Opaque": true], [shown "OnlyDebug(1)" > OnlyDebug(0) "OnlyDebug(0)": true], [film.rating 2.8 > -1.0: true], [film.votes null == None null: true]
"#;
    assert_eq!(shown(&recording.step("check")), expected);
}

#[test]
fn what_the_values_show_and_what_the_code_says_are_held_against_each_other() {
    #[xray::step(kind = "filter")]
    fn silent(films: Vec<Film>) -> Vec<Film> {
        films.into_iter().filter(|film| film.rating > 7.0).collect()
    }
    /// Says of one film the contrary of what becomes of it, and of another nothing.
    #[xray::step(kind = "filter")]
    fn wrong(films: Vec<Film>) -> Vec<Film> {
        films
            .into_iter()
            .filter(|film| match film.title {
                "Prey" => film.rating > 7.0,
                title => xray::keep!(title; film.rating > 7.0) ^ (title == "Cats"),
            })
            .collect()
    }
    /// Its values say nothing.
    #[xray::step(kind = "filter", skip(films))]
    fn blind(films: Vec<Film>) -> usize {
        films.iter().filter(|film| xray::keep!(film.title; film.rating > 7.0)).count()
    }
    let recording = Recording::start();
    silent(films());
    wrong(films());
    blind(films());
    let silent = recording.step("silent");
    let inferred = "Alien: kept inferred\nPrey: kept inferred\nCats: eliminated inferred\nJaws: eliminated inferred\n";
    assert_eq!((&*shown(&silent), counted(&silent)), (inferred, ("2/2/0/0/0".to_owned(), true)));
    assert!(reasons(&silent).is_empty());
    let wrong = recording.step("wrong");
    let held = r#"Alien: kept observed, [film.rating 8.5 > 7.0: true]
Prey: kept inferred
Cats: eliminated observed, contradicted, "film.rating > 7.0", [film.rating 2.8 > 7.0: false]
Jaws: eliminated observed, "film.rating > 7.0", [film.rating 6.9 > 7.0: false]
"#;
    assert_eq!(shown(&wrong), held);
    // What happened is what is counted; the reasons are what was said.
    assert_eq!((counted(&wrong), reasons(&wrong)), (("3/1/0/0/0".to_owned(), true), vec![("film.rating > 7.0", 2)]));
    let blind = recording.step("blind");
    assert_eq!(counted(&blind), ("2/2/0/0/0".to_owned(), false));
    assert_eq!(blind.step.counts.rejection_rate(), Some(0.5));
}

#[test]
fn the_attribute_says_which_argument_and_which_key() {
    #[derive(Debug, Clone, Serialize)]
    struct Offer {
        id: u32,
        shop: Shop,
    }
    #[derive(Debug, Clone, Serialize)]
    struct Shop {
        name: &'static str,
    }
    #[xray::step(kind = "filter", items = "offers", key = "shop.name")]
    fn pick(earlier: &[Offer], offers: &[Offer]) -> Vec<Offer> {
        let _ = earlier;
        offers.iter().filter(|offer| xray::keep!(offer.shop.name; offer.id > 1)).cloned().collect()
    }
    #[xray::step(kind = "filter", items = "offers", key = "shop.nothing")]
    fn misnamed(offers: &[Offer]) -> Vec<Offer> {
        offers.to_vec()
    }
    let recording = Recording::start();
    let offer = |id, name| Offer { id, shop: Shop { name } };
    let offers = [offer(1, "here"), offer(2, "there")];
    pick(&offers, &offers);
    misnamed(&offers);
    let step = recording.step("pick");
    let account = step.account();
    assert_eq!((account.argument.as_deref(), account.key.as_deref()), (Some("offers"), Some("shop.name")));
    assert!(account.doubts.is_empty(), "{:?}", account.doubts);
    let expected = r#"here: eliminated observed, "offer.id > 1", [offer.id 1 > 1: false]
there: kept observed, [offer.id 2 > 1: true]
"#;
    assert_eq!(shown(&step), expected);
    let account = recording.step("misnamed").account();
    assert_eq!(account.doubts.iter().map(|doubt| doubt.as_str()).collect::<Vec<_>>(), ["no_such_key"]);
    assert_eq!(account.key.as_deref(), Some("id"));
}

#[test]
fn metrics_have_the_numbers() {
    #[xray::step(kind = "filter", capture = "metrics")]
    fn good(films: Vec<Film>, secret: &str) -> Vec<Film> {
        films.into_iter().filter(|film| xray::keep!(film.title; film.rating > 7.0 && secret == "hunter2")).collect()
    }
    let recording = Recording::start();
    assert_eq!(good(films(), "hunter2").len(), 2);
    let step = recording.step("good");
    assert_eq!(counted(&step), ("2/2/0/0/0".to_owned(), true));
    assert_eq!((step.step.items_in, step.step.items_out), (Some(4), Some(2)));
    assert_eq!(reasons(&step), [("film.rating > 7.0", 2)]);
    assert!(step.arguments.is_empty() && step.result.is_none() && step.facts.is_empty());
}

#[test]
fn prompts_are_recorded_only_where_the_builder_says_so() {
    #[xray::step(kind = "llm")]
    fn ask() {
        xray::llm(Llm::new("chat", "openai", "gpt-4").prompt("my prompt").completion("my answer"));
    }
    let said = |recording: &Recording| {
        ask();
        recording.step("ask").account().llm[0].to_json()
    };
    let without = said(&Recording::start());
    let with = said(&Recording::start_with(|builder| builder.capture_prompts(true)));
    assert_eq!(
        (&without["gen_ai.input.messages"], without.as_object().map(serde_json::Map::len)),
        (&().into(), Some(3))
    );
    assert_eq!(
        (&with["gen_ai.input.messages"], &with["gen_ai.output.messages"]),
        (&"my prompt".into(), &"my answer".into())
    );
    assert_eq!(said(&Recording::start()), without, "the next collector knows nothing of it");
}
