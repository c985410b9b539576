//! Calls to models, with everything that was sent and received.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{RunId, StepPath};
use stepwell_engine::{CallDetail, CallView, Selection};

use super::exchange::{Answer, Page};
use super::runs::{MOST, size};
use crate::App;
use crate::asked::{Body, InPath, Query};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "calls":
        get_with "/calls" list = "list_calls", "Calls to models, oldest first, without their texts";
        get_with "/calls/{call}" show = "get_call", "A call with the prompt that was sent and the raw answer";
        post_with "/calls/{call}/write-off" write_off = "write_off_call",
            "Say that what was sent of a call and has no end was not paid";
    }
}

/// Which calls.
#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Of this run; none is all runs.
    #[serde(default)]
    run: Option<RunId>,
    /// Of this step; none is all steps.
    #[serde(default)]
    step: Option<StepPath>,
    /// Of this round of a repeated step, from 1; none is all rounds.
    #[serde(default)]
    round: Option<u32>,
    /// How many to pass over: `next` of the part before.
    #[serde(default)]
    offset: usize,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

/// Names a call.
#[derive(Debug, Deserialize, JsonSchema)]
struct CallPlace {
    /// The call: its id, or the last characters of it.
    call: String,
}

/// Who knows that a call was not paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Writer {
    /// Who, for the record.
    #[serde(default)]
    by: String,
}

async fn list(State(app): State<App>, Query(which): Query<Which>) -> Answer<Page<CallView>> {
    let limit = size(which.limit, MOST)?;
    let Which {
        run, step, round, ..
    } = which;
    // Calls are only ever added at the end.
    let calls = app.engine.calls(&Selection { run, step, round }).await?;
    let end = which.offset.saturating_add(limit);
    let next = (calls.len() > end).then(|| end.to_string());
    // Where one that can't be read would stand nobody knows: all are told with the first part.
    let unreadable = match which.offset {
        0 => calls.unreadable,
        _ => 0,
    };
    let items = calls.into_iter().skip(which.offset).take(limit).collect();
    Ok(Json(Page {
        items,
        next,
        unreadable: Some(unreadable),
    }))
}

async fn show(
    State(app): State<App>,
    InPath(CallPlace { call }): InPath<CallPlace>,
) -> Answer<CallDetail> {
    Ok(Json(app.engine.call(&call).await?))
}

async fn write_off(
    State(app): State<App>,
    InPath(CallPlace { call }): InPath<CallPlace>,
    Body(Writer { by }): Body<Writer>,
) -> Answer<CallDetail> {
    let by = app.person(by);
    Ok(Json(app.engine.write_off_call(&call, &by).await?))
}
