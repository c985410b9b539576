//! HTTP as a step speaks it: one request, one answer, both whole.
//!
//! Who may be asked is in [`crate::HttpGrant`]; nothing here opens a connection.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::HttpAddress;

/// A header of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpHeader {
    /// Its name, in small letters.
    pub name: String,
    /// Its value, which may hold any bytes but control characters.
    pub value: Vec<u8>,
}

/// What a step asks a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers, without those that say how the request is carried: these are the host's.
    pub headers: Vec<HttpHeader>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// Whether asking once more does no more than asking once (RFC 9110, 9.2.2).
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        matches!(
            self.method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE"
        )
    }
}

/// What a server answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, without those that say how the answer was carried.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: Vec<u8>,
}

crate::refusals::closed! {
    /// Why no answer came. What is new goes under `Other`.
    pub enum HttpErrorKind {
        /// No line of the definition grants it.
        Denied = "denied",
        /// It is no request that can be sent.
        InvalidRequest = "invalid-request",
        /// The name leads nowhere.
        NoSuchHost = "no-such-host",
        /// What the name leads to lies inside of a network, and nobody said that the host does.
        ForbiddenAddress = "forbidden-address",
        /// Nobody took the connection.
        Unreachable = "unreachable",
        /// The server can't be trusted, or speaks no TLS.
        Tls = "tls",
        /// It took too long.
        Timeout = "timeout",
        /// The request or its answer is larger than is allowed.
        TooLarge = "too-large",
        /// The connection ended before the answer did, or what came is no HTTP.
        Broken = "broken",
    }
    other: " Anything else, with a code of its own."
    told: " Why a request got no answer." HttpError
}

/// What bounds one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpBounds {
    /// The most bytes of the answer's body.
    pub body: u64,
    /// The time from the look-up of the name to the last byte.
    pub time: Duration,
}

/// What sends nothing: for a house in which nobody is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServers;

#[async_trait]
impl HttpClient for NoServers {
    fn address(&self, _url: &str) -> Result<HttpAddress, HttpError> {
        Err(nobody())
    }

    async fn exchange(
        &self,
        _request: HttpRequest,
        _bounds: HttpBounds,
    ) -> Result<HttpResponse, HttpError> {
        Err(nobody())
    }
}

fn nobody() -> HttpError {
    HttpError::new(HttpErrorKind::Denied, "no HTTP request is sent from here")
}

/// What is known of where a host stands by how it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPlace {
    /// Nothing: it is found out when it is asked.
    Unknown,
    /// On this machine or inside of its network, as the operator says.
    InsideAsSaid,
    /// There as well, and the operator says nothing of it: it isn't asked.
    Inside,
}

/// What sends requests. It knows which hosts the operator has inside of the network, and refuses what leads there otherwise.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Whom a request to this address would ask, in the form that grants are held against.
    ///
    /// # Errors
    /// It is no address of the web.
    fn address(&self, url: &str) -> Result<HttpAddress, HttpError>;

    /// What is known of where a host stands without looking its name up.
    fn place(&self, _: &HttpAddress) -> HostPlace {
        HostPlace::Unknown
    }

    /// Sends one request, and reads all of its answer. Nothing is followed, remembered or sent a second time.
    ///
    /// # Errors
    /// Why no answer came.
    async fn exchange(
        &self,
        request: HttpRequest,
        bounds: HttpBounds,
    ) -> Result<HttpResponse, HttpError>;
}
