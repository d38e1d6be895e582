//! Answers as gzip and zstd.

use std::io::Read;

use xray_collector::store::Batch;

use crate::client::{self, Answer};
use crate::fixture::{Fixture, run};

fn ask(fixture: &Fixture, path: &str, accepted: &str) -> Answer {
    let address = fixture.server.address();
    client::request(address, "GET", path, &format!("Host: {address}\r\nAccept-Encoding: {accepted}\r\n"))
}

fn decoded(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    match answer.header("content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut bytes).map(drop).unwrap(),
        Some("zstd") => bytes = zstd::decode_all(&*answer.body).unwrap(),
        other => panic!("{other:?}"),
    }
    bytes
}

#[test]
fn large_answers_are_compressed_as_the_client_wants() {
    let fixture = Fixture::with(&Batch { runs: (0..200).map(run).collect(), ..Batch::default() });
    for path in ["/api/v1/runs", "/api/v1/export/runs", "/reference/reference.js", "/api/v1/openapi.json", "/metrics"] {
        let plain = fixture.get(path);
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")), "{path}");
        for (accepted, coding) in [
            ("gzip", "gzip"),
            ("zstd", "zstd"),
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip;q=1, zstd;q=0.1", "gzip"),
            ("br, gzip;q=0.5, identity;q=0.1", "gzip"),
        ] {
            let answer = ask(&fixture, path, accepted);
            assert_eq!(answer.header("content-encoding"), Some(coding), "{path} {accepted}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert_eq!(answer.header("content-type"), plain.header("content-type"));
            if path != "/metrics" {
                assert_eq!(decoded(&answer), plain.body, "{path} {accepted}");
                assert!(answer.body.len() * 2 < plain.body.len(), "{path}");
            }
        }
        for accepted in ["", "identity", "br, deflate", "nonsense;q=7"] {
            assert_eq!(ask(&fixture, path, accepted).header("content-encoding"), None, "{path} {accepted}");
        }
    }
}

#[test]
fn small_answers_are_sent_as_they_are() {
    let fixture = Fixture::with(&Batch { runs: vec![run(0)], ..Batch::default() });
    for path in ["/health", "/api/v1/runs", "/nothing"] {
        let answer = ask(&fixture, path, "gzip, zstd");
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None), "{path}");
    }
}

#[test]
fn a_client_that_takes_nothing_is_told_so() {
    let fixture = Fixture::with(&Batch::default());
    for accepted in ["identity;q=0", "*;q=0"] {
        let problem = ask(&fixture, "/api/v1/runs", accepted).problem(406, "no_acceptable_coding");
        assert_eq!(problem["parameter"], "Accept-Encoding");
    }
}
