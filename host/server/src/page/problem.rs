//! A page that says what is wrong, and what helps.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use stepwell_engine::ErrorCode;

use super::frame::{Section, frame};
use super::parts;
use crate::{About, App, ProblemDetails};

/// Why a page can't be shown, or a form not be carried out.
#[derive(Debug)]
pub(crate) struct PageError {
    about: Arc<About>,
    // Large, and on the way of every result.
    problem: Box<ProblemDetails>,
}

/// What a handler of the page gives.
pub(crate) type Page = Result<Response, PageError>;

/// Gives what the engine or the supervisor refuses the look of a page.
pub(crate) trait Shown<T> {
    fn shown(self, app: &App) -> Result<T, PageError>;
}

impl<T, E: Into<ProblemDetails>> Shown<T> for Result<T, E> {
    fn shown(self, app: &App) -> Result<T, PageError> {
        self.map_err(|problem| PageError {
            about: Arc::clone(&app.about),
            problem: Box::new(problem.into()),
        })
    }
}

impl PageError {
    /// An address that names nothing, or a form that says nothing sensible.
    pub(crate) fn new(app: &App, status: StatusCode, message: &str, hint: &str) -> Self {
        let hint = Some(hint.to_owned());
        let (code, title) = ("page", "The page can't be shown");
        Self {
            about: Arc::clone(&app.about),
            problem: Box::new(ProblemDetails::new(status, code, title, message, hint)),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let problem = &self.problem;
        let way_on = match &problem.code {
            ErrorCode::NoSuchComparison => ("To the comparisons", "/comparisons"),
            ErrorCode::NoSuchPrompt | ErrorCode::NoSuchVersion | ErrorCode::VersionIsCurrent => {
                ("To the prompts", "/prompts")
            }
            _ => ("To the runs", "/runs"),
        };
        let content = html! {
            div.stack {
                p.quiet { (problem.status) }
                h1 { (parts::sentence(&problem.detail)) }
                @if let Some(help) = help(problem) { p.lead { (help) } }
                p { a href=(way_on.1) { (way_on.0) } }
            }
        };
        let page = frame(&self.about, Section::None, "Something is wrong", &content);
        (status_of(problem), page).into_response()
    }
}

/// Whether a form can be sent again with something else in it: then it comes back, with what was given.
pub(crate) fn is_mendable(problem: &ProblemDetails) -> bool {
    status_of(problem).is_client_error()
}

/// What helps with a problem.
fn help(problem: &ProblemDetails) -> Option<Markup> {
    let remedy = problem
        .remedy
        .as_deref()
        .filter(|remedy| remedy.is_known())
        .map(parts::remedy);
    remedy.or_else(|| problem.hint.as_deref().map(parts::sentence))
}

/// The status of an answer that tells of a problem.
pub(crate) fn status_of(problem: &ProblemDetails) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A problem within a page that is shown all the same. A screen reader says it at once.
pub(crate) fn alert(problem: &ProblemDetails) -> Markup {
    html! { div role="alert" { (notice(problem)) } }
}

/// As [`alert`], where it changes with every letter that is typed.
pub(crate) fn notice(problem: &ProblemDetails) -> Markup {
    html! {
        div.notice.bad {
            strong { (parts::sentence(&problem.detail)) }
            @if let Some(definition) = &problem.definition {
                ul {
                    @for diagnostic in &definition.diagnostics {
                        li {
                            (diagnostic.file)
                            @if let Some(span) = &diagnostic.span { ":" (span.start_line) ":" (span.start_column) }
                            " " (parts::said(&diagnostic.message))
                            @if let Some(remedy) = &diagnostic.remedy { div.quiet { (parts::remedy(remedy)) } }
                            @else if let Some(hint) = &diagnostic.hint { div.quiet { (parts::sentence(hint)) } }
                        }
                    }
                }
            }
            @if let Some(help) = help(problem) { p { (help) } }
        }
    }
}
