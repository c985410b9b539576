//! Listening: on an address, and on a socket beside the store. Slow and many clients can't hold the server.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// How long connections have to end when the server does.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long nothing is accepted after the system had no more to give, such as files.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// What holds a client to its manners.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections there are at most; more wait.
    pub connections: usize,
    /// How long the head of a request may take to come, also the next one of a connection.
    pub head: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(15),
            stall: Duration::from_secs(30),
        }
    }
}

/// Where clients come from: an address, or a socket of this machine.
pub trait Door: Send + Sync {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next client.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.accept().await?;
        // Events are small, and each is to arrive at once.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        Ok(self.accept().await?.0)
    }
}

/// Serves a router where clients come from, until `ending` turns true.
pub async fn listen(
    door: impl Door,
    router: Router,
    limits: Limits,
    mut ending: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, door.next().await)
            } => accepted,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let (Ok(place), accepted) = accepted else {
            break;
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        if SystemTime::UNIX_EPOCH.elapsed().is_err() {
            // The head of an answer holds the time, and no such head has one before 1970.
            tracing::warn!(
                "no connection is accepted while the clock of this machine stands before 1970"
            );
            continue;
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.stall));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .serve_connection(
                TokioIo::new(Box::pin(stream)),
                TowerToHyperService::new(router.clone()),
            );
        let connection = open.watch(connection);
        tokio::spawn(async move {
            // A client that hangs up, or has no manners, is nobody's problem but its own.
            let _ = connection.await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(FAREWELL, open.shutdown()).await;
}
