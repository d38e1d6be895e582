//! The dashboard and the reference: their files, and what guards them.

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
}

/// The scripts and styles that the page at `path` asks for.
fn files_of(fixture: &Fixture, path: &str) -> Vec<String> {
    let page = fixture.get(path);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
    assert_guarded(&page);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let files = ["src", "href"].into_iter().flat_map(|attribute| references(page.text(), attribute));
    files
        .filter(|file| file.rsplit('/').next().unwrap().contains('.') && !file.contains("/api/"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_pages_and_every_file_they_ask_for_are_there() {
    let fixture = Fixture::with(&Batch::default());
    for page in ["/", "/reference"] {
        let files = files_of(&fixture, page);
        assert!(files.len() >= 3, "{files:?}");
        for path in files {
            let file = fixture.get(&path);
            assert_eq!(file.status, 200, "{path}");
            assert_guarded(&file);
            let kind = match path.rsplit_once('.').unwrap().1 {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                _ => "image/svg+xml",
            };
            assert_eq!(file.header("content-type"), Some(kind));
            // What has its contents in its name may be kept.
            let kept = if path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(file.header("cache-control"), Some(kept), "{path}");
        }
    }
}

#[test]
fn the_addresses_of_the_dashboard_are_the_dashboard() {
    let fixture = Fixture::with(&Batch::default());
    let page = fixture.get("/");
    for path in
        ["/runs/7", "/runs/7/steps/8?show=values", "/items/Heat%20(1995)", "/steps", "/steps/good", "/compare?a=1"]
    {
        assert_eq!(fixture.get(path).body, page.body, "{path}");
    }
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
}

#[test]
fn every_answer_is_guarded_and_head_has_no_body() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    let script = files_of(&fixture, "/").into_iter().find(|file| file.ends_with(".js")).unwrap();
    for path in ["/", &script, "/health", "/api/v1/runs", "/api/v1/stats", "/nothing", "/api/v1/runs/7"] {
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
    for path in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/..%2F..%2Fetc%2Fpasswd",
        "/assets/%ff",
        "/assets/../index.html",
        "/reference/nothing.js",
    ] {
        fixture.get(path).problem(404, "no_such_path");
    }
}
