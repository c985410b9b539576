//! What came of a file that was restored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

/// A file that was given back what it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestoredFile {
    /// Its path below the workspace; where a symbolic link was named, that of the file that it leads to.
    pub path: String,
    /// What it was given back.
    pub what: GivenBack,
    /// The text that it has now; none is no file.
    pub text: Option<Digest>,
    /// Whether that changed anything: it may have been so already.
    pub changed: bool,
}

/// What a file was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBack {
    /// The text that it had before the run.
    AsBefore,
    /// Nothing: before the run there was no file.
    NoFile,
    /// Nothing: before the run there was no file, and a folder stands there, which stays.
    Folder,
    /// The text that somebody else wrote, which the run replaced.
    OthersText,
    /// Nothing: somebody else had removed the file while the run wrote it.
    OthersRemoval,
    /// The text that was asked for.
    Named,
}
