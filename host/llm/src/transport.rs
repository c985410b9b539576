//! One exchange over HTTP: a body is sent, an answer is read to its end, everything that came is kept.
//!
//! It understands no format and makes no second attempt.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use stepwell_contract::{ChatErrorKind, ChatResponse, Clock, Usage, amounts};
use tokio::time::{Instant, timeout};

use crate::access::Access;
use crate::provider::Provider;
use crate::retry::asked_wait;
use crate::scrub::Scrubs;
use crate::unpack::{Packing, Unpack};
use crate::wire::{Problem, TOO_LARGE, excerpt, shortened};

mod reading;

use reading::Reading;

/// An answer larger than this is given up: no model's answer is, and memory is finite.
pub(crate) const LARGEST_ANSWER: usize = 64 << 20;

/// What came of one exchange.
pub(crate) struct Exchange {
    pub(crate) raw: Option<Bytes>,
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) first_token: Option<Duration>,
    pub(crate) duration: Duration,
    pub(crate) usage: Usage,
    /// Of the tokens that were written to the provider's cache: those that it keeps for an hour, where that was told.
    pub(crate) hour_writes: Option<u32>,
    /// Bytes of the answer that came; zero where none began.
    pub(crate) answer_bytes: usize,
    /// The least wait that the server asks for before the next attempt.
    pub(crate) asked_wait: Option<Duration>,
    pub(crate) outcome: Result<ChatResponse, Problem>,
}

/// Sends a body and reads the answer. `text` is handed the pieces of the answer's text.
pub(crate) async fn exchange(
    provider: &Provider,
    access: &Access,
    body: Bytes,
    clock: &Clock,
    text: &mut (dyn FnMut(&str) + Send),
) -> Exchange {
    let start = Instant::now();
    let mut exchange = Exchange::nothing();
    let scrub = Scrubs::new(provider.secrets());
    let mut tokens = Scrubs::new(provider.secrets());
    let outcome = match send(provider, access, body, clock).await {
        Ok(response) => {
            let mut clean = |piece: &str| hand_on(&tokens.take(piece.as_bytes()), text);
            let read = exchange.read(provider, response, clock, start, &mut clean);
            read.await
        }
        Err(problem) => Err(problem),
    };
    hand_on(&tokens.end(), text);
    exchange.outcome = match outcome {
        Ok(response) => {
            let clean = scrub.response(response.clone());
            if clean != response {
                leave_raw_out(&mut exchange.raw);
            }
            Ok(clean)
        }
        Err(mut problem) => {
            problem.message = shortened(&scrub.text(&problem.message));
            exchange.asked_wait = exchange.asked_wait.max(problem.wait);
            Err(problem)
        }
    };
    let raw = exchange.raw.as_deref().unwrap_or_default();
    if tokens.has_removed() || scrub.is_in_pieces(raw) {
        leave_raw_out(&mut exchange.raw);
    }
    exchange.duration = start.elapsed();
    exchange
}

fn hand_on(text: &[u8], to: &mut (dyn FnMut(&str) + Send)) {
    if !text.is_empty() {
        to(&String::from_utf8_lossy(text));
    }
}

async fn send(
    provider: &Provider,
    access: &Access,
    body: Bytes,
    clock: &Clock,
) -> Result<Response, Problem> {
    let request = request(
        provider,
        Method::POST,
        provider.format.path(),
        access,
        clock,
    )?;
    let request = request
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(body);
    response(provider, request).await
}

/// A request to one of a provider's paths.
pub(crate) fn request(
    provider: &Provider,
    method: Method,
    path: &str,
    access: &Access,
    clock: &Clock,
) -> Result<RequestBuilder, Problem> {
    if provider.base_url.scheme() == "https" && clock.now() < Timestamp::UNIX_EPOCH {
        // Whoever holds a certificate against such a time gives up the whole program.
        let message =
            "the clock of this machine stands before 1970, where no certificate is valid: set it";
        return Err(Problem::lasting(ChatErrorKind::Network, message).unpaid());
    }
    let mut address = provider.address(path);
    if !access.query.is_empty() {
        address.query_pairs_mut().extend_pairs(&access.query);
    }
    let request = provider.client.request(method, address);
    Ok(request
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .headers(access.headers.clone()))
}

/// The beginning of its answer.
pub(crate) async fn response(
    provider: &Provider,
    request: RequestBuilder,
) -> Result<Response, Problem> {
    let stall = provider.settings.stall_timeout;
    match timeout(stall, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(broken(&error)),
        Err(_) => Err(stalled(stall, "no answer came")),
    }
}

/// The key could be put together from what came.
pub(crate) fn leave_raw_out(raw: &mut Option<Bytes>) {
    const NOTE: &[u8] = b"[the raw answer is left out: it held the key in pieces]";
    *raw = Some(Bytes::from_static(NOTE));
}

impl Exchange {
    /// One of which nothing came yet.
    pub(crate) fn nothing() -> Self {
        Self {
            raw: None,
            status: None,
            headers: Vec::new(),
            first_token: None,
            duration: Duration::ZERO,
            usage: Usage::default(),
            hour_writes: None,
            answer_bytes: 0,
            asked_wait: None,
            outcome: Err(Problem::passing(ChatErrorKind::Network, "")),
        }
    }

