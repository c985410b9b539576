//! A page that says what is wrong, and what helps.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use stepwell_engine::EngineError;
use stepwell_store::StoreError;

use super::frame::{Section, frame};
use super::parts;
use crate::{About, App};

/// Why a page can't be shown, or a form not be carried out.
#[derive(Debug)]
pub(crate) struct PageError {
    about: Arc<About>,
    status: StatusCode,
    message: String,
    hint: Option<String>,
}

/// What a handler of the page gives.
pub(crate) type Page = Result<Response, PageError>;

/// Gives the engine's errors the look of a page.
pub(crate) trait Shown<T> {
    fn shown(self, app: &App) -> Result<T, PageError>;
}

impl<T> Shown<T> for Result<T, EngineError> {
    fn shown(self, app: &App) -> Result<T, PageError> {
        self.map_err(|error| PageError {
            about: Arc::clone(&app.about),
            status: status_of(&error),
            message: error.to_string(),
            hint: error.hint(),
        })
    }
}

impl PageError {
    /// An address that names nothing, or a form that says nothing sensible.
    pub(crate) fn new(app: &App, status: StatusCode, message: &str, hint: &str) -> Self {
        Self {
            about: Arc::clone(&app.about),
            status,
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let content = html! {
            div.stack {
                p.quiet { (self.status.as_u16()) }
                h1 { (parts::sentence(&self.message)) }
                @if let Some(hint) = &self.hint { p.lead { (parts::sentence(hint)) } }
                p { a href="/runs" { "To the runs" } }
            }
        };
        let page = frame(&self.about, Section::None, "Something is wrong", &content);
        (self.status, page).into_response()
    }
}

/// The status that fits an error of the engine.
pub(crate) fn status_of(error: &EngineError) -> StatusCode {
    match error {
        EngineError::NoSuchRun { .. }
        | EngineError::NoSuchStep { .. }
        | EngineError::NoSuchComparison { .. } => StatusCode::NOT_FOUND,
        EngineError::WrongState { .. } => StatusCode::CONFLICT,
        EngineError::Store(
            StoreError::NoSuchPrompt { .. }
            | StoreError::NoSuchVersion { .. }
            | StoreError::NoSuchDocument { .. },
        ) => StatusCode::NOT_FOUND,
        EngineError::Store(StoreError::VersionIsCurrent { .. }) => StatusCode::CONFLICT,
        EngineError::Definition { .. }
        | EngineError::AmbiguousRun { .. }
        | EngineError::Invalid { .. }
        | EngineError::Plugin { .. }
        | EngineError::Template { .. }
        | EngineError::Model(_)
        | EngineError::Workspace(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An error within a page that is shown all the same.
pub(crate) fn notice(error: &EngineError) -> Markup {
    html! {
        div.notice.bad role="alert" {
            strong { (parts::sentence(&error.to_string())) }
            @if let EngineError::Definition { diagnostics, .. } = error {
                ul {
                    @for diagnostic in diagnostics {
                        li {
                            (diagnostic.file)
                            @if let Some(span) = &diagnostic.span { ":" (span.start_line) ":" (span.start_column) }
                            " " (parts::said(&diagnostic.message))
                            @if let Some(hint) = &diagnostic.hint { span.quiet { " " (parts::said(hint)) } }
                        }
                    }
                }
            }
            @if let Some(hint) = error.hint() { p { (parts::sentence(&hint)) } }
        }
    }
}
