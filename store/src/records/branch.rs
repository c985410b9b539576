//! The branch onto which a run puts what its steps write.

use serde::{Deserialize, Serialize};
use stepwell_contract::CommitId;

use super::OtherFields;

/// The branch onto which a run puts what its steps write, as it was pinned when the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBranch {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// Where HEAD stood.
    pub base: CommitId,
    /// Author and committer: `Name <address>`.
    pub author: String,
    /// Where the run left it; none where it wrote nothing yet, so that there is no branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<CommitId>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
