//! The OpenAPI document and the page that shows it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xray_collector::id::StepId;
use xray_collector::store::Batch;

use crate::client;
use crate::fixture::{Fixture, callsite, run, run_id, step};

fn fixture() -> Fixture {
    let callsites = vec![(0, callsite("load", "", &["path"]))];
    Fixture::with(&Batch { callsites, runs: vec![run(0)], steps: vec![step(run_id(0), 1)], ..Batch::default() })
}

/// The path of an operation, with what is there in the place of its parameters.
fn filled(path: &str) -> String {
    let step = StepId(1).to_string();
    let version = "0".repeat(32);
    let filled = path.replace("{id}", &run_id(0).to_string()).replace("{step}", &step).replace("{part}", "result");
    filled.replace("{version}", &version).replace("{key}", "no-item")
}

fn query_parameters(operation: &Value) -> BTreeSet<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let of_query = parameters.filter(|parameter| parameter["in"] == "query");
    of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_documented_path_is_there_with_the_parameters_that_it_takes() {
    let fixture = fixture();
    let document = fixture.get("/api/v1/openapi.json").ok();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 15, "{}", paths.len());
    for (path, methods) in paths.iter().filter(|(_, methods)| methods.get("get").is_some()) {
        let problem = fixture.get(&format!("{}?no_such_parameter=1", filled(path))).problem(400, "unknown_parameter");
        let allowed: Vec<String> = serde_json::from_value(problem["allowed"].clone()).unwrap();
        assert_eq!(query_parameters(&methods["get"]), allowed.into_iter().collect(), "{path}");
        // The head alone: a stream of events does not end.
        let answer = fixture.head(&filled(path));
        let documented = &methods["get"]["responses"][answer.status.to_string()]["content"];
        let kind = answer.header("content-type").unwrap().split(';').next().unwrap();
        assert!(documented.get(kind).is_some(), "{path}: {} {kind} is not in {documented}", answer.status);
    }
}

#[test]
fn what_changes_something_is_documented_with_the_header_that_it_needs() {
    let fixture = fixture();
    let document = fixture.get("/api/v1/openapi.json").ok();
    let address = fixture.server.address();
    let mut changes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(method, _)| *method != "get") {
            let parameters = operation["parameters"].as_array().unwrap();
            let header = parameters.iter().find(|parameter| parameter["in"] == "header").unwrap();
            assert_eq!((&header["name"], &header["required"]), (&json!("X-Xray-Request"), &json!(true)));
            let ask = |header: &str| {
                let headers = format!("Host: {address}\r\n{header}Content-Length: 0\r\n");
                client::request(address, &method.to_uppercase(), &filled(path), &headers)
            };
            for (status, header) in [("200", "X-Xray-Request: 1\r\n"), ("403", "")] {
                let answer = ask(header);
                assert_eq!(answer.status.to_string(), status, "{method} {path}");
                let kind = answer.header("content-type").unwrap();
                assert!(operation["responses"][status]["content"].get(kind).is_some(), "{method} {path}: {kind}");
            }
            changes += 1;
        }
    }
    assert_eq!(changes, 2);
}

#[test]
fn the_document_refers_to_what_it_has_and_names_operations_once() {
    let document = fixture().get("/api/v1/openapi.json").ok();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    let methods = document["paths"].as_object().unwrap().values().filter_map(Value::as_object);
    let operations = methods.flat_map(|methods| methods.values()).map(|operation| operation["operationId"].as_str());
    let names: Vec<_> = operations.map(Option::unwrap).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn every_problem_that_is_met_has_a_documented_code() {
    let fixture = fixture();
    let document = fixture.get("/api/v1/openapi.json").ok();
    let codes = document.pointer("/components/schemas/Code/enum").unwrap().as_array().unwrap();
    let step = format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(1));
    for path in [
        "/nothing".to_owned(),
        "/api/v1/runs?x=1".to_owned(),
        "/api/v1/runs?limit=0".to_owned(),
        "/api/v1/runs?q=(".to_owned(),
        "/api/v1/runs?cursor=0".to_owned(),
        format!("/api/v1/runs/{}", run_id(9)),
        format!("{step}/values/input"),
        format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(9)),
        format!("/api/v1/schemas/{}", "0".repeat(32)),
        "/api/v1/items/no-item".to_owned(),
    ] {
        let problem = fixture.get(&path).json();
        assert!(codes.contains(&problem["code"]), "{path}: {problem}");
    }
}
