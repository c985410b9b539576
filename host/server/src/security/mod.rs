//! Who may ask, and what a browser is told to allow.
//!
//! The server runs on a person's machine, beside a browser that runs other people's pages. A page of another site can
//! send requests here without the person knowing. So nothing is answered under a foreign name (DNS rebinding), nothing
//! is changed for another origin, and where other machines can reach the server, a token is needed.

mod session;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

pub use token::Token;

use crate::ProblemDetails;

/// What a browser may do with what it gets: everything comes from here, nothing runs that stands in a page's text.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Who may ask.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Names under which the server is reached, besides `localhost` and addresses.
    pub names: Vec<String>,
    /// What a request must show; none on loopback.
    pub token: Option<Token>,
}

/// Puts the guard before a router.
pub(crate) fn guard(router: Router, access: Access) -> Router {
    let router = match &access.token {
        Some(token) => router.merge(session::router(token.clone())),
        None => router,
    };
    router
        .layer(from_fn_with_state(Arc::new(access), admit))
        .layer(axum::middleware::map_response(told_to_browsers))
}

async fn admit(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    match refusal(&access, &request) {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

fn refusal(access: &Access, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let host = match host_of(request) {
        Some(host) if access.knows(host) => host,
        host => return Some(foreign_name(host).into_response()),
    };
    if !request.method().is_safe() && !is_own_origin(headers, host) {
        return Some(foreign_origin().into_response());
    }
    let token = access.token.as_ref()?;
    let path = request.uri().path();
    // Who watches whether the server lives, and who is about to show the token, has none yet.
    let open = [session::PATH, "/healthz", "/readyz"].contains(&path);
    if open || token.is_shown_in(headers) {
        return None;
    }
    let wants_page = request.method() == Method::GET && accepts_html(headers);
    Some(if wants_page {
        session::ask_for_token(request.uri())
    } else {
        no_token().into_response()
    })
}

impl Access {
    /// Whether a name is one of the server's own. An address always is: rebinding needs a name.
    fn knows(&self, host: &str) -> bool {
        let name = without_port(host);
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

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a request that changes something comes from a page of this server, or from no page at all.
fn is_own_origin(headers: &HeaderMap, host: &str) -> bool {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = |scheme: &str| {
            let origin = origin.to_str().ok()?.strip_prefix(scheme)?;
            Some(origin.eq_ignore_ascii_case(host))
        };
        return own("http://").or_else(|| own("https://")) == Some(true);
    }
    let site = headers.get("sec-fetch-site");
    site.is_none_or(|site| site == "same-origin" || site == "none")
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
    ProblemDetails::new(
        StatusCode::MISDIRECTED_REQUEST,
        "foreign-name",
        "The server has another name",
        match host {
            Some(host) => format!("`{host}` is no name of this server"),
            None => "the request doesn't say which server it means".into(),
        },
        Some("use its address, or name it with `stepwell serve --name NAME`".into()),
    )
}

fn foreign_origin() -> ProblemDetails {
    ProblemDetails::new(
        StatusCode::FORBIDDEN,
        "foreign-origin",
        "Another site may change nothing here",
        "the request comes from a page of another site",
        Some("open the page under the server's own address".into()),
    )
}

fn no_token() -> ProblemDetails {
    ProblemDetails::new(
        StatusCode::UNAUTHORIZED,
        "no-token",
        "A token is needed",
        "the request shows no token, or another one",
        Some(
            "send `Authorization: Bearer TOKEN`, with the token that the server was started with"
                .into(),
        ),
    )
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
    use super::*;

    #[test]
    fn a_server_knows_its_names() {
        let access = Access {
            names: vec!["build.example".into()],
            token: None,
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

    #[test]
    fn a_page_of_another_site_is_told_by_its_origin() {
        let from = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )])
        };
        let host = "127.0.0.1:7117";
        assert!(is_own_origin(&HeaderMap::new(), host), "no browser");
        assert!(is_own_origin(
            &from("origin", "http://127.0.0.1:7117"),
            host
        ));
        assert!(is_own_origin(&from("sec-fetch-site", "same-origin"), host));
        for foreign in [
            ("origin", "http://127.0.0.1:8000"),
            ("origin", "http://localhost:7117"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(
                !is_own_origin(&from(foreign.0, foreign.1), host),
                "{foreign:?}"
            );
        }
    }
}
