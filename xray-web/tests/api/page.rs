//! `GET /` and what belongs to it.

use xray_collector::store::Batch;

use crate::client::{self, Answer};
use crate::fixture::Fixture;

/// What `html` refers to.
fn references<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!("{attribute}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn assert_guarded(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn the_page_and_every_file_it_asks_for_are_there() {
    let fixture = Fixture::with(&Batch::default());
    let mut wanted: Vec<String> = Vec::new();
    for path in ["/", "/reference"] {
        let page = fixture.get(path);
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert_guarded(&page);
        let files = ["src", "href"].into_iter().flat_map(|attribute| references(page.text(), attribute));
        wanted.extend(files.filter(|reference| reference.starts_with("/assets/")).map(str::to_owned));
    }
    assert_eq!(wanted.len(), 7, "{wanted:?}");
    let mut at = 0;
    while let Some(path) = wanted.get(at).cloned() {
        let file = fixture.get(&path);
        assert_eq!(file.status, 200, "{path}");
        assert_guarded(&file);
        let kind = match path.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(file.header("content-type"), Some(kind));
        for import in file.text().split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
            let import = format!("/assets/{import}");
            if !wanted.contains(&import) {
                wanted.push(import);
            }
        }
        at += 1;
    }
    assert!(wanted.len() > 5, "{wanted:?}");
}

#[test]
fn nothing_in_the_page_is_inline_or_comes_from_elsewhere() {
    let fixture = Fixture::with(&Batch::default());
    for path in ["/", "/reference"] {
        let page = fixture.get(path);
        let html = page.text();
        assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" on"), "{html}");
        assert!(html.split("<script").skip(1).all(|rest| rest.contains("></script>")), "{html}");
        assert!(!html.contains("://"), "{html}");
    }
    assert!(fixture.get("/").text().contains("href=\"/reference\""));
}

#[test]
fn every_answer_is_guarded_and_head_has_no_body() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    for path in ["/", "/assets/app.js", "/health", "/api/v1/runs", "/api/v1/stats", "/nothing", "/api/v1/runs/7"] {
        let whole = fixture.get(path);
        assert_guarded(&whole);
        let head = client::request(address, "HEAD", path, &format!("Host: {address}\r\n"));
        assert_eq!((head.status, head.body.len()), (whole.status, 0), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), whole.header("content-length"), "{path}");
    }
}

#[test]
fn there_is_no_way_out_of_the_files() {
    let fixture = Fixture::with(&Batch::default());
    for path in ["/assets/", "/assets/nothing.js", "/assets/..%2F..%2Fetc%2Fpasswd", "/assets/%ff", "/assets/../app.js"]
    {
        fixture.get(path).problem(404, "no_such_path");
    }
}
