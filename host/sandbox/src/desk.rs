//! What a step sends by `wasi:http` is collected here and handed to the host's services, whole; their answer is given back from
//! memory.
//!
//! Nothing here opens a connection. Whom a step may ask, and what is remembered of it, is the engine's.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use stepwell_contract::{
    AttemptEnd, HostServices, HttpError, HttpErrorKind, HttpHeader, HttpRequest, HttpResponse,
    Limit, Limits, amounts, most,
};
use tokio::sync::{Mutex, MutexGuard, watch};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

/// Bytes that wait in a body that nobody collects yet: a step may have hundreds of them.
const PIECE: usize = 64 << 10;

/// What goes on beside the guest for one attempt: the requests that it has under way.
pub(crate) struct Desk {
    /// Held while the host's services are at work, and until what they gave is counted: they are asked one function at a time.
    turn: Mutex<()>,
    /// Why a request ended the attempt, if one did.
    end: watch::Sender<Option<AttemptEnd>>,
    /// Bytes of requests that aren't sent and of answers that aren't read.
    held: AtomicU64,
    limits: Limits,
}

impl Desk {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            turn: Mutex::default(),
            end: watch::Sender::new(None),
            held: AtomicU64::new(0),
            limits: limits.clone(),
        })
    }

    /// Waits until nothing else asks the host's services.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Waits until a request ends the attempt.
    pub(crate) async fn ended(&self) -> AttemptEnd {
        let mut end = self.end.subscribe();
        let ended = end.wait_for(Option::is_some).await;
        match ended.ok().and_then(|end| end.clone()) {
            Some(end) => end,
            None => pending().await,
        }
    }

    /// Ends the attempt. Of what comes after that the guest never hears.
    async fn stop<T>(&self, end: AttemptEnd) -> T {
        self.end.send_if_modified(|kept| {
            let is_first = kept.is_none();
            kept.get_or_insert(end);
            is_first
        });
        pending().await
    }

    /// Sends one request, once it is whole.
    async fn exchange(
        self: Arc<Self>,
        services: Arc<dyn HostServices>,
        request: http::Request<WasiBody>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (head, body) = request.into_parts();
        let headers = head.headers.iter().map(|(name, value)| HttpHeader {
            name: name.as_str().to_owned(),
            value: value.as_bytes().to_owned(),
        });
        let mut request = HttpRequest {
            method: head.method.as_str().to_owned(),
            url: head.uri.to_string(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        if weight_of_head(&request.url, &request.headers) > most::HEADERS {
            let most = amounts::size(most::HEADERS as u64);
            return Err(refused(format!(
                "the address and the headers of a request have at most {most}"
            )));
        }
        let mut held = Held::nothing(&self);
        request.body = self.collected(body, &mut held).await?;
        // What ends the attempt does so within its turn: else the next request would go out meanwhile.
        let turn = self.turn().await;
        if self.end.borrow().is_some() {
            return pending().await;
        }
        let answer = services.exchange(request).await;
        drop(held);
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(told(error)),
            Err(halt) => return self.stop(halt.into()).await,
        };
        let mut held = Held::nothing(&self);
        let weight = response.body.len() + weight_of_head("", &response.headers);
        held.more(weight).await;
        drop(turn);
        given(response, held)
    }

    async fn collected(&self, mut body: WasiBody, held: &mut Held) -> Result<Vec<u8>, Error> {
        let mut collected = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame?.into_data() else {
                return Err(refused("a request can't have trailers".to_owned()));
            };
            if (collected.len() + piece.len()) as u64 > self.limits.http_body {
                return Err(refused(format!(
                    "the body of the request has more than {}: `{}` allows no more",
                    amounts::size(self.limits.http_body),
                    Limit::HttpBody.setting()
                )));
            }
            held.more(piece.len()).await;
            collected.extend_from_slice(&piece);
        }
        Ok(collected)
    }
}

/// Bytes that are in memory for the guest, until it is dropped.
struct Held {
    desk: Arc<Desk>,
    bytes: u64,
}

impl Held {
    fn nothing(desk: &Arc<Desk>) -> Self {
        Self {
            desk: Arc::clone(desk),
            bytes: 0,
        }
    }

    /// Holds more, or ends the attempt.
    async fn more(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.bytes += bytes;
        let all = self.desk.held.fetch_add(bytes, Relaxed) + bytes;
        let allowed = self.desk.limits.transfer;
        if all > allowed {
            let (used, allowed) = (amounts::size(all), amounts::size(allowed));
            let end = AttemptEnd::limit(Limit::Transfer, used, allowed);
            self.desk.stop(end).await
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.desk.held.fetch_sub(self.bytes, Relaxed);
    }
}

fn weight_of_head(url: &str, headers: &[HttpHeader]) -> usize {
    let headers = headers.iter().map(|it| it.name.len() + it.value.len());
    url.len() + headers.sum::<usize>()
}

/// The answer as the guest reads it.
fn given(response: HttpResponse, held: Held) -> Result<http::Response<WasiBody>, Error> {
    let mut builder = http::Response::builder().status(response.status);
    for header in response.headers {
        builder = builder.header(header.name, header.value);
    }
    let body = Full::new(Bytes::from(response.body)).map_err(move |never| {
        // It is held for as long as the body is.
        let _held = &held;
        match never {}
    });
    builder
        .body(body.boxed_unsync())
        .map_err(|_| Error::HttpProtocolError)
}

/// An error in words: of the others a guest is told the code alone.
fn refused(message: String) -> Error {
    Error::InternalError(Some(message))
}

fn told(error: HttpError) -> Error {
    match error.kind {
        HttpErrorKind::NoSuchHost => Error::DnsError {
            rcode: Some(error.message),
            info_code: None,
        },
        HttpErrorKind::Unreachable => Error::ConnectionRefused,
        HttpErrorKind::Tls => Error::TlsCertificateError,
        HttpErrorKind::Timeout => Error::HttpResponseTimeout,
        HttpErrorKind::Broken => Error::HttpResponseIncomplete,
        HttpErrorKind::Denied
        | HttpErrorKind::InvalidRequest
        | HttpErrorKind::ForbiddenAddress
        | HttpErrorKind::TooLarge
        | HttpErrorKind::Other(_) => refused(error.to_string()),
    }
}

/// One attempt's `wasi:http`.
pub(crate) struct Web {
    pub(crate) context: WasiHttpCtx,
    pub(crate) outbox: Outbox,
    /// How many requests were handed over.
    pub(crate) sent: u32,
}

/// Where requests are handed over.
pub(crate) struct Outbox {
    desk: Arc<Desk>,
    /// Who is asked for the one that is handed over now.
    pub(crate) services: Option<Arc<dyn HostServices>>,
}

impl Web {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(most::HEADERS);
        Self {
            context,
            outbox: Outbox {
                desk: Arc::clone(desk),
                services: None,
            },
            sent: 0,
        }
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.outbox.desk
    }
}

/// What becomes of a request: its answer, and what goes on with its connection then, which is nothing.
type Sent = Result<(http::Response<WasiBody>, Then), Error>;
type Then = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outbox {
    fn set_host_header(&mut self) -> bool {
        // It follows from the address.
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _then: Then,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let desk = Arc::clone(&self.desk);
        let services = self.services.take();
        Box::new(async move {
            let services = services.ok_or(Error::HttpRequestDenied)?;
            let response = desk.exchange(services, request).await?;
            Ok((response, Box::new(async { Ok(()) }) as Then))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }
}
