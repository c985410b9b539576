//! Wrong tokens and codes: each is answered late, so that nobody tries many.
//!
//! A right one never waits, whatever others try: nobody is locked out. So who floods the server still learns as fast as
//! connections go, and what keeps a token from them is its length.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use stepwell_engine::ErrorCode;
use tokio::sync::Semaphore;

use crate::ProblemDetails;

/// How long an answer to a wrong token takes.
const PAUSE: Duration = Duration::from_secs(1);
/// How many of them wait at the same time: few beside the connections that a server takes.
const WAITING: usize = 64;

/// The wrong tokens and codes that were just tried. It keeps nothing of them.
#[derive(Clone)]
pub(super) struct Guesses(Arc<Semaphore>);

impl Default for Guesses {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WAITING)))
    }
}

impl Guesses {
    /// Holds the answer to a wrong one back. Where too many wait already, that is said at once, and the connection ends.
    pub(super) async fn wrong(&self, answer: Response) -> Response {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            return match answer.status().is_redirection() {
                // A person whose cookie is an old one comes to the form, whatever others try.
                true => closing(answer),
                false => too_many(),
            };
        };
        // Who hangs up meanwhile makes no room for their next one.
        let pause = tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            drop(place);
        });
        let _ = pause.await;
        answer
    }
}

fn too_many() -> Response {
    let detail = "many requests show a wrong token at this moment";
    let problem = ProblemDetails::new(ErrorCode::TooManyGuesses, detail)
        .hinting("show the right one: it never waits");
    let mut response = closing(problem.into_response());
    let again = HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, again);
    response
}

/// The next guess needs another connection.
fn closing(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use futures_util::future::join_all;
    use tokio::time::Instant;

    use super::*;

    async fn status(guesses: &Guesses) -> StatusCode {
        let answer = StatusCode::UNAUTHORIZED.into_response();
        guesses.wrong(answer).await.status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_one_is_answered_late_and_only_so_many_wait() {
        let guesses = Guesses::default();
        let began = Instant::now();
        let all = join_all((0..WAITING + 3).map(|_| status(&guesses))).await;
        let told = |status| all.iter().filter(|one| **one == status).count();
        assert_eq!(told(StatusCode::UNAUTHORIZED), WAITING);
        assert_eq!(told(StatusCode::TOO_MANY_REQUESTS), 3);
        assert_eq!(began.elapsed(), PAUSE);
        assert_eq!(status(&guesses).await, StatusCode::UNAUTHORIZED);
        assert_eq!(began.elapsed(), PAUSE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_way_to_the_form_stays_open() {
        let guesses = Guesses::default();
        let flood = join_all((0..WAITING).map(|_| status(&guesses)));
        assert!(tokio::time::timeout(PAUSE / 10, flood).await.is_err());
        let form = StatusCode::SEE_OTHER.into_response();
        let answer = guesses.wrong(form).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::CONNECTION], "close");
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_makes_no_room() {
        let guesses = Guesses::default();
        let hung_up = join_all((0..WAITING).map(|_| status(&guesses)));
        assert!(tokio::time::timeout(PAUSE / 10, hung_up).await.is_err());
        assert_eq!(status(&guesses).await, StatusCode::TOO_MANY_REQUESTS);
        tokio::time::sleep(PAUSE).await;
        assert_eq!(status(&guesses).await, StatusCode::UNAUTHORIZED);
    }
}
