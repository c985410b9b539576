//! How a browser shows the token: by the link that the server printed, or once in a form; from then on by a cookie that no
//! script and no other site can use.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::code::Code;
use super::guesses::Guesses;
use super::port_of;
use super::token::Token;
use crate::encoding;

/// Where the token is asked for, and the code of a link is taken.
pub const PATH: &str = "/session";
/// How long a browser needs no token, in seconds: thirty days.
const LASTS: u32 = 30 * 24 * 60 * 60;

/// What opens a session.
struct Keys {
    token: Token,
    code: Option<Code>,
    guesses: Guesses,
}

pub(super) fn router(token: Token, code: Option<Code>, guesses: Guesses) -> Router {
    let keys = Arc::new(Keys {
        token,
        code,
        guesses,
    });
    Router::new()
        .route(PATH, get(come).post(begin))
        .with_state(keys)
}

/// Sends a browser to the form, and then back to where it wanted to go.
pub(super) fn ask_for_token(wanted: &Uri) -> Response {
    let wanted = wanted.path_and_query().map_or("/", |it| it.as_str());
    let next = encoding::value(wanted);
    Redirect::to(&format!("{PATH}?next={next}")).into_response()
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
    code: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    token: String,
    #[serde(default)]
    next: String,
}

/// Takes the code of a link, or shows the form.
async fn come(
    State(keys): State<Arc<Keys>>,
    method: Method,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(given) = wanted.code.filter(|_| !only_looks(&method, &headers)) else {
        return form(&wanted.next, None).into_response();
    };
    if keys.code.as_ref().is_some_and(|code| code.take(&given)) {
        // A browser that comes from elsewhere keeps the cookie, but shows it only to requests of a page of this server.
        return keys.admit(&headers, on("/").into_response());
    }
    let page = form(&wanted.next, Some(SPENT));
    keys.refuse(page).await
}

async fn begin(
    State(keys): State<Arc<Keys>>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    if !keys.token.is(given.token.trim()) {
        let page = form(&given.next, Some("That is not the token."));
        return keys.refuse(page).await;
    }
    keys.admit(&headers, Redirect::to(own(&given.next)).into_response())
}

const SPENT: &str =
    "This link was used, or is too old. The next start of the server prints another one.";

/// Whether a program only looks whether there is something behind a link, before anybody follows it.
fn only_looks(method: &Method, headers: &HeaderMap) -> bool {
    let purpose = headers.get("sec-purpose").and_then(|it| it.to_str().ok());
    method != Method::GET || purpose.is_some_and(|purpose| purpose.contains("prefetch"))
}

impl Keys {
    fn admit(&self, headers: &HeaderMap, mut response: Response) -> Response {
        let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
        let cookie = format!(
            "{}; HttpOnly; SameSite=Strict; Path=/; Max-Age={LASTS}",
            self.token.cookie(port_of(host.unwrap_or_default()))
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }

    async fn refuse(&self, page: Markup) -> Response {
        let refused = (StatusCode::UNAUTHORIZED, page).into_response();
        self.guesses.wrong(refused).await
    }
}

/// A place of this server: nobody is sent elsewhere with what they just showed.
fn own(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if safe { next } else { "/" }
}

fn form(next: &str, refused: Option<&str>) -> Markup {
    page(
        &html! {},
        &html! {
            @if let Some(refused) = refused { p role="alert" { (refused) } }
            form method="post" action=(PATH) {
                input type="hidden" name="next" value=(own(next));
                p { label for="token" { "The token of the server" } }
                p {
                    input #token name="token" type="password" autocomplete="current-password" required autofocus;
                    button { "Go on" }
                }
            }
            p { "It is that of " code { "STEPWELL_TOKEN" } ", or it stands in the file that " code { "stepwell serve" } " names at its start." }
        },
    )
}

/// A page that goes on to another one by itself.
fn on(to: &str) -> Markup {
    let refresh = format!("0; url={to}");
    page(
        &html! { meta http-equiv="refresh" content=(refresh); },
        &html! { p { a href=(to) { "Go on" } } },
    )
}

fn page(head: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (head)
                title { "Stepwell" }
            }
            body {
                main {
                    h1 { "Stepwell" }
                    (content)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (given, gone_to) in [
            ("/runs/1?a=b", "/runs/1?a=b"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\nb", "/"),
        ] {
            assert_eq!(own(given), gone_to);
        }
        let page = form("/\"><script>", None).into_string();
        assert!(
            page.contains("value=\"/&quot;&gt;&lt;script&gt;\""),
            "{page}"
        );
    }
}
