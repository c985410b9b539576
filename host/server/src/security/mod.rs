//! Who may ask, and what a browser is told to allow.
//!
//! The server runs on a person's machine, beside a browser that runs other people's pages, and beside other users. A page of
//! another site can send requests here without the person knowing. So nothing is answered under a foreign name (DNS
//! rebinding), nothing is told or changed for another origin, and every request has to show a token, but for the form in which it is
//! shown and whether the server lives.

mod code;
mod guesses;
mod origin;
mod session;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use stepwell_contract::Remedy;
use stepwell_engine::{ErrorCode, Reach};

pub use code::Code;
pub use session::PATH as SESSION;
pub use token::Token;

use crate::ProblemDetails;
use crate::bodies::small_bodies;
use crate::health::is_of_health;
use guesses::Guesses;
use origin::{is_foreign, is_visit, page_before};
use token::Shown;

/// What a browser may do with what it gets: everything comes from here, nothing runs that stands in a page's text.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Who may ask, and how far.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Names under which the server is reached, besides `localhost` and addresses.
    pub names: Vec<String>,
    /// What a request must show; without one, everybody may ask who reaches the server.
    pub token: Option<Token>,
    /// What a browser may show once instead of the token.
    pub code: Option<Code>,
    /// Which folders a request may name.
    pub reach: Reach,
}

/// What the guard keeps while the server lives.
struct Guard {
    access: Access,
    guesses: Guesses,
}

/// Puts the guard before a router.
pub(crate) fn guard(router: Router, access: Access) -> Router {
    let guesses = Guesses::default();
    let router = match access.token.clone() {
        Some(token) => {
            // Anybody may ask for it.
            let session = session::router(token, access.code.clone(), guesses.clone())
                .layer(axum::middleware::from_fn(small_bodies));
            router.merge(session)
        }
        None => router,
    };
    let guard = Arc::new(Guard { access, guesses });
    router
        .layer(from_fn_with_state(guard, admit))
        .layer(axum::middleware::map_response(told_to_browsers))
}

async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let host = match foreigner(&guard.access, &request) {
        Err(refused) => return refused.into_response(),
        Ok(host) => host,
    };
    match shown(&guard.access, &request, host) {
        Shown::Right => next.run(request).await,
        Shown::Nothing => unadmitted(&request, host),
        Shown::Wrong => guard.guesses.wrong(unadmitted(&request, host)).await,
    }
}

/// The name under which the server was asked; refuses what another site sends, or asks under another name.
fn foreigner<'r>(access: &Access, request: &'r Request) -> Result<&'r str, ProblemDetails> {
    let headers = request.headers();
    let host = match host_of(request) {
        Some(host) if access.knows(host) => host,
        host => return Err(foreign_name(host)),
    };
    let path = request.uri().path();
    // Who follows a link to a page from elsewhere has to come in; nobody follows one to the API.
    let visits = is_visit(request.method(), headers) && !is_of_api(path);
    if is_foreign(headers, host) && !visits && !is_of_health(path) {
        return Err(foreign_origin());
    }
    Ok(host)
}

/// What a request shows of the token, where it needs one.
fn shown(access: &Access, request: &Request, host: &str) -> Shown {
    let path = request.uri().path();
    match &access.token {
        // Who is about to show the token has none yet, and who watches whether the server lives has none.
        Some(token) if ![session::PATH, session::STYLE].contains(&path) && !is_of_health(path) => {
            token.shown_in(request.headers(), port_of(host))
        }
        _ => Shown::Right,
    }
}

fn is_of_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A browser is asked for the token, and goes on to the page that it wanted; one that sent a form goes back to that, where it has
/// kept what was typed.
fn unadmitted(request: &Request, host: &str) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    let here = uri.path_and_query().map_or("/", |here| here.as_str());
    if !accepts_html(headers) || is_of_api(uri.path()) {
        return no_token().into_response();
    }
    match *request.method() {
        Method::GET => session::ask_for_token(here),
        Method::POST => session::ask_for_token_again(page_before(headers, host).unwrap_or(here)),
        _ => no_token().into_response(),
    }
}

