//! Why a server did not start.

use std::net::SocketAddr;

/// Why a [`Server`](crate::Server) did not start, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The text is not an address.
    #[error("cannot serve on {address:?}: expected host:port, such as 127.0.0.1:7878")]
    Address {
        /// The text.
        address: String,
    },
    /// The address can be reached from other machines.
    #[error(
        "xray serves on loopback addresses only, such as 127.0.0.1:7878: {address} can be reached from other \
         machines, and there is no access control"
    )]
    NotLoopback {
        /// The address.
        address: String,
    },
    /// Another program listens there.
    #[error(
        "cannot serve on {address}: another program listens there; choose another port, or port 0 for any free one"
    )]
    InUse {
        /// The address.
        address: SocketAddr,
    },
    /// The operating system refused.
    #[error("cannot serve on {address}: {source}")]
    Io {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}
