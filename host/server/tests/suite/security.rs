//! Who may ask: pages of other sites, other names, requests without a token.

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use stepwell_server::{Access, Code, Token};

use crate::asking::Served;

const HOST: &str = "127.0.0.1:7117";

async fn on_loopback() -> Served {
    Served::new().await.guarded(Access::default())
}

async fn with_token() -> Served {
    let access = Access {
        names: vec!["build.example".into()],
        token: Some(Token::new("sesame")),
        ..Access::default()
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
}

#[tokio::test]
async fn a_page_of_another_site_reads_nothing_and_begins_nothing_by_looking() {
    let served = on_loopback().await;
    let image = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
    ];
    let visit = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let send = async |path: &str, marks: &[(&str, &str)]| {
        let request = marks.iter().fold(get(path), |request, (name, value)| {
            request.header(*name, *value)
        });
        served.send(request).await
    };
    for path in ["/api", "/api/runs", "/api/nothing", "/api/openapi.json"] {
        for marks in [
            &image[..],
            &visit,
            &[("origin", "null")],
            &[("referer", "http://127.0.0.1:8000/x")],
        ] {
            let came = send(path, marks).await;
            assert!(!came.headers.contains_key("access-control-allow-origin"));
            came.refuses(403, "foreign-origin");
        }
    }
    // A link to a page may stand anywhere; its picture may not, and no other page shows it in a frame.
    send("/plugins", &visit).await.is(200);
    send("/plugins", &image)
        .await
        .refuses(403, "foreign-origin");
    send("/metrics", &image)
        .await
        .refuses(403, "foreign-origin");
    send("/healthz", &image).await.is(200);
}

#[tokio::test]
async fn the_link_of_the_server_opens_a_session_once() {
    let code = Code::made().unwrap();
    let access = Access {
        token: Some(Token::new("sesame")),
        code: Some(code.clone()),
        ..Access::default()
    };
    let served = Served::new().await.guarded(access);
    let link = format!("/session?code={}", code.reveal());
    // Who only looks whether there is something takes nothing away.
    served
        .send(Request::head(&link).header("host", HOST))
        .await
        .is(200);
    let ahead = get(&link).header("sec-purpose", "prefetch;prerender");
    assert!(
        !served
            .send(ahead)
            .await
            .is(200)
            .headers
            .contains_key("set-cookie")
    );
    let begun = served.send(get(&link)).await.is(200);
    let cookie = begun.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(begun.text.contains("url=/\""), "{}", begun.text);
    let pair = cookie.split(';').next().unwrap();
    assert!(pair.starts_with("stepwell_session_7117="), "{pair}");
    served
        .send(get("/api/runs").header("cookie", pair))
        .await
        .is(200);
    let again = served.send(get(&link)).await.is(401);
    assert!(again.text.contains("was used") && !again.headers.contains_key("set-cookie"));
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
    let come = |path: &str| Request::get(path).header("host", "build.example");
    let asked = served
        .send(come("/runs/1?a=b").header("accept", "text/html"))
        .await
        .is(303);
    assert_eq!(asked.headers["location"], "/session?next=/runs/1%3Fa%3Db");
    let form = served
        .send(come("/session?next=/runs/1%3Fa%3Db"))
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
        .send(come("/api/runs").header("cookie", pair))
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

#[tokio::test(start_paused = true)]
async fn who_may_be_anybody_sends_little_and_soon() {
    let served = with_token().await;
    let send = async |body: Body| {
        let form = "application/x-www-form-urlencoded";
        let begin = Request::post("/session").header("host", HOST);
        let request = begin.header("content-type", form).body(body);
        served.ask(request.unwrap()).await
    };
    let much = format!("token={}", "x".repeat(9000));
    send(much.into()).await.refuses(413, "too-large");
    let never = futures_util::stream::pending::<Result<&'static str, std::io::Error>>();
    send(Body::from_stream(never))
        .await
        .refuses(408, "too-slow");
}

#[tokio::test]
async fn a_form_that_is_sent_without_a_session_leads_back_to_its_page() {
    let served = with_token().await;
    let form = |path: &str| {
        let request = Request::post(path).header("host", HOST);
        request.header("accept", "text/html,application/xhtml+xml")
    };
    let sent = async |request: Builder| served.send(request).await;
    let from = |page: &str| form("/prompts/refine/versions").header("referer", page);
    for (page, next) in [
        (
            "http://127.0.0.1:7117/prompts/refine/edit?from=2",
            "/prompts/refine/edit%3Ffrom%3D2",
        ),
        // What says nothing of this server is gone back to by its own address.
        (
            "https://127.0.0.1.evil.example/",
            "/prompts/refine/versions",
        ),
    ] {
        let origin = from(page).header("origin", "http://127.0.0.1:7117");
        let asked = sent(origin).await.is(303);
        let there = asked.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(there, format!("/session?next={next}&sent=yes"));
        let asks = sent(get(&there)).await.is(200);
        assert!(
            asks.text
                .contains("Your session is over, so nothing was sent.")
        );
    }
    // What no browser shows as a page is refused as before.
    sent(form("/api/runs")).await.refuses(401, "no-token");
    let quiet = Request::post("/prompts/refine/draft").header("host", HOST);
    sent(quiet).await.refuses(401, "no-token");
}

#[tokio::test]
async fn who_has_no_token_gets_the_style_of_the_form_and_nothing_else() {
    let served = with_token().await;
    let form = served.send(get("/session")).await.is(200);
    let style = form.text.split("rel=\"stylesheet\" href=\"").nth(1);
    let style = style.and_then(|rest| rest.split('"').next()).unwrap();
    let style = served.send(get(style)).await.is(200);
    assert!(
        style.text.contains("color-scheme: light dark"),
        "it has no dark theme"
    );
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    served
        .send(get("/assets/0000000000000000/page.css"))
        .await
        .refuses(401, "no-token");
}
