//! On a real socket: clients that are slow, many, or never finish; an end that lets nobody hang.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use serde_json::json;
use stepwell_server::{Access, Limits, listen};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::asking::{ASKS, Served};

/// Nothing here takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(60);

async fn listening(served: &Served, limits: Limits) -> (String, JoinHandle<()>) {
    let router = served.server.guarded(Access::default());
    listening_with(router, limits, served.server.ending()).await
}

async fn listening_with(
    router: Router,
    limits: Limits,
    ending: watch::Receiver<bool>,
) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(listen(listener, router, limits, ending));
    (address, serving)
}

async fn ask(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_cut_off() {
    let served = Served::new().await;
    let limits = Limits {
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let (address, _) = listening(&served, limits).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200"));
    assert!(ask(&address, "/healthz").await.ends_with("alive\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_there_may_be_wait_for_their_turn() {
    let served = Served::new().await;
    let limits = Limits {
        connections: 1,
        spare: 0,
        head: Duration::from_millis(100),
        ..Limits::default()
    };
    let (address, _) = listening(&served, limits).await;
    let _idle = TcpStream::connect(&address).await.unwrap();
    assert!(ask(&address, "/healthz").await.ends_with("alive\n"));
}

/// Who holds all places keeps nobody from finding out that the server lives, and others are told.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_place_is_left_health_is_answered_and_all_else_refused() {
    let served = Served::new().await;
    let limits = Limits {
        connections: 1,
        spare: 1,
        ..Limits::default()
    };
    let (address, _) = listening(&served, limits).await;
    let mut watcher = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/stream HTTP/1.1\r\nhost: {address}\r\n\r\n");
    watcher.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    watcher.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    for _ in 0..3 {
        assert!(ask(&address, "/healthz").await.ends_with("alive\n"));
        let refused = ask(&address, "/api/runs").await;
        assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
        assert!(refused.contains("urn:stepwell:crowded"), "{refused}");
    }
    drop(watcher);
    let runs = async || ask(&address, "/api/runs").await;
    while !runs().await.starts_with("HTTP/1.1 200") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_takes_nothing_is_dropped() {
    // More than whatever lies between the two can hold.
    let endless = async || {
        let pieces = futures_util::stream::repeat_with(|| Ok::<_, Infallible>(vec![b' '; 1 << 16]));
        Body::from_stream(pieces)
    };
    let router = Router::new()
        .route("/endless", get(endless))
        .route("/short", get(async || "alive\n"));
    let limits = Limits {
        connections: 1,
        spare: 0,
        stall: Duration::from_millis(50),
        ..Limits::default()
    };
    let (_end, ending) = watch::channel(false);
    let (address, _) = listening_with(router, limits, ending).await;
    let mut watcher = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /endless HTTP/1.1\r\nhost: {address}\r\n\r\n");
    watcher.write_all(request.as_bytes()).await.unwrap();
    // It has the only place: somebody else is answered once it is dropped.
    let other = tokio::time::timeout(LONG, ask(&address, "/short")).await;
    let other = other.expect("the watcher was never dropped");
    assert!(other.ends_with("alive\n"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_though_somebody_watches() {
    let served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    served.at_rest(&run).await;
    let (address, serving) = listening(&served, Limits::default()).await;
    let mut watcher = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/runs/{run}/stream HTTP/1.1\r\nhost: {address}\r\n\r\n");
    watcher.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 64];
    watcher.read_exact(&mut first).await.unwrap();
    served.server.end().await;
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_runs_money_and_requests() {
    let served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    served.at_rest(&run).await;
    let (address, _) = listening(&served, Limits::default()).await;
    ask(&address, "/api/runs/last").await;
    ask(&address, "/somewhere/made/up").await;
    let text = ask(&address, "/metrics").await;
    for line in [
        "# TYPE stepwell_runs gauge",
        "stepwell_runs{status=\"waiting\"} 1",
        "stepwell_calls_total 0",
        "stepwell_tokens_total{direction=\"input\"} 0",
        "stepwell_requests_total{method=\"GET\",route=\"/api/runs/{run}\",status=\"200\"} 1",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(
        !text.contains("made/up"),
        "an address that somebody makes up is no route"
    );
}
