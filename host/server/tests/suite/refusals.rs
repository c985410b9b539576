//! Every refusal is a problem with a code and a hint, wherever it is made.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::asking::{CALLS, Served};

fn post(kind: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post("/api/prompts").header("content-type", kind);
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn what_cant_be_understood_is_refused_as_a_problem() {
    let served = Served::new().await;
    let nothing = served.get("/api/nothing").await;
    assert!(nothing.text.contains("nothing at /api/nothing"));
    nothing.refuses(404, "no-such-route");
    let unknown = served.get("/api/runs?limit=1&next=x").await;
    for told in ["no parameter `next`", "`before`", "`limit`"] {
        assert!(unknown.text.contains(told), "{told}: {}", unknown.text);
    }
    unknown.refuses(400, "bad-request");
    let seen = Request::get("/api/runs/last/stream").header("last-event-id", "latest");
    served.send(seen).await.refuses(400, "bad-request");
    let came = served.delete("/api/runs").await;
    assert!(came.headers["allow"].to_str().unwrap().contains("POST"));
    came.refuses(405, "wrong-method");
    served
        .ask(post("application/json", "{"))
        .await
        .refuses(400, "bad-body");
    served
        .ask(post("text/plain", "{}"))
        .await
        .refuses(415, "not-json");
    served
        .post("/api/prompts", json!({ "name": "greeting" }))
        .await
        .refuses(422, "wrong-body");
    let bad_name = json!({ "name": "Not A Name", "content": "" });
    served
        .post("/api/prompts", bad_name)
        .await
        .refuses(422, "wrong-body");
    served
        .get("/api/runs?limit=many")
        .await
        .refuses(400, "bad-request");
    served
        .get("/api/runs?limit=0")
        .await
        .refuses(400, "bad-request");
    served
        .get("/api/runs/nowhere")
        .await
        .refuses(404, "no-such-run");
    served
        .get("/api/prompts/Not%20A%20Name")
        .await
        .refuses(400, "bad-request");
    served
        .get("/api/runs/last/documents/out?step=a[")
        .await
        .refuses(400, "bad-request");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read_whole() {
    let served = Served::new().await;
    let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1 << 20]));
    let endless = Body::from_stream(chunks);
    served
        .ask(post("application/json", endless))
        .await
        .refuses(413, "too-large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_document_is_taken() {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    let address = "/api/runs/last/documents/out?step=calls";
    let long = json!({ "text": "x".repeat(5 << 20) });
    served.put(address, long).await.is(200);
}

#[tokio::test]
async fn a_refusal_is_not_as_large_as_what_it_refuses() {
    let served = Served::new().await;
    let long = "x".repeat(8 << 20);
    let mut unknown = json!({ "definition": CALLS });
    unknown[&long] = json!(1);
    let name = long[..40_000].to_owned();
    for refused in [
        served.post("/api/runs", unknown).await,
        served.get(&format!("/api/prompts/{name}")).await,
        served
            .post(
                "/api/runs",
                json!({ "definition": format!("{CALLS}\n# {long}") }),
            )
            .await,
    ] {
        let length = refused.text.len();
        assert!(
            refused.status.is_client_error() && length < 20 << 10,
            "{length}"
        );
    }
}

#[tokio::test]
async fn a_note_is_a_note() {
    let served = Served::new().await;
    let note = "x".repeat(5000);
    let version = json!({ "name": "tea", "content": "Write about tea.", "note": note, "by": "y".repeat(5000) });
    let refused = served.post("/api/prompts", version.clone()).await;
    refused.refuses(422, "note");
    let mut shorter = version;
    shorter["note"] = json!("short");
    let saved = served.post("/api/prompts", shorter).await;
    saved.is(201);
    let shown = served.get("/api/prompts/tea").await;
    assert!(shown.text.len() < 2000, "{}", shown.text);
}
