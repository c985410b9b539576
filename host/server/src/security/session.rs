//! How a browser shows the token: once, in a form; from then on by a cookie that no script and no other site can use.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::Access;
use super::token::COOKIE;

/// Where the token is asked for.
pub(super) const PATH: &str = "/session";
/// How long a browser needs no token, in seconds: thirty days.
const LASTS: u32 = 30 * 24 * 60 * 60;

pub(super) fn router(access: Arc<Access>) -> Router {
    Router::new()
        .route(PATH, get(form).post(begin))
        .with_state(access)
}

/// Sends a browser to the form, and then back to where it wanted to go.
pub(super) fn ask_for_token(wanted: &Uri) -> Response {
    let wanted = wanted.path_and_query().map_or("/", |it| it.as_str());
    let mut encoded = String::new();
    for byte in wanted.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    Redirect::to(&format!("{PATH}?next={encoded}")).into_response()
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

async fn form(Query(wanted): Query<Wanted>) -> Html<String> {
    Html(page(&wanted.next, ""))
}

async fn begin(State(access): State<Arc<Access>>, Form(shown): Form<Shown>) -> Response {
    let Some(token) = &access.token else {
        return Json(()).into_response();
    };
    if !token.is(shown.token.trim()) {
        let told = "<p role=\"alert\">That is not the token.</p>";
        return (StatusCode::UNAUTHORIZED, Html(page(&shown.next, told))).into_response();
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

fn page(next: &str, told: &str) -> String {
    let next = own(next)
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Stepwell</title>\n</head>\n<body>\n<main>\n<h1>Stepwell</h1>\n{told}\
         <form method=\"post\" action=\"{PATH}\">\n<input type=\"hidden\" name=\"next\" value=\"{next}\">\n\
         <p><label for=\"token\">The token that the server was started with</label></p>\n\
         <p><input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" required autofocus>\n\
         <button>Go on</button></p>\n</form>\n</main>\n</body>\n</html>\n"
    )
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
        assert!(page("/\"><script>", "").contains("&quot;>&lt;script>"));
    }
}
