//! From the text in the settings to an address to listen on.

use std::net::{Ipv4Addr, SocketAddr};

use crate::error::ServeError;

/// Reads `host:port`. No name but `localhost` is looked up: it must not take a network to start.
pub(crate) fn parse(text: &str) -> Result<SocketAddr, ServeError> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return match address.ip().is_loopback() {
            true => Ok(address),
            false => Err(ServeError::NotLoopback { address: text.to_owned() }),
        };
    }
    let malformed = || ServeError::Address { address: text.to_owned() };
    let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
    let port = port.parse().map_err(|_| malformed())?;
    if host.eq_ignore_ascii_case("localhost") {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && host.bytes().any(|byte| byte.is_ascii_alphabetic());
    match is_name {
        true => Err(ServeError::NotLoopback { address: text.to_owned() }),
        false => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_taken() {
        for (text, address) in [
            ("127.0.0.1:7878", "127.0.0.1:7878"),
            ("127.0.0.2:0", "127.0.0.2:0"),
            ("[::1]:7878", "[::1]:7878"),
            ("localhost:7878", "127.0.0.1:7878"),
            ("LocalHost:0", "127.0.0.1:0"),
        ] {
            assert_eq!(parse(text).expect(text).to_string(), address);
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["0.0.0.0:7878", "[::]:7878", "192.168.1.7:80", "[fe80::1]:80", "example.com:80"] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.starts_with("xray serves on loopback addresses only, "), "{error}");
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_said_with_an_example() {
        for text in ["", "7878", ":7878", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "localhost:http", "1.2.3:80"] {
            let error = parse(text).expect_err(text).to_string();
            assert_eq!(error, format!("cannot serve on {text:?}: expected host:port, such as 127.0.0.1:7878"));
        }
    }
}
