//! Bodies of requests: each is read whole before a handler sees it, and none is larger or slower than is good, nor are all
//! of them together.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use stepwell_contract::amounts;
use stepwell_engine::ErrorCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ProblemDetails;

/// What a body may have at most: prompts and documents are texts.
const MOST_BYTES: usize = 16 << 20;
/// How long a body may take to come, the wait for room included.
const WITHIN: Duration = Duration::from_secs(30);
/// What a body may have at most that comes from who may be anybody.
const MOST_OF_ANYBODY: usize = 8 << 10;
/// How long it may take to come.
const OF_ANYBODY: Duration = Duration::from_secs(10);
/// What large bodies may have together that are read or worked on.
const MOST_TOGETHER: usize = 64 << 20;
/// Up to here a body is none of the large ones: as many as there may be connections have little together.
const SMALL: usize = 64 << 10;

/// The room that all large bodies share. Whoever finds none waits in line.
#[derive(Debug, Clone)]
pub(crate) struct Bodies {
    kibibytes: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            kibibytes: Arc::new(Semaphore::new(MOST_TOGETHER >> 10)),
        }
    }
}

impl Bodies {
    /// Room for a body, as large as its head says, or as the largest where it doesn't say; none for a small one.
    async fn room(&self, headers: &HeaderMap) -> Option<SemaphorePermit<'_>> {
        let told = headers.get(header::CONTENT_LENGTH);
        let told = told.and_then(|length| length.to_str().ok()?.parse().ok());
        let is_sent = told.is_some() || headers.contains_key(header::TRANSFER_ENCODING);
        let bytes = told.unwrap_or(MOST_BYTES).min(MOST_BYTES);
        if !is_sent || bytes <= SMALL {
            return None;
        }
        let kibibytes = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        self.kibibytes.acquire_many(kibibytes).await.ok()
    }
}

/// Reads a body whole before a handler sees the request: one that is too large or too slow is refused here. The room that it
/// takes is given back when there is an answer.
pub(crate) async fn whole_bodies(
    State(bodies): State<Bodies>,
    request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    let room = tokio::time::timeout(WITHIN, bodies.room(request.headers())).await;
    let Ok(_room) = room else {
        return Ok(no_room());
    };
    Ok(whole(request, next, MOST_BYTES, WITHIN).await)
}

/// The same for a form of a few lines, that somebody sends who may be anybody.
pub(crate) async fn small_bodies(request: Request, next: Next) -> Result<Response, Infallible> {
    Ok(whole(request, next, MOST_OF_ANYBODY, OF_ANYBODY).await)
}

async fn whole(request: Request, next: Next, most: usize, within: Duration) -> Response {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(within, axum::body::to_bytes(body, most)).await;
    match read {
        Ok(Ok(bytes)) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Ok(Err(_)) => too_large(most).into_response(),
        Err(_) => too_slow(within).into_response(),
    }
}

fn too_large(most: usize) -> ProblemDetails {
    let most = amounts::size(most as u64);
    let detail = format!("a body may have {most}");
    ProblemDetails::new(ErrorCode::TooLarge, detail).hinting("give less at once")
}

fn too_slow(within: Duration) -> ProblemDetails {
    let detail = format!("a body may take {} seconds", within.as_secs());
    ProblemDetails::new(ErrorCode::TooSlow, detail)
}

fn no_room() -> Response {
    let detail = format!(
        "all bodies together may have {}, and none became free in {} seconds",
        amounts::size(MOST_TOGETHER as u64),
        WITHIN.as_secs()
    );
    let problem = ProblemDetails::new(ErrorCode::TooManyBodies, detail)
        .hinting("send fewer large requests at once");
    let mut response = problem.into_response();
    let again = HeaderValue::from_static("5");
    response.headers_mut().insert(header::RETRY_AFTER, again);
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tokio::sync::Notify;
    use tower::ServiceExt as _;

    use super::*;

    fn request(told: Option<usize>, body: &'static str) -> Request {
        let mut request = Request::post("/");
        request = match told {
            Some(told) => request.header(header::CONTENT_LENGTH, told),
            None => request.header(header::TRANSFER_ENCODING, "chunked"),
        };
        request.body(Body::from(body)).unwrap()
    }

    /// A router whose requests end when they are told to, and how many are under way.
    fn held() -> (Router, Arc<AtomicUsize>, Arc<Notify>) {
        let (inside, ending) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counted, told) = (Arc::clone(&inside), Arc::clone(&ending));
        let handler = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            told.notified().await;
        };
        let router = Router::new().route("/", post(handler));
        let bodies = from_fn_with_state(Bodies::default(), whole_bodies);
        (router.layer(bodies), inside, ending)
    }

    async fn settled() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_wait_for_room_and_small_ones_never() {
        let (router, inside, ending) = held();
        let send = |request| tokio::spawn(router.clone().oneshot(request));
        let large: Vec<_> = [
            Some(MOST_BYTES),
            None,
            Some(1 << 40),
            None,
            Some(MOST_BYTES),
        ]
        .map(|told| send(request(told, "x")))
        .into();
        settled().await;
        assert_eq!(inside.load(Ordering::SeqCst), 4);
        let small = send(request(Some(1), "x"));
        settled().await;
        assert_eq!(inside.load(Ordering::SeqCst), 5);
        ending.notify_one();
        settled().await;
        assert_eq!(inside.load(Ordering::SeqCst), 6);
        ending.notify_waiters();
        settled().await;
        for request in large.into_iter().chain([small]) {
            assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::OK);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_is_told_when_to_come_again() {
        let (router, ..) = held();
        for _ in 0..4 {
            drop(tokio::spawn(router.clone().oneshot(request(None, "x"))));
        }
        settled().await;
        let refused = router.oneshot(request(None, "x")).await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "5");
    }
}
