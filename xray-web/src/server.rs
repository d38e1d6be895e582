//! The listening socket, the thread that serves it, and their end.
//!
//! The server is a guest in another program: its thread, its runtime and its connections end with it, and whoever stops
//! it waits for [`GRACE`] at most, whatever a client or a store does meanwhile.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};

use crate::error::ServeError;
use crate::live::Clients;
use crate::source::Source;
use crate::{address, router};

/// How long requests in progress may take once the server stops.
const GRACE: Duration = Duration::from_secs(1);
/// How much longer the thread may take to end before it is left alone.
const MARGIN: Duration = Duration::from_millis(500);
/// Store reads at a time; more wait their turn, so that a busy page does not flood the program with threads.
const READERS: usize = 4;
/// How long a reader's thread stays when there is nothing to read.
const READER_IDLE: Duration = Duration::from_secs(5);

/// A running server; stops when it is dropped.
///
/// ```
/// # fn serve(source: xray_web::Source) -> Result<(), xray_web::ServeError> {
/// let server = xray_web::Server::start("localhost:0", source)?;
/// assert!(server.address().ip().is_loopback());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: mpsc::Receiver<()>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens on `address`, such as `127.0.0.1:7878`, and serves `source` from a thread of its own; port 0 takes any
    /// free port.
    ///
    /// # Errors
    /// When `address` is none, is not a loopback address, is taken, or the operating system refuses.
    pub fn start(address: &str, source: Source) -> Result<Self, ServeError> {
        let wanted = address::parse(address)?;
        let listener = TcpListener::bind(wanted).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::InUse { address: wanted },
            _ => ServeError::Io { address: wanted, source },
        })?;
        Self::serve(listener, source).map_err(|source| ServeError::Io { address: wanted, source })
    }

    fn serve(listener: TcpListener, source: Source) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("xray-web-reader")
            .max_blocking_threads(READERS)
            .thread_keep_alive(READER_IDLE)
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = mpsc::channel();
        let thread = thread::Builder::new().name("xray-web".to_owned()).spawn(move || {
            run(runtime, listener, source, stopped);
            drop(ending);
        })?;
        Ok(Self { address, stop: Some(stop), ended, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets requests in progress end, for a second at most, and frees the port. Dropping the server does the same.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) else { return };
        let _ = stop.send(());
        // The thread sends nothing: the channel closes when it is done. One that does not end in time is left alone.
        if self.ended.recv_timeout(GRACE + MARGIN) == Err(mpsc::RecvTimeoutError::Disconnected) {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(runtime: Runtime, listener: tokio::net::TcpListener, source: Source, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        let (close, closed) = oneshot::channel::<()>();
        let (end_streams, streams_end) = watch::channel(());
        let clients = Clients::new(source.live.clone(), streams_end);
        let server = axum::serve(listener, router::router(source, clients)).with_graceful_shutdown(async {
            let _ = closed.await;
        });
        tokio::select! {
            _ = server.into_future() => {}
            () = async {
                // An error means that the server was dropped, which asks for the same.
                let _ = stopped.await;
                drop((close, end_streams));
                tokio::time::sleep(GRACE).await;
            } => {}
        }
    });
    // Closes the connections that are left, and does not wait for a store that is stuck.
    runtime.shutdown_background();
}
