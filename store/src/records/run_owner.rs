//! For whom runs are carried out: the little that is read of many of their records.

use serde::Deserialize;
use stepwell_contract::ComparisonId;

/// For whom a run is carried out: of its record, what calls are added up by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RunOwner {
    /// The name that its definition gives itself.
    pub workflow: String,
    /// Set for the run of a comparison's cell.
    #[serde(default)]
    pub scratch: Option<ScratchOwner>,
}

/// The comparison that a cell's run belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ScratchOwner {
    /// The comparison.
    pub comparison: ComparisonId,
}
