//! Requests to one registry, for one purpose: who is logged in, and where it leads to.
//!
//! Credentials and tokens go to the registry itself, and to the service for tokens that it names; never to where it redirects.

use bytes::Bytes;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use stepwell_outbound::{Distance, Refusal, refused_by_sight};
use tokio::time::timeout;

use super::body::read_all;
use super::challenge::{Challenge, challenge};
use super::failing::{failed, shown, unexpected};
use super::web::Web;
use crate::credentials::{Credentials, Logins};
use crate::errors::{FetchError, Part};
use crate::reference::{Host, is_loopback};

/// How many redirects are followed, one after the other.
const MOST_REDIRECTS: usize = 5;

/// The most bytes of a token service's answer.
const MOST_OF_TOKEN: u64 = 256 << 10;

/// So many bytes of a body are sent in a second at least, or it is given up.
const SLOWEST_UPLOAD: u64 = 32 << 10;

/// What is to be done, as a registry calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Pull,
    Push,
}

/// Where credentials come from.
pub(crate) enum Shown<'s> {
    /// Those that are kept.
    Kept(&'s Logins),
    /// Those that are to be tried.
    Given(Credentials),
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) accept: Option<&'static str>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Option<Bytes>,
}

impl Ask {
    pub(crate) fn get(url: Url) -> Self {
        Self::of(Method::GET, url)
    }

    pub(crate) fn of(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            accept: None,
            content_type: None,
            body: None,
        }
    }
}

/// Requests to one registry.
pub(crate) struct Session<'s> {
    web: &'s Web,
    host: Host,
    home: Url,
    /// What is to be done where, as a token says it.
    scope: Option<String>,
    /// What is asked for, for messages.
    what: String,
    shown: Shown<'s>,
    authorization: Option<HeaderValue>,
    /// Whether credentials were shown.
    had: bool,
    /// Whether the registry asked for any.
    pub(crate) was_asked: bool,
}

impl<'s> Session<'s> {
    pub(crate) fn new(
        web: &'s Web,
        host: &Host,
        scope: Option<(&str, Purpose)>,
        what: String,
        shown: Shown<'s>,
    ) -> Result<Self, FetchError> {
        let home = host.base().ok_or_else(|| FetchError::NoRegistry {
            host: host.to_string(),
            reason: "it has no address",
        })?;
        Ok(Self {
            web,
            host: host.clone(),
            home,
            scope: scope.map(|(repository, purpose)| match purpose {
                Purpose::Pull => format!("repository:{repository}:pull"),
                Purpose::Push => format!("repository:{repository}:pull,push"),
            }),
            what,
            shown,
            authorization: None,
            had: false,
            was_asked: false,
        })
    }

    /// An address of the registry's, or one that it gave: a whole one, or a path.
    pub(crate) fn address(&self, path: &str) -> Result<Url, FetchError> {
        self.home.join(path).map_err(|_| FetchError::NoRegistry {
            host: self.host.to_string(),
            reason: "it names an address that is none",
        })
    }

    /// The answer to a request, whatever its status: after having shown who asks, where that is asked for, and after redirects.
    pub(crate) async fn send(&mut self, ask: Ask) -> Result<Response, FetchError> {
        let first = shown(&ask.url);
        let mut url = ask.url.clone();
        let mut showed = false;
        for _ in 0..=MOST_REDIRECTS {
            let is_home = url.origin() == self.home.origin();
            let request = self.request(&ask, &url, is_home).await?;
            let response = self.answer(request, &url, &ask).await?;
            match response.status() {
                StatusCode::UNAUTHORIZED if is_home => {
                    self.was_asked = true;
                    if showed || !self.show_who_asks(&response).await? {
                        return Err(FetchError::NotLoggedIn {
                            host: self.host.clone(),
                            had: self.had,
                        });
                    }
                    showed = true;
                }
                StatusCode::FORBIDDEN if is_home => {
                    return Err(FetchError::Forbidden {
                        host: self.host.clone(),
                        what: self.what.clone(),
                        had: self.had,
                    });
                }
                status if status.is_redirection() && ask.body.is_none() => {
                    match led_to(&response) {
                        Some(next) => url = next,
                        None => return Ok(response),
                    }
                }
                _ => return Ok(response),
            }
        }
        Err(FetchError::TooManyRedirects {
            host: first,
            most: MOST_REDIRECTS,
        })
    }

    async fn request(
        &self,
        ask: &Ask,
        url: &Url,
        is_home: bool,
    ) -> Result<RequestBuilder, FetchError> {
        if !is_home {
            self.keep_away(url, Distance::Public)?;
        }
        let client = self.web.client(url).await?;
        // What is hashed is what comes.
        let mut request = client
            .request(ask.method.clone(), url.clone())
            .header(ACCEPT_ENCODING, "identity");
        if let Some(accept) = ask.accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(content_type) = ask.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(authorization) = self.authorization.clone().filter(|_| is_home) {
            request = request.header(AUTHORIZATION, authorization);
        }
        Ok(match &ask.body {
            Some(body) => request.body(body.clone()),
            None => request,
        })
    }

