//! The documents that steps wrote: read, corrected, deleted.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_engine::{DocumentAddress, DocumentPlace, DocumentSummary, DocumentView, Selection};

use super::exchange::Answer;
use crate::asked::{Body, InPath, Query};
use crate::{App, ProblemDetails};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "documents":
        get_with "/documents" list = "list_documents", "Documents, of one run or of all, without their texts";
        get_with "/runs/{run}/documents/{name}" read = "get_document", "A document with one of its texts";
        put_with "/runs/{run}/documents/{name}" write = "put_document",
            "Correct a document; what depends on it is run again by `resume`";
        delete_with "/runs/{run}/documents/{name}" remove = "remove_document",
            "Delete a document; its texts stay readable by their revisions"
            { .response::<204, ()>() };
    }
}

/// Names a document of a run.
#[derive(Debug, Deserialize, JsonSchema)]
struct NamedInRun {
    /// The run: `last`, its id, or the last characters of it.
    run: String,
    /// The document's name.
    name: String,
}

/// Where a document stands in its run.
#[derive(Debug, Deserialize, JsonSchema)]
struct Where {
    /// Its step, with items, rounds and take where they matter: `implementation/code[2]`, `build~1/testing#2`.
    step: String,
    /// The revision to read; none is the one that counts.
    #[serde(default)]
    revision: Option<u32>,
}

/// A text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct NewText {
    /// The text.
    text: String,
}

async fn address(
    app: &App,
    named: NamedInRun,
    step: &str,
) -> Result<DocumentAddress, ProblemDetails> {
    let place: DocumentPlace = step.parse().map_err(ProblemDetails::bad_request)?;
    let run = app.engine.find_run(&named.run).await?;
    Ok(place.address(run, named.name))
}

async fn list(
    State(app): State<App>,
    Query(selection): Query<Selection>,
) -> Answer<Vec<DocumentSummary>> {
    Ok(Json(app.engine.documents(&selection).await?))
}

async fn read(
    State(app): State<App>,
    InPath(named): InPath<NamedInRun>,
    Query(place): Query<Where>,
) -> Answer<DocumentView> {
    let address = address(&app, named, &place.step).await?;
    Ok(Json(app.engine.document(&address, place.revision).await?))
}

async fn write(
    State(app): State<App>,
    InPath(named): InPath<NamedInRun>,
    Query(place): Query<Where>,
    Body(new): Body<NewText>,
) -> Answer<DocumentSummary> {
    let address = address(&app, named, &place.step).await?;
    let _edit = app.edit().await;
    Ok(Json(app.engine.put_document(&address, new.text).await?))
}

async fn remove(
    State(app): State<App>,
    InPath(named): InPath<NamedInRun>,
    Query(place): Query<Where>,
) -> Result<StatusCode, ProblemDetails> {
    let address = address(&app, named, &place.step).await?;
    app.engine.remove_document(&address).await?;
    Ok(StatusCode::NO_CONTENT)
}
