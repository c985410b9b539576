//! Server-sent events: in order, from a cursor on, with what is live, and to an end.

use std::convert::Infallible;
use std::sync::{Arc, Barrier};

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use stepwell_server::{Client, ClientError, Limits, listen};
use stepwell_tests::Reply;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::asking::{ASKS, CALLS, Served};
use crate::common::World;

/// An event as it came.
struct Sent {
    kind: String,
    id: Option<u64>,
    data: Value,
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(served: &Served, request: axum::http::request::Builder) -> Self {
        let request = request.body(Body::empty()).unwrap();
        let response = served.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                let sent = Sent {
                    kind: field("event:").unwrap_or_default().to_owned(),
                    id: field("id:").map(|id| id.parse().unwrap()),
                    data: serde_json::from_str(field("data:").unwrap_or("null")).unwrap(),
                };
                self.text = rest.to_owned();
                return Some(sent);
            }
            let bytes = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    async fn until(&mut self, kind: &str) -> Vec<Sent> {
        let mut all = Vec::new();
        while let Some(sent) = self.next().await {
            let last = sent.data["kind"] == kind;
            all.push(sent);
            if last {
                return all;
            }
        }
        panic!("the stream ended before `{kind}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_while_it_goes_on() {
    let served = Served::new().await;
    served.world.provider.hold();
    // What is live is passed over once the events behind it are there.
    let seen = Arc::new(Barrier::new(2));
    let unended = Reply::Unended("echo tea".to_owned(), Arc::clone(&seen));
    served.world.provider.reply_next([unended]);
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    World::wait_for_requests(&served.world.provider, 1).await;
    let mut stream = Stream::open(&served, Request::get(format!("/api/runs/{run}/stream"))).await;
    stream.until("call-sent").await;
    served.world.provider.release();
    let mut sent = stream.until("tokens").await;
    let text = |sent: &[Sent]| -> String {
        let tokens = sent.iter().filter(|sent| sent.data["kind"] == "tokens");
        let texts = tokens.filter_map(|sent| sent.data["text"].as_str());
        texts.collect()
    };
    while text(&sent) != "echo tea" {
        sent.extend(stream.until("tokens").await);
    }
    seen.wait();
    sent.extend(stream.until("run-ended").await);
    assert!(
        sent.iter()
            .filter(|sent| sent.kind == "live")
            .all(|sent| sent.id.is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_again_misses_nothing_and_sees_nothing_twice() {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    let whole = Stream::open(&served, Request::get(format!("/api/runs/{run}/stream")))
        .await
        .until("run-ended")
        .await;
    let ids: Vec<_> = whole.iter().filter_map(|sent| sent.id).collect();
    let in_order: Vec<u64> = (1..=ids.len() as u64).collect();
    assert_eq!(ids, in_order);
    let broken =
        Request::get(format!("/api/runs/{run}/stream?after=1")).header("last-event-id", "3");
    let rest = Stream::open(&served, broken).await.until("run-ended").await;
    assert_eq!(
        rest[0].id,
        Some(4),
        "the browser knows better than the address"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_runs_and_prompts_are_told() {
    let served = Served::new().await;
    let mut stream = Stream::open(&served, Request::get("/api/stream")).await;
    served
        .post(
            "/api/prompts",
            json!({ "name": "farewell", "content": "x" }),
        )
        .await
        .is(201);
    let sent = stream.next().await.unwrap();
    assert_eq!(sent.data, json!({ "kind": "prompt", "name": "farewell" }));
    let run = served.start(ASKS, json!({})).await;
    let sent = stream.next().await.unwrap();
    assert_eq!(
        (&sent.data["kind"], &sent.data["run"]),
        (&json!("run"), &json!(run))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_with_the_server() {
    let served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    served.at_rest(&run).await;
    let mut stream = Stream::open(&served, Request::get(format!("/api/runs/{run}/stream"))).await;
    stream.until("run-ended").await;
    served.server.end().await;
    assert!(stream.next().await.is_none());
    served.get("/readyz").await.refuses(503, "ending");
    let start = json!({ "definition": { "text": ASKS, "file": null } });
    served.post("/api/runs", start).await.refuses(503, "ending");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_an_end_is_given_up_by_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("holder");
    let listener = UnixListener::bind(&socket).unwrap();
    let sends = async || {
        let pieces = futures_util::stream::repeat_with(|| Ok::<_, Infallible>(vec![b'x'; 1 << 20]));
        Body::from_stream(pieces.take(100))
    };
    let router = Router::new().fallback(sends);
    let (_end, ending) = watch::channel(false);
    tokio::spawn(listen(listener, router, Limits::default(), ending));
    let client = Client::connect(&socket).await.unwrap();
    let run: stepwell_contract::RunId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let told = client.follow(run, 0).next().await;
    assert!(matches!(told, Err(ClientError::Foreign { .. })), "{told:?}");
}
