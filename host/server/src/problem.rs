//! Errors as problem details (RFC 9457): every refusal of the server has this shape, and is made here.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::ChatErrorKind;
use stepwell_definition::Diagnostic;
use stepwell_engine::EngineError;
use stepwell_store::StoreError;

/// Why the server says no.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProblemDetails {
    /// Which sort of problem, as a URI: `urn:stepwell:` and the code.
    pub r#type: Box<str>,
    /// The sort of problem, for a person.
    pub title: Box<str>,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong here, for a person.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Which sort of problem, such as `no-such-run`. Stays the same when the texts get better.
    pub code: Cow<'static, str>,
    /// The problems of a definition.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<DefinitionProblems>>,
}

/// The problems of a definition.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DefinitionProblems {
    /// The problems, each with its place.
    pub diagnostics: Vec<Diagnostic>,
    /// The text that those places are in.
    pub source_text: String,
}

/// The type of an answer that is a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl ProblemDetails {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &str,
        detail: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self {
            r#type: format!("urn:stepwell:{code}").into(),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            hint,
            code: Cow::Borrowed(code),
            definition: None,
        }
    }

    /// A request that can't be understood.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "The request can't be understood",
            detail,
            Some("`/api/openapi.json` describes every request".into()),
        )
    }

    /// A body that is JSON, but not what the request takes.
    pub(crate) fn wrong_body(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong-body",
            "The body doesn't fit",
            detail,
            Some("`/api/openapi.json` describes every request".into()),
        )
    }

    /// A prompt that isn't any more what the editor started from.
    pub(crate) fn outdated(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "outdated",
            "Somebody changed it meanwhile",
            detail,
            Some("read it again, then save again".into()),
        )
    }

    /// A process that carries on one run and no other.
    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "busy",
            "The store is held by a run",
            "the process that holds the store carries on a run of its own, and takes up no other",
            Some(
                "wait until it ends; `stepwell serve` holds the store for any number of runs"
                    .into(),
            ),
        )
    }

    /// A server that is about to end.
    pub(crate) fn ending() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ending",
            "The server is about to end",
            "the server is about to end, and begins nothing new",
            Some("ask again when it was started anew".into()),
        )
    }
}

impl From<&EngineError> for ProblemDetails {
    fn from(error: &EngineError) -> Self {
        let (status, code, title) = sort_of(error);
        let mut problem = Self::new(status, code, title, error.to_string(), error.hint());
        if let EngineError::Definition {
            diagnostics,
            source_text,
        } = error
        {
            problem.definition = Some(Box::new(DefinitionProblems {
                diagnostics: diagnostics.clone(),
                source_text: source_text.clone(),
            }));
        }
        problem
    }
}

impl From<EngineError> for ProblemDetails {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

/// The status, the code and the title of every error of the engine.
fn sort_of(error: &EngineError) -> (StatusCode, &'static str, &'static str) {
    use StatusCode as Status;
    let unprocessable = Status::UNPROCESSABLE_ENTITY;
    match error {
        EngineError::Definition { .. } => {
            (unprocessable, "definition", "The definition has problems")
        }
        EngineError::NoSuchRun { .. } => (Status::NOT_FOUND, "no-such-run", "There is no such run"),
        EngineError::NoSuchComparison { .. } => (
            Status::NOT_FOUND,
            "no-such-comparison",
            "There is no such comparison",
        ),
        EngineError::NoSuchCall { .. } => {
            (Status::NOT_FOUND, "no-such-call", "There is no such call")
        }
        EngineError::AmbiguousRun { .. } => (Status::CONFLICT, "ambiguous-run", "Several runs fit"),
        EngineError::NoSuchStep { .. } => {
            (Status::NOT_FOUND, "no-such-step", "There is no such step")
        }
        EngineError::Invalid { .. } => (unprocessable, "invalid", "Something given doesn't fit"),
        EngineError::WrongState { .. } => (
            Status::CONFLICT,
            "wrong-state",
            "The run's state doesn't allow it",
        ),
        EngineError::Outdated { .. } => (
            Status::PRECONDITION_FAILED,
            "outdated",
            "Somebody changed it meanwhile",
        ),
        EngineError::Plugin { .. } => (unprocessable, "plugin", "A plugin can't be used"),
        EngineError::Template { .. } => (unprocessable, "template", "The prompt can't be saved"),
        EngineError::Model(error) if error.kind == ChatErrorKind::UnknownModel => {
            (unprocessable, "unknown-model", "There is no such model")
        }
        EngineError::Model(_) => (unprocessable, "model", "A model can't be used"),
        EngineError::Workspace(_) => (unprocessable, "workspace", "The workspace can't be used"),
        EngineError::Store(error) => sort_of_store(error),
        EngineError::StoreFailed { .. } => (
            Status::INTERNAL_SERVER_ERROR,
            "store-failed",
            "The run had to stop",
        ),
        _ => (
            Status::INTERNAL_SERVER_ERROR,
            "bug",
            "A mistake in Stepwell itself",
        ),
    }
}

fn sort_of_store(error: &StoreError) -> (StatusCode, &'static str, &'static str) {
    use StatusCode as Status;
    match error {
        StoreError::NoSuchPrompt { .. } => (
            Status::NOT_FOUND,
            "no-such-prompt",
            "There is no such prompt",
        ),
        StoreError::NoSuchVersion { .. } => (
            Status::NOT_FOUND,
            "no-such-version",
            "There is no such version",
        ),
        StoreError::NoSuchDocument { .. } => (
            Status::NOT_FOUND,
            "no-such-document",
            "There is no such document",
        ),
        StoreError::VersionIsCurrent { .. } => (
            Status::CONFLICT,
            "version-is-current",
            "The current version can't be deleted",
        ),
        StoreError::Full { .. } => (
            Status::INSUFFICIENT_STORAGE,
            "store-full",
            "No space is left for the store",
        ),
        _ => (
            Status::INTERNAL_SERVER_ERROR,
            "store",
            "The store can't be used",
        ),
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
        (status, media_type, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_hint_and_says_its_status() {
        let error = EngineError::NoSuchRun {
            given: "abc".into(),
        };
        let problem = ProblemDetails::from(&error);
        assert_eq!(
            (problem.status, problem.code.as_ref()),
            (404, "no-such-run")
        );
        assert_eq!(problem.detail, "there is no run `abc`");
        assert!(problem.hint.is_some());
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    }
}
