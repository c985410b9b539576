//! One request to the collector: OTLP over HTTP, in protobuf.
//!
//! It retries nothing; it says whether it is worth it.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::settings::Receiver;

/// The longest time that a collector may ask to be left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How much of an answer is read: one that says what it didn't take is short.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Why something isn't with the collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// It may be taken later.
    ForNow {
        reason: String,
        /// How long the collector wants to be left alone.
        pause: Option<Duration>,
        /// Whether it is there, and said so itself.
        is_there: bool,
    },
    /// It won't be taken.
    ForGood { reason: String },
}

impl Undelivered {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::ForNow { reason, .. } | Self::ForGood { reason } => reason,
        }
    }
}

/// The way to a collector.
pub(crate) struct Post {
    client: Client,
    receiver: Receiver,
}

impl Post {
    /// Reads the certificates of the machine: not for a worker of the runtime.
    pub(crate) fn open(receiver: Receiver) -> Result<Self, Undelivered> {
        // Fails where another provider of cryptography is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("stepwell/", env!("CARGO_PKG_VERSION")))
            .timeout(receiver.timeout)
            // A redirect could carry the keys to a host that the operator never named.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never());
        if is_loopback(&receiver.url) {
            // A proxy's own loopback is another machine's.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| Undelivered::ForGood {
            reason: told(&error),
        })?;
        Ok(Self { client, receiver })
    }

    /// Sends a message, and gives the answer.
    pub(crate) async fn send(&self, message: Vec<u8>) -> Result<Vec<u8>, Undelivered> {
        let mut request = self
            .client
            .post(self.receiver.url.clone())
            .headers(self.receiver.headers.clone())
            .header(CONTENT_TYPE, "application/x-protobuf");
        request = match self.receiver.compressed {
            true => request
                .header(CONTENT_ENCODING, "gzip")
                .body(compressed(&message)),
            false => request.body(message),
        };
        let for_now = |error: reqwest::Error| Undelivered::ForNow {
            reason: match error.is_timeout() {
                true => format!("no answer within {:?}", self.receiver.timeout),
                false => told(&error),
            },
            pause: None,
            is_there: false,
        };
        let response = request.send().await.map_err(for_now)?;
        let status = response.status();
        if status.is_success() {
            // It was taken: what can't be read of the answer is no reason to tell it twice.
            return Ok(body_of(response).await.unwrap_or_default());
        }
        let reason = format!("it answers {status}");
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Undelivered::ForNow {
                reason,
                pause: pause_of(&response),
                is_there: true,
            },
            _ => Undelivered::ForGood { reason },
        })
    }
}

fn compressed(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory can't fail.
    let _ = encoder.write_all(message);
    encoder.finish().unwrap_or_default()
}

async fn body_of(mut response: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > LARGEST_ANSWER {
            return Ok(Vec::new());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn pause_of(response: &Response) -> Option<Duration> {
    let after = response.headers().get(RETRY_AFTER)?;
    let seconds = after.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// What went wrong at the bottom of it; the address, which may hold a password, isn't told again.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request failed".into(),
        None => cause.to_string(),
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    })
}
