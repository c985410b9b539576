//! Listening: on an address, and on a socket beside the store. Slow and many clients can't hold the server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use crate::ProblemDetails;
use crate::health::is_of_health;

/// How long connections have to end when the server does.
const FAREWELL: Duration = Duration::from_secs(5);
/// How many connections there are at least, however few descriptors there are.
const FEWEST: usize = 4;
/// How long a connection waits for a place of its own where none is left, and how long the head of its request may take then: it was
/// sent before it was accepted.
const SPARE_TIME: Duration = Duration::from_millis(250);
/// How long nothing is accepted after the system had no more to give, such as files.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// What holds a client to its manners.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections there are at most.
    pub connections: usize,
    /// How many further ones there are meanwhile, for one request each: whether the server lives is answered, and all else is told to
    /// come again. More wait.
    pub spare: usize,
    /// How long the head of a request may take to come, also the next one of a connection.
    pub head: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of_connections(1024)
    }
}

impl Limits {
    fn of_connections(connections: usize) -> Self {
        Self {
            connections,
            spare: (connections / 4).clamp(2, 32),
            head: Duration::from_secs(15),
            stall: Duration::from_secs(30),
        }
    }

    /// Those of a door whose connections may have this part of the descriptors that the process may have open: the others are for the
    /// store, for the files of steps, and for what is sent to providers.
    #[must_use]
    pub fn of_descriptors(descriptors: Option<u64>, one_of: u64) -> Self {
        let usual = Self::default().connections;
        let part = descriptors.map_or(u64::MAX, |all| all / one_of);
        let part = usize::try_from(part).unwrap_or(usize::MAX);
        Self::of_connections(part.clamp(FEWEST, usual))
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
    let places = Arc::new(Places::of(limits));
    let serving = Arc::new(Serving {
        crowded: router.clone().layer(from_fn(only_health)),
        router,
        limits,
        was_crowded: AtomicBool::new(false),
    });
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let place = places.any().await;
                (place, door.next().await)
            } => accepted,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let (Some(place), accepted) = accepted else {
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
        let (places, serving, watcher) = (places.clone(), serving.clone(), open.watcher());
        tokio::spawn(async move {
            let place = places.better(place).await;
            let connection = serving.connection(stream, &place);
            // A client that hangs up, or has no manners, is nobody's problem but its own.
            let _ = watcher.watch(connection).await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(FAREWELL, open.shutdown()).await;
}

/// What a client sends and is sent, given up where it takes nothing.
type Bytes<S> = TokioIo<Pin<Box<TimeoutStream<S>>>>;

/// What is served, where a connection has a place and where it has none.
struct Serving {
    router: Router,
    crowded: Router,
    limits: Limits,
    was_crowded: AtomicBool,
}

impl Serving {
    fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        place: &Place,
    ) -> http1::Connection<Bytes<S>, TowerToHyperService<Router>> {
        let is_crowded = matches!(place, Place::Spare(_));
        let was_crowded = self.was_crowded.swap(is_crowded, Ordering::Relaxed);
        if is_crowded && !was_crowded {
            tracing::warn!(
                "{} connections are open, and no more may be: what further ones ask is refused until some end",
                self.limits.connections
            );
        }
        let (router, head) = match is_crowded {
            true => (&self.crowded, SPARE_TIME),
            false => (&self.router, self.limits.head),
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.stall));
        http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(!is_crowded)
            .header_read_timeout(head)
            .serve_connection(
                TokioIo::new(Box::pin(stream)),
                TowerToHyperService::new(router.clone()),
            )
    }
}

/// The connections that there may be.
struct Places {
    usual: Arc<Semaphore>,
    spare: Arc<Semaphore>,
}

/// Where a connection has its place, until it is dropped.
enum Place {
    Usual(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit),
    Spare(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit),
}

impl Places {
    fn of(limits: Limits) -> Self {
        Self {
            usual: Arc::new(Semaphore::new(limits.connections)),
            spare: Arc::new(Semaphore::new(limits.spare)),
        }
    }

    /// Waits for a place; none where the server is gone.
    async fn any(&self) -> Option<Place> {
        let usual = Arc::clone(&self.usual).acquire_owned();
        let spare = Arc::clone(&self.spare).acquire_owned();
        tokio::select! {
            biased;
            place = usual => place.ok().map(Place::Usual),
            place = spare => place.ok().map(Place::Spare),
        }
    }

    /// A usual one in the place of a spare one, where one becomes free in time: a crowd that asks for little is gone at once.
    async fn better(&self, place: Place) -> Place {
        let Place::Spare(_) = place else {
            return place;
        };
        let usual = Arc::clone(&self.usual).acquire_owned();
        match tokio::time::timeout(SPARE_TIME, usual).await {
            Ok(Ok(usual)) => Place::Usual(usual),
            _ => place,
        }
    }
}

/// Where no place is left, whoever watches the server is told that it lives, and all others to come again.
async fn only_health(request: Request, next: Next) -> Response {
    match is_of_health(request.uri().path()) {
        true => next.run(request).await,
        false => ProblemDetails::crowded().into_response(),
    }
}
