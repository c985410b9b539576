//! Errors as problem details (RFC 9457): every refusal of the server has this shape, and is made here.

mod words;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Remedy, amounts};
use stepwell_definition::{Diagnostic, PluginDifference};
use stepwell_engine::{Blame, EngineError, ErrorCode, worded};

use self::words::{field, operation, title_of};

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
    pub detail: Box<str>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Box<str>>,
    /// What to do about it, as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Box<Remedy>>,
    /// Which sort of problem, such as `no-such-run`. Stays the same when the texts get better.
    pub code: ErrorCode,
    /// The problems of a definition.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<DefinitionProblems>>,
    /// The plugins that nobody agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Box<RefusedPlugins>>,
}

/// The plugins that nobody agreed to, as data.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefusedPlugins {
    /// The file that says what was agreed to.
    pub file: String,
    /// What differs from it.
    pub differences: Vec<PluginDifference>,
}

impl RefusedPlugins {
    /// Those of an error that is about some.
    #[must_use]
    pub fn of(error: &EngineError) -> Option<Self> {
        let EngineError::Lock(refused) = error else {
            return None;
        };
        let (file, differences) = refused.differences()?;
        Some(Self {
            file: file.display().to_string(),
            differences: differences.to_vec(),
        })
    }
}

/// The problems of a definition.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DefinitionProblems {
    /// The problems, each with its place.
    pub diagnostics: Vec<Diagnostic>,
    /// The text that those places are in.
    pub source_text: String,
}

/// What helps with a request that is wrong in itself.
pub(crate) const DESCRIBED: &str = "`/api/openapi.json` describes every request";

/// The most bytes of a detail.
const MOST_DETAIL: usize = 8 << 10;

/// The type of an answer that is a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl ProblemDetails {
    /// A refusal of this sort: its status and its title follow from the code.
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("urn:stepwell:{code}").into(),
            title: title_of(&code).into(),
            status: status_of(&code).as_u16(),
            // What a request gave may stand in it, and come back with it.
            detail: amounts::cut(detail.into(), MOST_DETAIL).into(),
            hint: None,
            remedy: None,
            code,
            definition: None,
            plugins: None,
        }
    }

    /// The same, with what to do about it in the API's own words.
    #[must_use]
    pub(crate) fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// The same, with what helps as data, and as the API words it.
    #[must_use]
    pub(crate) fn with(mut self, remedy: Remedy) -> Self {
        self.hint = Some(worded(&remedy, operation, field).into());
        self.remedy = Some(Box::new(remedy));
        self
    }

    /// The status of the answer.
    pub(crate) fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A request that can't be understood.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, detail).hinting(DESCRIBED)
    }

    /// A body that is JSON, but not what the request takes.
    pub(crate) fn wrong_body(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::WrongBody, detail).hinting(DESCRIBED)
    }

    /// A prompt that isn't any more what the editor started from.
    pub(crate) fn outdated(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Outdated, detail).hinting("read it again, then save again")
    }

    /// A process that carries on one run and no other.
    pub(crate) fn busy() -> Self {
        let detail =
            "the process that holds the store carries on a run of its own, and takes up no other";
        Self::new(ErrorCode::Busy, detail).with(Remedy::WaitOrServe)
    }

    /// As many connections are open as may be.
    pub(crate) fn crowded() -> Self {
        let detail = "as many connections are open as the server may have: the descriptors of its process are used up by them";
        Self::new(ErrorCode::Crowded, detail).hinting(
            "close those that nobody needs, and ask again; `ulimit -n`, before the server is started, allows more",
        )
    }

    /// A server that is about to end.
    pub(crate) fn ending() -> Self {
        let detail = "the server is about to end, and begins nothing new";
        Self::new(ErrorCode::Ending, detail).hinting("ask again when it was started anew")
    }
}

impl From<&EngineError> for ProblemDetails {
    fn from(error: &EngineError) -> Self {
        let mut problem = Self::new(error.code(), error.to_string());
        if let Some(remedy) = error.remedy() {
            problem = problem.with(remedy);
        }
        problem.plugins = RefusedPlugins::of(error).map(Box::new);
        if let EngineError::Definition {
            diagnostics,
            source_text,
        } = error
        {
            problem.definition = Some(Box::new(DefinitionProblems {
                diagnostics: diagnostics.iter().map(hinted).collect(),
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

impl From<QueryRejection> for ProblemDetails {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<PathRejection> for ProblemDetails {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<JsonRejection> for ProblemDetails {
    fn from(rejection: JsonRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => ErrorCode::WrongBody,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::NotJson,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
            _ => ErrorCode::BadBody,
        };
        Self::new(code, rejection.body_text()).hinting(DESCRIBED)
    }
}

/// A problem of a definition, with what helps in words.
fn hinted(diagnostic: &Diagnostic) -> Diagnostic {
    let mut diagnostic = diagnostic.clone();
    if diagnostic.hint.is_none() {
        let in_words = |remedy| worded(remedy, operation, field);
        diagnostic.hint = diagnostic.remedy.as_ref().map(in_words);
    }
    diagnostic
}

/// The status of an answer: what HTTP has a word for, else by whose turn it is then.
fn status_of(code: &ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::BadBody => return StatusCode::BAD_REQUEST,
        ErrorCode::NoToken => return StatusCode::UNAUTHORIZED,
        ErrorCode::ForeignOrigin => return StatusCode::FORBIDDEN,
        ErrorCode::NoSuchRoute => return StatusCode::NOT_FOUND,
        ErrorCode::WrongMethod => return StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::TooSlow => return StatusCode::REQUEST_TIMEOUT,
        ErrorCode::Busy => return StatusCode::CONFLICT,
        ErrorCode::TooLarge => return StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::NotJson => return StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::ForeignName => return StatusCode::MISDIRECTED_REQUEST,
        ErrorCode::TooManyGuesses => return StatusCode::TOO_MANY_REQUESTS,
        _ => {}
    }
    match code.blame() {
        Blame::NotThere => StatusCode::NOT_FOUND,
        Blame::State | Blame::Agreement => StatusCode::CONFLICT,
        Blame::Outdated => StatusCode::PRECONDITION_FAILED,
        Blame::Given | Blame::Models => StatusCode::UNPROCESSABLE_ENTITY,
        Blame::Full => StatusCode::INSUFFICIENT_STORAGE,
        Blame::Holder => StatusCode::SERVICE_UNAVAILABLE,
        Blame::Store | Blame::System | Blame::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
        let mut response = (self.status_code(), media_type, Json(&self)).into_response();
        // For a face that gives it another look.
        if self.code == ErrorCode::NoRoom {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use stepwell_engine::RunError;

    use super::*;

    #[test]
    fn an_error_keeps_its_hint_and_says_its_status() {
        let given = "abc".into();
        let error = EngineError::from(RunError::NoSuchRun { given });
        let problem = ProblemDetails::from(&error);
        assert_eq!(
            (problem.status, &problem.code),
            (404, &ErrorCode::NoSuchRun)
        );
        assert_eq!(&*problem.detail, "there is no run `abc`");
        assert_eq!(problem.remedy.as_deref(), Some(&Remedy::ListRuns));
        assert!(
            problem
                .hint
                .as_deref()
                .is_some_and(|hint| hint.starts_with("`list_runs`"))
        );
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    }
}
