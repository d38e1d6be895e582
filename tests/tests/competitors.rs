//! The way from a run that failed to the bug that made it fail, in the five steps of the README, over the API of the
//! example as a user runs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use xray_tests::{Serving, build_example, get};

/// The example's program, built if it is not up to date.
fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build_example("competitors"))
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list, not {value}"))
}

/// What the example printed with `--json`: a line for each film, and one about all.
fn run_once(store: &Path, options: &[&str]) -> Vec<Value> {
    let output = Command::new(example())
        .args(["--once", "--json", "--store"])
        .arg(store)
        .args(options)
        .output()
        .expect("the example runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_bug_is_five_questions_away() {
    let directory = tempfile::tempdir().expect("a directory");
    let example = Serving::start(example(), &directory.path().join("competitors.redb"));
    let ask = |path: &str| {
        let answer = get(example.address, path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    };

    // 1. Which runs failed, and how? Eleven of them alike.
    let failed = ask("/api/v1/runs?pipeline=find_competitor&status=failed");
    let message = "no film of the genre is close enough in budget and rating";
    let alike: Vec<_> = list(&failed["data"]).iter().filter(|run| run["error"] == message).collect();
    assert_eq!((list(&failed["data"]).len(), alike.len()), (13, 11), "{failed}");
    let run = alike.last().expect("the first of them")["id"].as_str().expect("an id");

    // 2. Where did its films go? The filter for genre, budget and rating got only one.
    let opened = ask(&format!("/api/v1/runs/{run}"));
    let steps = list(&opened["steps"]["data"]);
    let names: Vec<_> = steps.iter().map(|step| step["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["find_competitor", "look_up", "keywords", "search", "comparable", "rank", "select"]);
    let step = |name: &str| steps.iter().find(|step| step["name"] == name).expect("a step");
    let items = |name: &str| (step(name)["items_in"].as_u64(), step(name)["items_out"].as_u64());
    assert_eq!((items("search"), items("comparable")), ((Some(3200), Some(1)), (Some(1), Some(0))));
    assert_eq!(items("rank"), (Some(0), Some(0)), "the keywords are no films");
    let reasons = json!([{"reason": "shared > 0", "items": 3193}, {"reason": "shared >= least", "items": 6}]);
    assert_eq!(step("search")["counts"]["reasons"], reasons);
    let decisions = |name: &str, query: &str| {
        let id = step(name)["id"].as_str().expect("an id");
        ask(&format!("/api/v1/runs/{run}/steps/{id}/decisions?{query}"))
    };

    // 3. Why did it not let that one through? It is the film itself: genre, budget and rating were never looked at.
    let comparable = decisions("comparable", "outcome=eliminated");
    let only = &list(&comparable["data"])[..];
    assert_eq!(only.len(), 1, "{comparable}");
    assert_eq!((&only[0]["item"], &only[0]["basis"]), (&json!("Batman Begins (2005)"), &json!("observed")));
    let texts: Vec<_> = list(&only[0]["checks"]).iter().map(|check| check["text"].clone()).collect();
    let text = r#"film.id "Batman Begins (2005)" != reference.id "Batman Begins (2005)": false"#;
    assert_eq!(texts, [text]);

    // 4. What did the search turn down that it nearly found? All the other Batman films.
    let nearly = decisions("search", "outcome=eliminated&reason=shared+%3E%3D+least");
    let items: Vec<_> = list(&nearly["data"]).iter().map(|film| film["item"].as_str().expect("a key")).collect();
    assert_eq!(items.len(), 6, "{nearly}");
    assert!(items.contains(&"Batman Returns (1992)") && items.contains(&"Batman & Robin (1997)"), "{items:?}");
    for film in list(&nearly["data"]) {
        assert_eq!(film["checks"][1]["text"], "shared 1 >= least 2: false", "{film}");
        assert_eq!(film["checks"][1]["operands"][1]["name"], "least");
    }

    // 5. Who asks for two? Whoever called it: as many as there are keywords, so that all of them have to be shared.
    let id = step("search")["id"].as_str().expect("an id");
    let search = ask(&format!("/api/v1/runs/{run}/steps/{id}"));
    let expected = json!([
        {
            "name": "keywords",
            "level": "structured",
            "value": {"title": "Batman Begins", "words": ["batman", "begins"]},
        },
        {"name": "least", "level": "structured", "value": 2},
    ]);
    assert_eq!(search["arguments"], expected);
    example.interrupt();

    // And it was that.
    let fixed = run_once(&directory.path().join("fixed.redb"), &["--fixed", "Batman Begins"]);
    assert_eq!((fixed.len(), &fixed[0]["competitor"]), (2, &json!("Batman Returns (1992)")));
}

#[test]
fn what_was_chosen_scored_and_noted_is_there_to_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let example = Serving::start(example(), &directory.path().join("competitors.redb"));
    let ask = |path: &str| get(example.address, path).json();
    let completed = ask("/api/v1/runs?pipeline=find_competitor&status=completed");
    assert_eq!(list(&completed["data"]).len(), 7);
    // The last one on the page was the first: Shrek.
    let run = completed["data"][6]["id"].as_str().expect("an id");
    let opened = ask(&format!("/api/v1/runs/{run}"));
    let decisions = |name: &str| {
        let step = list(&opened["steps"]["data"]).iter().find(|step| step["name"] == name).expect("a step");
        ask(&format!("/api/v1/runs/{run}/steps/{}/decisions", step["id"].as_str().expect("an id")))
    };
    let select = decisions("select");
    let best = &select["data"][0];
    assert_eq!((&best["item"], &best["reason"]), (&json!("Shrek 2 (2004)"), &json!("it has the highest score")));
    let rank = decisions("rank");
    assert_eq!((&rank["argument"], &rank["doubts"]), (&json!("films"), &json!([])));
    let reason = "0.5 * title + 0.3 * budget + 0.2 * rating";
    assert_eq!((&rank["data"][0]["reason"], &rank["data"][0]["outcome"]), (&json!(reason), &json!("scored")));
    let root = &opened["steps"]["data"][0]["id"];
    let first = ask(&format!("/api/v1/runs/{run}/steps/{}", root.as_str().expect("an id")));
    assert_eq!(first["tags"], json!([{"key": "genre", "value": "Adventure"}]));
    let look_up = &opened["steps"]["data"][1]["id"];
    let look_up = ask(&format!("/api/v1/runs/{run}/steps/{}", look_up.as_str().expect("an id")));
    assert_eq!(
        look_up["meta"],
        json!([{"key": "films of this title", "level": "structured", "value": 1}]),
        "{look_up}"
    );
}

#[test]
fn the_same_films_always_have_the_same_competitors() {
    let directory = tempfile::tempdir().expect("a directory");
    let shown = |store: &str, options: &[&str]| -> Vec<Value> {
        let mut lines = run_once(&directory.path().join(store), options);
        let last = lines.pop().expect("a summary");
        assert_eq!(last["stats"]["dropped"]["no_chunk"], 0, "{last}");
        lines.into_iter().map(|line| json!([line["title"], line["competitor"], line["score"], line["error"]])).collect()
    };
    let first = shown("a.redb", &[]);
    assert_eq!(first, shown("b.redb", &[]));
    assert_eq!(first.len(), 20);
    assert_eq!(first.iter().filter(|line| line[1].is_null()).count(), 13);
    let fixed = shown("c.redb", &["--fixed"]);
    assert_eq!(fixed.iter().filter(|line| line[1].is_null()).count(), 3, "{fixed:?}");
}
