//! One exchange: checked, sent, read to its end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Method, Response, Url, redirect};
use stepwell_contract::{
    HostPlace, HttpAddress, HttpBounds, HttpClient, HttpError, HttpErrorKind, HttpInside,
    HttpRequest, HttpResponse, Limit, amounts,
};
use stepwell_workers::off_the_workers;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::addresses::{Distance, Refusal, refused};
use crate::failing::{cause, innermost, speaks_no_tls};
use crate::heads;
use crate::names::{LookUp, Names, NoName, RefusedName, SystemNames};

/// How long it may take until somebody has taken a connection.
const TO_CONNECT: Duration = Duration::from_secs(15);

/// Sends the requests of steps.
pub struct Outbound {
    /// What the operator has inside of the network.
    inside: Vec<HttpInside>,
    look_up: Arc<dyn LookUp>,
    /// What asks hosts inside of the network. To make a client reads the certificates of the machine, so that none is made before it
    /// is needed.
    near: OnceCell<Client>,
    /// What asks all others.
    far: OnceCell<Client>,
}

impl Outbound {
    /// Whoever the operator has inside of the network is asked there, and nobody else.
    #[must_use]
    pub fn new(inside: Vec<HttpInside>) -> Self {
        Self::looking_up(inside, Arc::new(SystemNames))
    }

    /// The same, with names that are looked up otherwise.
    #[must_use]
    pub fn looking_up(inside: Vec<HttpInside>, look_up: Arc<dyn LookUp>) -> Self {
        Self {
            inside,
            look_up,
            near: OnceCell::new(),
            far: OnceCell::new(),
        }
    }

    fn distance(&self, address: &HttpAddress) -> Distance {
        match self.inside.iter().any(|inside| inside.covers(address)) {
            true => Distance::Anywhere,
            false => Distance::Public,
        }
    }

    async fn client(&self, distance: Distance) -> Result<&Client, HttpError> {
        let kept = match distance {
            Distance::Anywhere => &self.near,
            Distance::OffMachine | Distance::Public => &self.far,
        };
        let names = || Names {
            look_up: Arc::clone(&self.look_up),
            distance,
        };
        let made = kept.get_or_try_init(|| {
            let names = names();
            off_the_workers(move || made(names))
        });
        made.await.map_err(|error| {
            let kind = HttpErrorKind::Other("no-client".into());
            HttpError::new(kind, format!("no request can be sent from here: {error}"))
        })
    }

    async fn send(
        &self,
        request: HttpRequest,
        url: Url,
        address: &HttpAddress,
        most: u64,
    ) -> Result<HttpResponse, HttpError> {
        let method = heads::method(&request.method)?;
        let headers = heads::of_request(request.headers)?;
        let distance = self.distance(address);
        // An address is never looked up.
        let literal = address.host.trim_matches(['[', ']']).parse::<IpAddr>();
        if let Some(refusal) = literal.ok().and_then(|it| refused(it, distance)) {
            return Err(inside(address, refusal));
        }
        let has_no_body = request.body.is_empty() && matches!(method, Method::GET | Method::HEAD);
        let mut to_send = self.client(distance).await?.request(method, url);
        to_send = to_send.headers(headers);
        if !has_no_body {
            to_send = to_send.body(request.body);
        }
        let response = to_send.send().await;
        let mut response = response.map_err(|error| failed(&error, address))?;
        let headers = heads::of_answer(response.headers())?;
        Ok(HttpResponse {
            status: response.status().as_u16(),
            headers,
            body: read(&mut response, address, most).await?,
        })
    }
}

/// A client that connects to what is looked up, once for each request.
fn made(names: Names) -> reqwest::Result<Client> {
    // Fails where another provider of cryptography is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("stepwell/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(TO_CONNECT)
        // The step is told where it leads to; what it asks then is looked at like any other.
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        // Where a proxy leads to, nobody could check here.
        .no_proxy()
        .http1_only()
        // A connection that was kept may be gone when it is wanted: what was sent on it then may have been taken, or not.
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(names))
        .build()
}

async fn read(
    response: &mut Response,
    address: &HttpAddress,
    most: u64,
) -> Result<Vec<u8>, HttpError> {
    let too_large = || {
        let limit = Limit::HttpBody.setting();
        let most = amounts::size(most);
        let message = format!("the answer of `{address}` has more than {most}; see `{limit}`");
        HttpError::new(HttpErrorKind::TooLarge, message)
    };
    if response.content_length().is_some_and(|said| said > most) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| failed(&error, address))?
    {
        if (body.len() + piece.len()) as u64 > most {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn inside(address: &HttpAddress, refusal: Refusal) -> HttpError {
    let message = match refusal {
        Refusal::Reserved | Refusal::NoHttps => format!("`{address}` can't be asked: {refusal}"),
        Refusal::Loopback | Refusal::LinkLocal | Refusal::Private => format!(
            "`{address}` is not asked: {refusal}, and `http.inside` of stepwell.toml doesn't name it"
        ),
    };
    HttpError::new(HttpErrorKind::ForbiddenAddress, message)
}

fn failed(error: &reqwest::Error, address: &HttpAddress) -> HttpError {
    if let Some(RefusedName(refusal)) = cause(error) {
        return inside(address, *refusal);
    }
    let told = |kind, message: String| HttpError::new(kind, message);
    if let Some(NoName(reason)) = cause(error) {
        let message = format!("`{address}` leads nowhere: {reason}");
        return told(HttpErrorKind::NoSuchHost, message);
    }
    if speaks_no_tls(error) {
        return told(HttpErrorKind::Tls, format!("`{address}` speaks no TLS"));
    }
    let reason = innermost(error);
    if cause::<rustls::Error>(error).is_some() {
        let message = format!("`{address}` can't be trusted: {reason}");
        return told(HttpErrorKind::Tls, message);
    }
    if error.is_builder() {
        let message = format!("it can't be sent: {reason}");
        return told(HttpErrorKind::InvalidRequest, message);
    }
    match error.is_connect() {
        true => {
            let message = format!("`{address}` can't be reached: {reason}");
            told(HttpErrorKind::Unreachable, message)
        }
        false => {
            let message = format!("`{address}` didn't answer to the end: {reason}");
            told(HttpErrorKind::Broken, message)
        }
    }
}

#[async_trait]
impl HttpClient for Outbound {
    fn address(&self, url: &str) -> Result<HttpAddress, HttpError> {
        heads::address_of(url)
    }

    fn place(&self, address: &HttpAddress) -> HostPlace {
        if self.distance(address) == Distance::Anywhere {
            return HostPlace::InsideAsSaid;
        }
        let host = address.host.as_str();
        // That name is this machine everywhere.
        let is_here = host == "localhost" || host.ends_with(".localhost");
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_refused = literal.is_ok_and(|it| refused(it, Distance::Public).is_some());
        match is_here || is_refused {
            true => HostPlace::Inside,
            false => HostPlace::Unknown,
        }
    }

    async fn exchange(
        &self,
        request: HttpRequest,
        bounds: HttpBounds,
    ) -> Result<HttpResponse, HttpError> {
        let (url, address) = heads::url(&request.url)?;
        let sent = self.send(request, url, &address, bounds.body);
        timeout(bounds.time, sent).await.unwrap_or_else(|_| {
            let message = format!(
                "`{address}` didn't answer to the end within `{}`",
                Limit::HttpTime.setting()
            );
            Err(HttpError::new(HttpErrorKind::Timeout, message))
        })
    }
}