    async fn read(
        &mut self,
        provider: &Provider,
        response: Response,
        clock: &Clock,
        start: Instant,
        text: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ChatResponse, Problem> {
        let scrub = Scrubs::new(provider.secrets());
        let status = response.status();
        self.status = Some(status.as_u16());
        self.headers = kept(response.headers(), provider);
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        self.asked_wait = asked_wait(header, clock.now());
        let location = header("location").map(|text| excerpt(&scrub.text(text)));

        let packing = match packing(response.headers()) {
            Ok(packing) => packing,
            // Nor is it looked through for the key.
            Err(packing) => {
                self.raw = Some(Bytes::from_static(
                    b"[the raw answer is left out: it is compressed]",
                ));
                let packing = excerpt(&scrub.text(&packing));
                return Err(packed(provider, status, &packing));
            }
        };
        let mut reading = Reading {
            reader: (status.is_success()).then(|| provider.format.reader(&provider.name)),
            scrub,
            unpack: Unpack::new(packing, LARGEST_ANSWER),
            raw: Vec::new(),
            start,
            first_token: None,
            text,
        };
        let end = reading
            .read_to_the_end(response, provider.settings.stall_timeout)
            .await;
        let (reader, raw) = reading.finish(end, self);
        let outcome = match reader {
            Some(outcome) => outcome,
            None if status.is_redirection() => Err(redirected(location)),
            // How the connection ended says less than the status that came before.
            None => Err(provider.format.refusal(status.as_u16(), &raw)),
        };
        self.raw = Some(Bytes::from(raw));
        outcome
    }
}

pub(crate) fn redirected(location: Option<String>) -> Problem {
    let message = match location {
        Some(location) => format!(
            "the server redirects to `{location}`, which is not followed; if that is right, make it the base URL"
        ),
        None => "the server redirects, which is not followed".to_owned(),
    };
    Problem::lasting(ChatErrorKind::Network, message).unpaid()
}

/// How the bytes are packed, where they don't stand as they are; in the server's words where that can't be undone.
pub(crate) fn packing(headers: &HeaderMap) -> Result<Option<Packing>, String> {
    let told = headers.get_all(CONTENT_ENCODING).iter();
    let told = told.map(|told| String::from_utf8_lossy(told.as_bytes()).into_owned());
    let told = told.collect::<Vec<_>>().join(", ");
    let is_packing = |name: &&str| !name.is_empty() && !name.eq_ignore_ascii_case("identity");
    let mut names = told.split(',').map(str::trim).filter(is_packing);
    match (names.next(), names.next()) {
        (None, _) => Ok(None),
        (Some(name), None) => Packing::named(name).map(Some).ok_or(told),
        _ => Err(told),
    }
}

/// An answer in a packing that nobody here undoes. One that is an answer was paid for.
pub(crate) fn packed(provider: &Provider, status: StatusCode, packing: &str) -> Problem {
    let told =
        format!("`content-encoding: {packing}`, which it was not asked for and can't be read");
    if status.is_success() {
        return Problem::unreadable(
            "answer-unreadable",
            format!("the answer is compressed by {told}"),
        );
    }
    let mut problem = provider.format.refusal(status.as_u16(), &[]);
    problem
        .message
        .push_str(&format!(": it is compressed by {told}"));
    problem
}

pub(crate) fn too_large() -> Problem {
    let message = format!(
        "the answer is larger than {}",
        amounts::size(LARGEST_ANSWER as u64)
    );
    Problem::unreadable(TOO_LARGE, message)
}

/// The headers without those that hold secrets or name the account.
fn kept(headers: &HeaderMap, provider: &Provider) -> Vec<(String, String)> {
    let values = Scrubs::new(provider.secrets());
    let names = Scrubs::in_lower_case(provider.secrets());
    let own = provider.secret_headers();
    const LEFT_OUT: [&str; 11] = [
        "anthropic-organization-id",
        "api-key",
        "authorization",
        "cookie",
        "openai-organization",
        "openai-project",
        "proxy-authorization",
        "set-cookie",
        "www-authenticate",
        "x-api-key",
        "x-goog-api-key",
    ];
    headers
        .iter()
        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()) && !own.contains(name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (names.text(name.as_str()), values.text(&value))
        })
        .collect()
}

pub(crate) fn stalled(stall: Duration, what: &str) -> Problem {
    Problem::passing(
        ChatErrorKind::Timeout,
        format!("{what}: not a byte for {stall:?} (`stall_timeout`)"),
    )
}

/// Says what went wrong with a connection, down to the cause: the outermost error only says that it did.
pub(crate) fn broken(error: &reqwest::Error) -> Problem {
    let mut message = if error.is_connect() {
        "it can't be reached".to_owned()
    } else {
        "the connection broke".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = error.source();
    }
    let kind = if error.is_timeout() {
        ChatErrorKind::Timeout
    } else {
        ChatErrorKind::Network
    };
    let problem = Problem::passing(kind, message);
    match error.is_connect() {
        true => problem.unpaid(),
        false => problem,
    }
}
