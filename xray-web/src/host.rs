//! Refuses requests that were meant for another name.
//!
//! A page on the internet can have its own name resolve to 127.0.0.1 and then read what is served there as if it were
//! its own (DNS rebinding). The browser still sends that name as the host, which gives it away.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut headers = request.headers().get_all(header::HOST).iter().peekable();
    let is_named = headers.peek().is_some();
    let is_local = headers.all(|host| host.to_str().is_ok_and(is_loopback))
        && request.uri().authority().is_none_or(|authority| is_loopback(authority.as_str()));
    match is_named && is_local {
        true => next.run(request).await,
        false => Problem::host_not_allowed().into_response(),
    }
}

/// Whether `host`, which may carry a port, is this machine by its literal name. `name.localhost` is not looked at: not
/// every resolver keeps it local.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_known_with_and_without_a_port() {
        for host in ["127.0.0.1", "127.0.0.1:7878", "127.0.0.2:1", "localhost", "LOCALHOST:80", "[::1]", "[::1]:7878"] {
            assert!(is_loopback(host), "{host}");
        }
    }

    #[test]
    fn every_other_name_is_not() {
        for host in [
            "",
            ":80",
            "example.com",
            "example.com:7878",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "evil.localhost",
            "localhost:80:80",
            "localhost:",
            "localhost:port",
            "user@localhost",
            "0.0.0.0:7878",
            "192.168.0.1",
            "::1:80",
            "[::1",
            "[::]:7878",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
