//! The HTTP API: what the command can do, as JSON.
//!
//! Requests and answers are the engine's own. The OpenAPI document is made from the handlers' types.

/// The operations of a part of the API, one below the other: method and path, the handler, the name and what the
/// description says of it, and what else there is to be said.
macro_rules! operations {
    ($tag:literal: $($method:ident $path:literal $handler:ident = $id:literal, $summary:literal $({ $($more:tt)+ })?;)+) => {
        aide::axum::ApiRouter::new()$(.api_route(
            $path,
            aide::axum::routing::$method($handler, |it| {
                it.id($id).summary($summary).tag($tag)$($($more)+)?
            }),
        ))+
    };
}

mod calls;
mod comparisons;
mod costs;
mod documents;
mod exchange;
mod files;
mod improvements;
mod library;
mod names;
mod prompts;
mod runs;
mod streams;

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::openapi::OpenApi;
use aide::transform::TransformOpenApi;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use stepwell_engine::ErrorCode;

pub use exchange::Page;

use crate::problem::DESCRIBED;
use crate::{App, ProblemDetails};

/// The routes under `/api`.
pub(crate) fn router() -> Router<App> {
    let (router, document) = described();
    let document = Arc::new(document);
    router
        .route_layer(from_fn_with_state(Arc::clone(&document), names::only_known))
        .route("/openapi.json", get(async || Json(document)))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

/// The OpenAPI document of everything under `/api`, made from the code.
#[must_use]
pub fn openapi() -> Value {
    described().1
}

fn described() -> (Router<App>, Value) {
    aide::generate::extract_schemas(true);
    // The schemas of OpenAPI 3.1 are those of JSON Schema 2020-12; the library's own are older, and wrong for tuples.
    aide::generate::in_context(|context| {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        context.schema = settings.into_generator();
    });
    aide::generate::infer_responses(true);
    let mut document = OpenApi::default();
    let router = ApiRouter::new()
        .merge(runs::router())
        .merge(streams::router())
        .merge(prompts::router())
        .merge(documents::router())
        .merge(files::router())
        .merge(calls::router())
        .merge(costs::router())
        .merge(comparisons::router())
        .merge(improvements::router())
        .merge(library::router())
        .finish_api_with(&mut document, about_the_api);
    exchange::under_api(&mut document);
    (router, serde_json::to_value(document).unwrap_or_default())
}

fn about_the_api(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    api.title("Stepwell")
        .version(env!("CARGO_PKG_VERSION"))
        .description(
            "What the command `stepwell` can do. Errors are problem details (RFC 9457) with a `code` and a `hint`. \
             A name that an operation doesn't know is refused. Over TCP every request needs `Authorization: Bearer TOKEN`.",
        )
}

async fn unknown(uri: axum::http::Uri) -> ProblemDetails {
    // A nested router is given the rest of the path alone.
    let detail = format!("there is nothing at /api{}", uri.path());
    ProblemDetails::new(ErrorCode::NoSuchRoute, detail).hinting(DESCRIBED)
}

async fn wrong_method(method: axum::http::Method) -> ProblemDetails {
    let detail = format!("nothing here answers {method}");
    ProblemDetails::new(ErrorCode::WrongMethod, detail).hinting("the header `Allow` says what does")
}