impl Access {
    /// Whether a name is one of the server's own. An address always is: rebinding needs a name.
    fn knows(&self, host: &str) -> bool {
        let (name, _) = split(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The name under which the server was asked.
fn host_of(request: &Request) -> Option<&str> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let first = named.next()?;
    // Two of them could mean one thing here and another to a proxy before.
    if named.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

/// The name and the port of a host.
fn split(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, port.parse().ok())
        }
        _ => (host, None),
    }
}

/// The port that a browser sees: behind a proxy it is another one than the server's own.
fn port_of(host: &str) -> u16 {
    split(host).1.unwrap_or(80)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|accept| {
        accept
            .to_str()
            .is_ok_and(|kinds| kinds.contains("text/html"))
    })
}

fn foreign_name(host: Option<&str>) -> ProblemDetails {
    let detail = match host {
        Some(host) => format!("`{host}` is no name of this server"),
        None => "the request doesn't say which server it means".into(),
    };
    ProblemDetails::new(ErrorCode::ForeignName, detail).with(Remedy::NameServer)
}

fn foreign_origin() -> ProblemDetails {
    let detail = "the request comes from a page of another site";
    ProblemDetails::new(ErrorCode::ForeignOrigin, detail)
        .hinting("open the page under the server's own address")
}

fn no_token() -> ProblemDetails {
    let detail = "the request shows no token, or another one";
    ProblemDetails::new(ErrorCode::NoToken, detail).with(Remedy::ShowToken)
}

/// The headers that say what a browser may do. What a handler has said already stays.
async fn told_to_browsers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let told = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Forms must still say where they come from.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in told {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .entry(header::WWW_AUTHENTICATE)
            .or_insert(scheme);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tokio::time::Instant;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn a_server_knows_its_names() {
        let access = Access {
            names: vec!["build.example".into()],
            ..Access::default()
        };
        for own in [
            "localhost",
            "LOCALHOST:7117",
            "127.0.0.1:7117",
            "[::1]:7117",
            "[::1]",
            "192.168.1.4",
            "build.example:80",
        ] {
            assert!(access.knows(own), "{own}");
        }
        for foreign in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil:7117",
            "",
            "a:b",
        ] {
            assert!(!access.knows(foreign), "{foreign}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_token_never_waits_for_wrong_ones() {
        let access = Access {
            token: Some(Token::new("sesame")),
            code: Code::made(),
            ..Access::default()
        };
        let code = access.code.clone().unwrap();
        let router = guard(Router::new().route("/api/x", get("there")), access);
        let ask = async |request: Request| router.clone().oneshot(request).await.unwrap();
        let with = |path: &str, name: &str, value: &str| {
            let request = Request::get(path).header("host", "localhost:7117");
            request.header(name, value).body(Body::empty()).unwrap()
        };
        let form = |token: &str| {
            let request = Request::post("/session").header("host", "localhost:7117");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body(Body::from(format!("token={token}"))).unwrap()
        };
        let began = Instant::now();
        let wrong = [
            with("/api/x", "authorization", "Bearer wrong"),
            with("/api/x", "cookie", "stepwell_session_7117=wrong"),
            with("/session?code=wrong", "accept", "text/html"),
            form("wrong"),
        ];
        let told = wrong.into_iter().map(&ask);
        for refused in futures_util::future::join_all(told).await {
            assert_eq!(refused.status(), 401);
        }
        let pause = began.elapsed();
        assert!(!pause.is_zero(), "each of them waits");

        // However many wait.
        let many = (0..100).map(|_| ask(with("/api/x", "authorization", "Bearer wrong")));
        let many = futures_util::future::join_all(many);
        let right = async {
            tokio::task::yield_now().await;
            let link = format!("/session?code={}", code.reveal());
            for right in [
                with("/api/x", "authorization", "Bearer sesame"),
                with(&link, "accept", "text/html"),
            ] {
                assert_eq!(ask(right).await.status(), 200);
            }
            assert_eq!(ask(form("sesame")).await.status(), 303);
            assert_eq!(began.elapsed(), pause);
        };
        let (many, ()) = tokio::join!(many, right);
        assert!(many.iter().any(|refused| refused.status() == 429));
    }
}
