//! A page that says what is wrong, and what helps.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use stepwell_engine::ErrorCode;

use super::frame::{Section, frame};
use super::parts;
use crate::{About, ProblemDetails};

/// What a handler of the page gives. What is refused gets the look of a page by [`dressed`].
pub(crate) type Page = Result<Response, ProblemDetails>;

/// An address that names nothing.
pub(crate) fn no_page(message: impl Into<String>, hint: &str) -> ProblemDetails {
    ProblemDetails::new(ErrorCode::Page, message).hinting(hint)
}

/// A form that says too little.
pub(crate) fn no_form(message: impl Into<String>, hint: &str) -> ProblemDetails {
    ProblemDetails::new(ErrorCode::Form, message).hinting(hint)
}

/// A word in an address that means nothing.
pub(crate) fn no_word(message: impl Into<String>, hint: &str) -> ProblemDetails {
    ProblemDetails::new(ErrorCode::BadRequest, message).hinting(hint)
}

/// An answer of the page as a browser shows it: a problem, too, is a page.
pub(super) fn dressed(about: &About, mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<ProblemDetails>() else {
        return response;
    };
    let way_on = match &problem.code {
        ErrorCode::NoSuchComparison => ("To the comparisons", "/comparisons"),
        ErrorCode::NoSuchPrompt | ErrorCode::NoSuchVersion | ErrorCode::VersionIsCurrent => {
            ("To the prompts", "/prompts")
        }
        _ => ("To the runs", "/runs"),
    };
    let content = html! {
        div.stack data-problem {
            p.quiet { (problem.status) }
            h1 { (parts::sentence(&problem.detail)) }
            @if let Some(help) = help(&problem) { p.lead { (help) } }
            p { a href=(way_on.1) { (way_on.0) } }
        }
    };
    let page = frame(about, Section::None, "Something is wrong", &content);
    (problem.status_code(), page).into_response()
}

/// Whether a form can be sent again with something else in it: then it comes back, with what was given.
pub(crate) fn is_mendable(problem: &ProblemDetails) -> bool {
    problem.status_code().is_client_error()
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
