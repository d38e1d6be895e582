//! The smallest client that asks the API what a browser would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub headers: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// Asks for a path.
///
/// # Panics
/// When there is no answer.
#[must_use]
pub fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), "\r\n")
}

/// Sends JSON to a path.
///
/// # Panics
/// When there is no answer.
#[must_use]
pub fn post(address: SocketAddr, path: &str, body: &serde_json::Value) -> Answer {
    let body = body.to_string();
    let rest = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    ask(address, &format!("POST {path}"), &rest)
}

fn ask(address: SocketAddr, what: &str, rest: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    // Version 1.0: the body is not in pieces, and ends with the connection.
    write!(stream, "{what} HTTP/1.0\r\nHost: {address}\r\n{rest}").expect("the server takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers in UTF-8");
    let (headers, body) = answer.split_once("\r\n\r\n").expect("headers, then a body");
    let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, headers: headers.to_owned(), body: body.to_owned() }
}
