//! What a look at a file saw, as its memo has it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_contract::{Digest, WorkspaceError, WorkspaceErrorKind};

use crate::workspace::NOT_A_FILE;

/// The question of a look at a file.
pub(crate) fn file_question(path: &str) -> Value {
    serde_json::json!({ "read": path })
}

/// The question of a look at a file as it stands where the run publishes.
pub(super) fn published_question(path: &str) -> Value {
    serde_json::json!({ "published": path })
}

/// The question of a look at what .gitignore hides at a path that is about to be written.
pub(crate) fn hidden_question(path: &str) -> Value {
    serde_json::json!({ "hidden": path })
}

/// The memo of a look at a file.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct SeenFile {
    /// Its text; none is no file.
    pub(super) digest: Option<Digest>,
    /// Whether .gitignore names it, so that what is there wasn't looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) ignored: bool,
    /// The path of the file itself, where this one has a symbolic link in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) leads: Option<String>,
    /// Whether that link is a folder on the way alone: then what the path names is the file, and no link to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) by_folder: bool,
    /// Why it can't be looked at, such as a link that leads outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<WorkspaceError>,
}

impl SeenFile {
    pub(super) fn of(digest: Option<Digest>) -> Self {
        Self {
            digest,
            ..Self::default()
        }
    }

    /// Whether something else than a file is there, such as a folder.
    pub(super) fn is_no_file(&self) -> bool {
        let error = self.error.as_ref();
        error.is_some_and(|error| error.kind == WorkspaceErrorKind::Other(NOT_A_FILE.into()))
    }

    /// As the step is told.
    pub(super) fn told(self) -> Result<Option<Digest>, WorkspaceError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.digest),
        }
    }
}

/// The answer of a look.
pub(super) trait Looked {
    /// Whether it is an error from outside, which somebody may have mended by the next attempt (rule E10).
    fn is_error(&self) -> bool;
}

impl Looked for SeenFile {
    fn is_error(&self) -> bool {
        self.error.is_some()
    }
}

impl<T, E> Looked for Result<T, E> {
    fn is_error(&self) -> bool {
        self.is_err()
    }
}

/// What was in the way.
impl Looked for Option<WorkspaceError> {
    fn is_error(&self) -> bool {
        self.is_some()
    }
}
