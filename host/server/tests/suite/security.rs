//! Who may ask: pages of other sites, other names, requests without a token.

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use stepwell_server::{Access, Token};

use crate::asking::Served;

const HOST: &str = "127.0.0.1:7117";

async fn on_loopback() -> Served {
    Served::new().await.guarded(Access::default())
}

async fn with_token() -> Served {
    let access = Access {
        names: vec!["build.example".into()],
        token: Some(Token::new("sesame")),
    };
    Served::new().await.guarded(access)
}

fn get(path: &str) -> Builder {
    Request::get(path).header("host", HOST)
}

fn change() -> Builder {
    Request::delete("/api/prompts/none/versions/1").header("host", HOST)
}

#[tokio::test]
async fn another_name_is_refused_though_it_leads_here() {
    let served = on_loopback().await;
    let rebound = Request::get("/api/runs").header("host", "evil.example:7117");
    served.send(rebound).await.refuses(421, "foreign-name");
    served
        .send(Request::get("/api/runs"))
        .await
        .refuses(421, "foreign-name");
    let two = get("/api/runs").header("host", "evil.example");
    served.send(two).await.refuses(421, "foreign-name");
    served.send(get("/api/runs")).await.is(200);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let served = on_loopback().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "http://127.0.0.1:8000"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let came = served.send(change().header(name, value)).await;
        came.refuses(403, "foreign-origin");
    }
    let own = change().header("origin", "http://127.0.0.1:7117");
    served.send(own).await.refuses(404, "no-such-prompt");
    served.send(change()).await.refuses(404, "no-such-prompt");
    // What another site may send and not read is answered without a word that would let it read.
    let came = served
        .send(get("/api/runs").header("origin", "https://evil.example"))
        .await
        .is(200);
    assert!(!came.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let served = with_token().await;
    for path in ["/api/runs", "/api/openapi.json", "/metrics", "/nowhere"] {
        let came = served.send(get(path)).await;
        assert_eq!(came.headers["www-authenticate"], "Bearer");
        came.refuses(401, "no-token");
    }
    served
        .send(get("/api/runs").header("authorization", "Bearer wrong"))
        .await
        .refuses(401, "no-token");
    served
        .send(get("/api/runs").header("authorization", "Bearer sesame"))
        .await
        .is(200);
    served.send(get("/healthz")).await.is(200);
    served.send(get("/readyz")).await.is(200);
}

#[tokio::test]
async fn a_browser_shows_the_token_once_and_has_a_cookie_from_then_on() {
    let served = with_token().await;
    let asked = served
        .send(get("/runs/1?a=b").header("accept", "text/html"))
        .await
        .is(303);
    assert_eq!(asked.headers["location"], "/session?next=/runs/1%3Fa%3Db");
    let form = served
        .send(get("/session?next=/runs/1%3Fa%3Db"))
        .await
        .is(200);
    assert!(form.text.contains("name=\"token\"") && !form.text.contains("<script"));
    let show = |token: &str| {
        let request = Request::post("/session")
            .header("host", "build.example")
            .header("origin", "http://build.example");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request
            .body(Body::from(format!("token={token}&next=/runs/1%3Fa%3Db")))
            .unwrap()
    };
    served.ask(show("wrong")).await.is(401);
    let begun = served.ask(show("sesame")).await.is(303);
    assert_eq!(begun.headers["location"], "/runs/1?a=b");
    let cookie = begun.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(
        !cookie.contains("sesame"),
        "the token itself is not kept in the browser"
    );
    let pair = cookie.split(';').next().unwrap();
    served
        .send(get("/api/runs").header("cookie", pair))
        .await
        .is(200);
}

#[tokio::test]
async fn a_browser_is_told_what_it_may_do() {
    let served = on_loopback().await;
    for path in ["/api/runs", "/api/nothing", "/metrics"] {
        let headers = served.send(get(path)).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
    }
}
