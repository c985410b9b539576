//! How a browser shows the token: once, in a form; from then on by a cookie that no script and no other site can use.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::token::{COOKIE, Token};
use crate::encoding;

/// Where the token is asked for.
pub(super) const PATH: &str = "/session";
/// How long a browser needs no token, in seconds: thirty days.
const LASTS: u32 = 30 * 24 * 60 * 60;

pub(super) fn router(token: Token) -> Router {
    Router::new()
        .route(PATH, get(form).post(begin))
        .with_state(token)
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
}

#[derive(Deserialize)]
struct Shown {
    token: String,
    #[serde(default)]
    next: String,
}

async fn form(Query(wanted): Query<Wanted>) -> Markup {
    page(&wanted.next, false)
}

async fn begin(State(token): State<Token>, Form(shown): Form<Shown>) -> Response {
    if !token.is(shown.token.trim()) {
        return (StatusCode::UNAUTHORIZED, page(&shown.next, true)).into_response();
    }
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={LASTS}",
        token.session()
    );
    let mut response = Redirect::to(own(&shown.next)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A place of this server: nobody is sent elsewhere with what they just showed.
fn own(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if safe { next } else { "/" }
}

fn page(next: &str, refused: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Stepwell" }
            }
            body {
                main {
                    h1 { "Stepwell" }
                    @if refused { p role="alert" { "That is not the token." } }
                    form method="post" action=(PATH) {
                        input type="hidden" name="next" value=(own(next));
                        p { label for="token" { "The token that the server was started with" } }
                        p {
                            input #token name="token" type="password" autocomplete="current-password" required autofocus;
                            button { "Go on" }
                        }
                    }
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
        let page = page("/\"><script>", false).into_string();
        assert!(
            page.contains("value=\"/&quot;&gt;&lt;script&gt;\""),
            "{page}"
        );
    }
}
