//! What a face is told of what steps wrote: documents and files.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{CommitId, Digest, RunId, StepPath};
use stepwell_store::Author;

use super::places::DocumentAddress;

/// A document in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DocumentSummary {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepPath,
    /// The execution, as a person names it.
    pub execution: String,
    /// Which items wrote it.
    pub items: Vec<u32>,
    /// In which rounds, one for each level of the step's path.
    pub rounds: Vec<u32>,
    /// The take.
    pub take: u32,
    /// Its name.
    pub name: String,
    /// The revision that counts.
    pub revision: u32,
    /// Its size in bytes of UTF-8.
    pub bytes: u64,
    /// Who wrote that revision.
    pub author: Author,
    /// When that revision was written.
    pub updated_at: Timestamp,
}

impl DocumentSummary {
    /// What names it, with the take that wrote it.
    #[must_use]
    pub fn address(&self) -> DocumentAddress {
        DocumentAddress {
            run: self.run,
            step: self.step.clone(),
            name: self.name.clone(),
            items: self.items.clone(),
            rounds: self.rounds.iter().copied().map(Some).collect(),
            take: Some(self.take),
        }
    }
}

/// A document with one of its texts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DocumentView {
    /// What a listing shows of it.
    #[serde(flatten)]
    pub summary: DocumentSummary,
    /// The revision that this is.
    pub shown_revision: u32,
    /// Its text.
    pub text: String,
    /// All revisions, oldest first: number, author, time, bytes.
    pub revisions: Vec<RevisionView>,
}

/// One text of a document.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RevisionView {
    /// Its number.
    pub number: u32,
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub created_at: Timestamp,
    /// Its size in bytes of UTF-8.
    pub bytes: u64,
}

/// A file that a run wrote or removed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FileView {
    /// Its path below the workspace.
    pub path: String,
    /// The execution, as a person names it.
    pub execution: String,
    /// What was done with it.
    pub change: FileChangeKind,
    /// What the execution first saw there; none is no file.
    pub before: Option<Digest>,
    /// What it wrote; none is removed.
    pub after: Option<Digest>,
    /// Whether the workspace has it, or the run's branch.
    pub published: bool,
    /// Whether it never gets there, because a person said no to it.
    #[serde(default)]
    pub dropped: bool,
    /// The commit that has it, of a run that puts what it writes onto a branch.
    #[serde(default)]
    pub commit: Option<CommitId>,
    /// Whether somebody else's text, or their removal, was replaced, and kept.
    pub replaced_foreign: bool,
    /// Somebody else's text that was met there, by which it is brought back once it was replaced; none also where there was no file.
    #[serde(default)]
    pub foreign: Option<Digest>,
    /// The size of what was written.
    pub bytes: u64,
}

impl FileView {
    /// What is said of one that a person said no to.
    pub const DROPPED: &str = "dropped: a person said no to it";

    /// What is said of one that is committed to its run, and not yet where it belongs.
    #[must_use]
    pub fn not_yet(on_branch: bool) -> &'static str {
        match on_branch {
            true => "not on the branch yet",
            false => "not in the workspace yet",
        }
    }

    /// Why it isn't where it belongs; none where it is.
    #[must_use]
    pub fn why_not_there(&self, on_branch: bool) -> Option<&'static str> {
        match (self.dropped, self.published) {
            (true, _) => Some(Self::DROPPED),
            (false, true) => None,
            (false, false) => Some(Self::not_yet(on_branch)),
        }
    }
}

/// What an execution did with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileChangeKind {
    /// It was not there.
    Added,
    /// It was there with another text.
    Changed,
    /// It is gone.
    Removed,
}
