//! Server-sent events: one run as it goes on, or everything that changes in the store.
//!
//! A watcher that falls behind is given the events of a run from the store: none is missed, and none is kept for it in
//! memory. One whose connection broke names the last event that it saw, as browsers do, and goes on after it.

use std::convert::Infallible;
use std::time::Duration;

use aide::axum::ApiRouter;
use aide::generate::GenContext;
use aide::openapi::{
    MediaType, Operation, Response as DescribedResponse, StatusCode as DescribedStatus,
};
use aide::operation::OperationOutput;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Name, RunId, Undertaking};
use stepwell_engine::{Follow, Happening};
use stepwell_store::Notice;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::app::OfRun;
use crate::asked::Query;
use crate::{App, ProblemDetails};

/// How often a silent stream shows that it is alive, and finds out whether its reader is.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

pub(super) fn router() -> ApiRouter<App> {
    operations! { "streams":
        get_with "/runs/{run}/stream" run = "stream_run", "A run as it goes on, as server-sent events"
            { .description("`event` carries an event of the run, with its cursor as the id: after a break the header \
                `Last-Event-ID`, or `after`, goes on behind it. `live` carries what is only worth seeing now: tokens, waits.") };
        get_with "/stream" everything = "stream_changes", "What changes in the store, as server-sent events"
            { .description("`change` names a run whose log has grown, or a prompt. `missed` says that some were passed over: \
                read again what you show.") };
    }
}

/// Where a stream begins.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Since {
    /// Only events after this cursor; 0 is from the first.
    #[serde(default)]
    after: Option<u64>,
    /// Whether tokens and the like are wanted, too.
    #[serde(default = "wanted")]
    live: bool,
}

fn wanted() -> bool {
    true
}

/// A change in the store.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum StoreChange {
    /// A run's log has grown.
    Run {
        /// The run.
        run: RunId,
        /// The last cursor.
        cursor: u64,
    },
    /// A prompt has changed.
    Prompt {
        /// The prompt.
        name: Name,
    },
}

/// Where the reader was when its connection broke.
pub(super) struct LastSeen(Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for LastSeen {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // A browser that has seen no event with an id yet may send the header empty.
        let seen = parts.headers.get("last-event-id");
        let Some(seen) = seen.filter(|seen| !seen.is_empty()) else {
            return Ok(Self(None));
        };
        let seen = seen.to_str().ok().and_then(|seen| seen.parse().ok());
        seen.map(|seen| Self(Some(seen)))
            .ok_or_else(|| ProblemDetails {
                hint: Some("send the `id` of the last event that you saw".into()),
                ..ProblemDetails::bad_request(
                    "the header `Last-Event-ID` is not the number of an event",
                )
            })
    }
}

impl aide::operation::OperationInput for LastSeen {}

/// Events that are sent as they come.
pub(super) struct Events(BoxStream<'static, Event>);

impl Events {
    /// What happens in a run, or in a comparison.
    pub(super) fn of(
        app: &App,
        what: Undertaking,
        since: &Since,
        LastSeen(seen): &LastSeen,
    ) -> Self {
        // The browser's own header says more than an address that was made before the break.
        let after = seen.or(since.after).unwrap_or(0);
        let follow = app.engine.follow(what, after);
        Self::until(app.ending.clone(), happenings(follow, since.live))
    }

    /// They end with the server.
    fn until(
        ending: watch::Receiver<bool>,
        events: impl Stream<Item = Event> + Send + 'static,
    ) -> Self {
        let mut ending = ending;
        let end = async move {
            // A sender that is gone is the end, too.
            let _ = ending.wait_for(|ending| *ending).await;
        };
        Self(events.take_until(end).boxed())
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        Sse::new(self.0.map(Ok::<_, Infallible>))
            .keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
            .into_response()
    }
}

impl OperationOutput for Events {
    type Inner = String;

    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<DescribedResponse> {
        let mut response = DescribedResponse {
            description: "Server-sent events".into(),
            ..DescribedResponse::default()
        };
        let text = ("text/event-stream".into(), MediaType::default());
        response.content.extend([text]);
        Some(response)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DescribedStatus>, DescribedResponse)> {
        let response = Self::operation_response(context, operation);
        response
            .map(|response| (Some(DescribedStatus::Code(200)), response))
            .into_iter()
            .collect()
    }
}

async fn run(
    State(app): State<App>,
    Query(since): Query<Since>,
    seen: LastSeen,
    OfRun(run): OfRun,
) -> Result<Events, ProblemDetails> {
    Ok(Events::of(&app, run.into(), &since, &seen))
}

fn happenings(follow: Follow, live: bool) -> impl Stream<Item = Event> + Send + 'static {
    stream::unfold(follow, async |mut follow| {
        // A store that fails ends the stream; who comes again is told why.
        let happening = follow.next().await.ok()??;
        Some((happening, follow))
    })
    .filter_map(move |happening| {
        let event = match &happening {
            Happening::Event(event) => Event::default()
                .event("event")
                .id(event.cursor.to_string())
                .json_data(event)
                .ok(),
            Happening::Live(happening) if live => {
                Event::default().event("live").json_data(happening).ok()
            }
            Happening::Live(_) => None,
        };
        std::future::ready(event)
    })
}

async fn everything(State(app): State<App>) -> Result<Events, ProblemDetails> {
    let changes = stream::unfold(app.engine.watch(), next_change);
    Ok(Events::until(app.ending.clone(), changes))
}

async fn next_change(mut notices: Receiver<Notice>) -> Option<(Event, Receiver<Notice>)> {
    let change = match notices.recv().await {
        Ok(Notice::Events { run, cursor }) => StoreChange::Run { run, cursor },
        Ok(Notice::Prompt(name)) => StoreChange::Prompt { name },
        Err(RecvError::Lagged(_)) => {
            return Some((Event::default().event("missed").data("{}"), notices));
        }
        Err(RecvError::Closed) => return None,
    };
    let event = Event::default().event("change").json_data(change).ok()?;
    Some((event, notices))
}
