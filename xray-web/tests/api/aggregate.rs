//! `/api/v1/query`, `/pipelines`, `/kinds`, `/callsites`, `/series`, `/failures`, and `explain` on the lists.

use serde_json::{Value, json};
use xray_collector::id::StepId;
use xray_collector::model::{Outcome, RunStatus};
use xray_collector::store::Batch;

use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, step};

/// Six runs a millisecond apart, each of `load`, which calls `pick`; in runs 3 and 4 `pick` failed and took `load` with
/// it, run 5 crashed in `pick`.
fn fixture() -> Fixture {
    let mut runs: Vec<_> = (0..6).map(run).collect();
    runs[3].status = RunStatus::Failed;
    runs[4].status = RunStatus::Failed;
    runs[5].status = RunStatus::Crashed;
    let (mut steps, mut payload) = (Vec::new(), Payload::default());
    for number in 0..6 {
        // A run's first step has the run's number.
        let mut load = step(run_id(number), number + 1);
        let mut pick = step(run_id(number), number + 101);
        (pick.callsite, pick.parent, pick.started_ns) = (1, Some(load.step), load.started_ns + 1);
        (pick.counts.kept, pick.counts.eliminated) = (1, number);
        (load.duration_ns, pick.duration_ns) = (Some(100 + number), Some(10 * number));
        match number {
            3 | 4 => {
                let message = Encoded::Json(json!("no film is left"));
                let causes = Encoded::Json(json!([]));
                (load.outcome, pick.outcome) = (Outcome::Err, Outcome::Err);
                pick.result = Some(payload.put(&[&message, &causes]));
            }
            5 => {
                (load.outcome, pick.outcome) = (Outcome::Open, Outcome::Open);
                (load.duration_ns, pick.duration_ns) = (None, None);
            }
            _ => {}
        }
        steps.extend([load, pick]);
    }
    let callsites = vec![(0, callsite("load", "", &["path"])), (1, callsite("pick", "filter", &["films"]))];
    Fixture::with(&Batch { callsites, runs, steps, segments: vec![payload.0], ..Batch::default() })
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// A path with these parameters.
fn path(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("/api/v1/{path}?{}", pairs.join("&"))
}

#[test]
fn groups_of_steps() {
    let fixture = fixture();
    let answer = fixture
        .get(&path(
            "query",
            &[
                ("group_by", "name"),
                ("select", "count(), error_rate(), quantile(duration, 0.5), avg(rejection_rate), topk(outcome, 2)"),
                ("order", "name"),
            ],
        ))
        .ok();
    let names: Vec<_> = answer["columns"].as_array().unwrap().iter().map(|column| column["name"].clone()).collect();
    assert_eq!(names[..3], [json!("name"), json!("count()"), json!("error_rate()")]);
    assert_eq!(answer["columns"][3], json!({"name": "quantile(duration, 0.5)", "kind": "duration"}));
    let rates = (0.0 + 0.5 + 2.0 / 3.0 + 0.75 + 0.8 + 5.0 / 6.0) / 6.0;
    let load = json!(["load", 6, 1.0 / 3.0, 102, null, [{"value": "ok", "count": 3}, {"value": "err", "count": 2}]]);
    assert_eq!(answer["data"][0], load);
    assert_eq!(answer["data"][1].as_array().unwrap()[..4], [json!("pick"), json!(6), json!(1.0 / 3.0), json!(20)]);
    assert!((answer["data"][1][4].as_f64().unwrap() - rates).abs() < 1e-9);
    assert_eq!((&answer["groups"], &answer["left_out"], &answer["stopped"]), (&json!(2), &json!(0), &json!(false)));
}

#[test]
fn groups_of_runs_and_of_nothing() {
    let fixture = fixture();
    let data = |parameters: &[(&str, &str)]| fixture.get(&path("query", parameters)).ok()["data"].clone();
    assert_eq!(
        data(&[("of", "runs"), ("group_by", "status")]),
        json!([["completed", 3], ["failed", 2], ["crashed", 1]]),
        "the largest first, then by name"
    );
    assert_eq!(data(&[("of", "runs"), ("q", "status == 'failed'")]), json!([[2]]));
    assert_eq!(data(&[("of", "decisions"), ("select", "count(), max(score)")]), json!([[0, null]]));
    assert_eq!(
        data(&[
            ("of", "runs"),
            ("group_by", "bucket(started, duration('2ms'))"),
            ("select", "count(),  error_rate( )"),
            ("limit", "2"),
        ]),
        json!([["2026-01-31T12:00:00.000000000Z", 2, 0], ["2026-01-31T12:00:00.002000000Z", 2, 0.5]])
    );
    assert_eq!(
        data(&[("of", "runs"), ("group_by", "status"), ("order", "status, -count()")])[0],
        json!(["completed", 3])
    );
    let range = [("of", "runs"), ("from", "2026-01-31T12:00:00.001Z"), ("before", "2026-01-31T12:00:00.003Z")];
    assert_eq!(data(&range), json!([[2]]));
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    let fixture = fixture();
    let wrong = |parameters: &[(&str, &str)]| {
        let problem = fixture.get(&path("query", parameters)).problem(400, "invalid_query");
        let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        let place = (problem["start"].as_u64().unwrap() as usize, problem["end"].as_u64().unwrap() as usize);
        (text("parameter"), place, format!("{}; {}", text("detail"), text("suggestion")))
    };
    let said = |(parameter, place, said): (&str, (usize, usize), &str)| (parameter.to_owned(), place, said.to_owned());
    for (parameters, expected) in [
        (&[("q", "nmae == 'x'")], ("q", (0, 4), "a step has no field `nmae`; did you mean `name`?")),
        (&[("group_by", "kind, nmae")], ("group_by", (6, 10), "a step has no field `nmae`; did you mean `name`?")),
        (
            &[("select", "count(), cuont()")],
            ("select", (9, 14), "there is no aggregate `cuont`; did you mean `count`?"),
        ),
        (
            &[("select", "quantile(duration)")],
            ("select", (0, 8), "`quantile` is not used like this; write `quantile(x, 0.95)`"),
        ),
        (
            &[("select", "quantile(duration, 95)")],
            ("select", (19, 21), "this has to be a share from 0 to 1, such as 0.95; "),
        ),
        (&[("select", "avg(name)")], ("select", (4, 8), "this is a text, where a number or a duration is needed; ")),
        (&[("select", "count(")], ("select", (6, 6), "`]` is not expected here; ")),
        (
            &[("group_by", "bucket(started, duration('0s'))")],
            ("group_by", (16, 30), "this has to be a duration above 0; write `duration(\"1h\")`"),
        ),
        (
            &[("order", "-cuont()")],
            ("order", (1, 8), "`cuont()` is neither a key nor an aggregate of this; did you mean `count()`?"),
        ),
    ] {
        assert_eq!(wrong(parameters), said(expected), "{parameters:?}");
    }
    for (parameters, code) in [
        (&[("of", "step")], "invalid_parameter"),
        (&[("limit", "0")], "invalid_parameter"),
        (&[("explain", "yes")], "invalid_parameter"),
        (&[("groupby", "name")], "unknown_parameter"),
    ] {
        fixture.get(&path("query", parameters)).problem(400, code);
    }
    let keys = ["name"; 9].join(",");
    fixture.get(&path("query", &[("group_by", &keys)])).problem(400, "invalid_query");
    for text in ["name], [kind", "name][0", "[", "]", ",", "\u{1f600}"] {
        fixture.get(&path("query", &[("group_by", text)])).problem(400, "invalid_query");
    }
}

#[test]
fn summaries_in_pages() {
    let fixture = fixture();
    let pipelines = fixture.get("/api/v1/pipelines").ok();
    assert_eq!(
        pipelines["data"],
        json!([{
            "pipeline": "movies", "runs": 6, "error_rate": 0.5, "p50_ns": 500, "p95_ns": 500, "p99_ns": 500,
            "last_started_at": "2026-01-31T12:00:00.005000000Z",
        }])
    );
    let kinds = fixture.get("/api/v1/kinds").ok();
    assert_eq!((&kinds["data"][0]["kind"], &kinds["data"][1]["kind"]), (&json!("filter"), &Value::Null));
    let first = fixture.get("/api/v1/callsites?limit=1").ok();
    assert_eq!((&first["data"][0]["name"], &first["data"][0]["line"]), (&json!("load"), &json!(12)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = fixture.get(&format!("/api/v1/callsites?limit=1&cursor={cursor}")).ok();
    assert_eq!((&second["data"][0]["name"], &second["data"][0]["steps"]), (&json!("pick"), &json!(6)));
    assert_eq!((&second["next_cursor"], second["data"].as_array().unwrap().len()), (&Value::Null, 1));
    fixture.get(&format!("/api/v1/kinds?cursor={cursor}")).problem(400, "cursor_of_another_list");
    fixture.get("/api/v1/callsites?q=statsu").problem(400, "invalid_query");
}

#[test]
fn series_over_time() {
    let fixture = fixture();
    let range = "from=2026-01-31T12:00:00Z&before=2026-01-31T12:00:01Z";
    let runs = fixture.get(&format!("/api/v1/series?of=runs&{range}&bucket=4ms")).ok();
    assert_eq!(runs["bucket_ns"], 4_000_000);
    assert_eq!(
        runs["data"],
        json!([
            {
                "at": "2026-01-31T12:00:00.000000000Z", "count": 4, "by": {"completed": 3, "failed": 1},
                "error_rate": 0.25, "p50_ns": 500, "p95_ns": 500,
            },
            {
                "at": "2026-01-31T12:00:00.004000000Z", "count": 2, "by": {"failed": 1, "crashed": 1},
                "error_rate": 1, "p50_ns": 500, "p95_ns": 500,
            },
        ])
    );
    let steps = fixture.get(&format!("/api/v1/series?{range}&q={}", encoded("kind == 'filter'"))).ok();
    assert_eq!((&steps["of"], &steps["data"][0]["count"]), (&json!("steps"), &json!(6)));
    assert_eq!(steps["data"][0]["by"], json!({"ok": 3, "err": 2, "open": 1}));
    assert_eq!(fixture.get("/api/v1/series?before=2000-01-01T00:00:00Z").ok()["data"], json!([]));
    fixture.get(&format!("/api/v1/series?{range}&bucket=1us")).problem(400, "invalid_parameter");
    fixture.get("/api/v1/series?bucket=0s").problem(400, "invalid_parameter");
    fixture.get("/api/v1/series?of=decisions").problem(400, "invalid_parameter");
}

#[test]
fn failures_are_attributed_to_the_innermost_step() {
    let fixture = fixture();
    let failures = fixture.get("/api/v1/failures").ok();
    assert_eq!(
        (&failures["runs"], &failures["functions"], &failures["stopped"]),
        (&json!(3), &json!(1), &json!(false))
    );
    let pick = &failures["data"][0];
    assert_eq!(
        (&pick["name"], &pick["kind"], &pick["runs"], &pick["share"]),
        (&json!("pick"), &json!("filter"), &json!(3), &json!(1))
    );
    assert_eq!(pick["errors"], json!([{"message": "no film is left", "runs": 2}]), "the one that crashed has none");
    assert_eq!(pick["latest"]["run"], run_id(5).to_string());
    assert_eq!(pick["latest"]["step"], StepId(106).to_string());
    let earlier = fixture.get("/api/v1/failures?before=2026-01-31T12:00:00.004Z").ok();
    assert_eq!(earlier["runs"], 1);
    fixture.get("/api/v1/failures?limit=0").problem(400, "invalid_parameter");
}

#[test]
fn lists_explain_themselves() {
    let fixture = fixture();
    let q = encoded("run.started >= timestamp('2026-01-31T12:00:00.002Z') && kept > 0");
    let answer = fixture.get(&format!("/api/v1/steps?q={q}&explain=true")).ok();
    assert_eq!(answer["data"].as_array().unwrap().len(), 4);
    let explain = &answer["explain"];
    assert_eq!(explain["plan"]["started_from_ns"], 1_769_860_800_002_000_000_u64);
    assert!(explain["plan"]["text"].as_str().unwrap().contains("A run is looked into if started >= "), "{explain}");
    assert!(
        explain["scanned"]["runs"].as_u64().unwrap() <= 6 && explain["scanned"]["elapsed_ns"].is_u64(),
        "{explain}"
    );
    assert_eq!(fixture.get(&format!("/api/v1/steps?q={q}")).ok().get("explain"), None);
    fixture.get("/api/v1/runs?explain=true").problem(400, "invalid_parameter");
    let query = fixture.get("/api/v1/query?explain=true").ok();
    assert!(query["explain"]["plan"]["text"].as_str().unwrap().contains("Groups are calculated"), "{query}");
    let vocabulary = fixture.get("/api/v1/vocabulary").ok();
    assert!(vocabulary["aggregates"].as_array().unwrap().iter().any(|it| it["usage"] == "quantile(x, 0.95)"));
}
