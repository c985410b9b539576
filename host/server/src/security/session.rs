//! How a browser shows the token: by the link that the server printed, or once in a form; from then on by a cookie that no
//! script and no other site can use.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::code::Code;
use super::guesses::Guesses;
use super::port_of;
use super::token::Token;
use crate::encoding::Address;

/// Where the token is asked for, and the code of a link is taken.
pub const PATH: &str = "/session";
/// The style of that page: who has no token yet gets this and nothing else of the page.
pub(super) const STYLE: &str = "/session.css";
/// What this page has beside the style of all pages.
const OWN_STYLE: &str = include_str!("../../assets/session.css");
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
        .route(STYLE, get(style))
        .with_state(keys)
}

/// Sends a browser to the form, and then back to where it wanted to go.
pub(super) fn ask_for_token(wanted: &str) -> Response {
    let there = Address::at(PATH).with("next", Some(wanted));
    Redirect::to(there.as_str()).into_response()
}

/// Sends a browser to the form after it sent another one without a session, and then back to that one.
pub(super) fn ask_for_token_again(form: &str) -> Response {
    let there = Address::at(PATH).with("next", Some(form));
    Redirect::to(there.with("sent", Some("yes")).as_str()).into_response()
}

async fn style() -> Response {
    let style = format!("{}{OWN_STYLE}", stepwell_rendering::STYLE);
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response()
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
    code: Option<String>,
    /// Whether a form was sent without a session.
    sent: Option<String>,
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
        let over = wanted.sent.map(|_| OVER);
        return form(&wanted.next, over).into_response();
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

const OVER: &str =
    "Your session is over, so nothing was sent. With the token you are back where you were.";
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

fn form(next: &str, said: Option<&str>) -> Markup {
    page(
        &html! {},
        &html! {
            @if let Some(said) = said { p.notice.bad role="alert" { (said) } }
            form.stack method="post" action=(PATH) {
                input type="hidden" name="next" value=(own(next));
                div.field {
                    label for="token" { "The token of the server" }
                    input #token name="token" type="password" autocomplete="current-password" required autofocus;
                }
                div.actions { button.first { "Go on" } }
            }
            p.small.quiet { "It is that of " code { "STEPWELL_TOKEN" } ", or it stands in the file that " code { "stepwell serve" } " names at its start." }
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
                meta name="color-scheme" content="light dark";
                (head)
                title { "Stepwell" }
                link rel="stylesheet" href=(STYLE);
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