    /// What isn't the registry itself is led to by https alone, and is nothing that is near: a registry of this machine leads to nothing else on it, either.
    fn keep_away(&self, url: &Url, distance: Distance) -> Result<(), FetchError> {
        let refuse = |refusal| FetchError::Refused {
            host: shown(&self.home),
            to: shown(url),
            refusal,
        };
        // To another port of the registry's own machine nothing near is reached by it, unless that is this one.
        if url.host_str() == self.home.host_str() && !is_loopback(&self.home) {
            return match url.scheme() {
                "https" => Ok(()),
                _ => Err(refuse(Refusal::NoHttps)),
            };
        }
        if let Some(refusal) = refused_by_sight(url, distance) {
            return Err(refuse(refusal));
        }
        self.web.names.keep_away(url, distance);
        Ok(())
    }

    async fn answer(
        &self,
        request: RequestBuilder,
        url: &Url,
        ask: &Ask,
    ) -> Result<Response, FetchError> {
        let idle = self.web.idle;
        let size = ask.body.as_ref().map_or(0, |body| body.len() as u64);
        let within = idle + std::time::Duration::from_secs(size / SLOWEST_UPLOAD);
        match timeout(within, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failed(&error, url, Some(&shown(&self.home)))),
            Err(_) => Err(FetchError::Silent {
                host: shown(url),
                idle: within,
            }),
        }
    }

    /// Takes what is needed for a request that the registry takes; says whether there is anything that wasn't shown before.
    async fn show_who_asks(&mut self, response: &Response) -> Result<bool, FetchError> {
        let credentials = match &self.shown {
            Shown::Kept(logins) => logins.of(&self.host).await?,
            Shown::Given(credentials) => Some(credentials.clone()),
        };
        self.had = credentials.is_some();
        self.authorization = match (challenge(response), credentials) {
            (Some(Challenge::Basic), Some(credentials)) => credentials.basic(),
            (
                Some(Challenge::Bearer {
                    realm,
                    service,
                    scope,
                }),
                credentials,
            ) => {
                let scope = self.scope.clone().or(scope);
                let token = self.token(&realm, service, scope, credentials).await?;
                Some(token)
            }
            (Some(Challenge::Basic) | None, _) => None,
        };
        Ok(self.authorization.is_some())
    }

    /// Asks the service for a token.
    async fn token(
        &self,
        realm: &str,
        service: Option<String>,
        scope: Option<String>,
        credentials: Option<Credentials>,
    ) -> Result<HeaderValue, FetchError> {
        let mut url = self.address(realm)?;
        if url.origin() != self.home.origin() {
            self.keep_away(&url, Distance::OffMachine)?;
        }
        let mut asked = vec![];
        asked.extend(service.map(|service| ("service", service)));
        asked.extend(scope.map(|scope| ("scope", scope)));
        let client = self.web.client(&url).await?;
        let request = match credentials {
            Some(Credentials::Identity(token)) => {
                asked.push(("grant_type", "refresh_token".to_owned()));
                asked.push(("client_id", "stepwell".to_owned()));
                asked.push(("refresh_token", token.reveal().to_owned()));
                // Not in the address, which may stand in a log.
                let form = {
                    let mut form = url.clone();
                    form.query_pairs_mut().clear().extend_pairs(asked);
                    form.query().unwrap_or_default().to_owned()
                };
                client
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form)
            }
            other => {
                if !asked.is_empty() {
                    url.query_pairs_mut().extend_pairs(asked);
                }
                let request = client.get(url.clone());
                match other.and_then(|credentials| credentials.basic()) {
                    Some(basic) => request.header(AUTHORIZATION, basic),
                    None => request,
                }
            }
        };
        let response = self.answer(request, &url, &Ask::get(url.clone())).await?;
        match response.status() {
            StatusCode::OK => {
                bearer(read_all(response, Part::Token, MOST_OF_TOKEN, self.web.idle).await?)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                Err(FetchError::NotLoggedIn {
                    host: self.host.clone(),
                    had: self.had,
                })
            }
            _ => Err(unexpected(response).await),
        }
    }
}

/// Where a redirect leads to.
fn led_to(response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

fn bearer(body: Bytes) -> Result<HeaderValue, FetchError> {
    #[derive(Deserialize)]
    struct Token {
        token: Option<String>,
        access_token: Option<String>,
    }
    let unreadable = |reason: &str| FetchError::Unreadable {
        part: Part::Token,
        reason: reason.to_owned(),
    };
    // What can't be parsed may hold a token: nothing of it is told.
    let token: Token =
        serde_json::from_slice(&body).map_err(|_| unreadable("it is no JSON with a token"))?;
    let token = token
        .token
        .or(token.access_token)
        .ok_or_else(|| unreadable("it has no token"))?;
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| unreadable("its token can't be shown in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}
