//! Where runs and their steps are, as a person is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

pub use stepwell_store::ExecutionState as StepStatus;

/// Where a run is, as a person is told.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RunStatus {
    /// A living process carries it on.
    Started,
    /// It was under way when its process ended; `resume` goes on.
    Interrupted,
    /// Only a person can take it further.
    Waiting,
    /// Every step succeeded, and its files are in the workspace.
    Success,
    /// A step failed, or its files could not be published.
    Failure,
    /// A person ended it.
    Cancelled,
}

impl RunStatus {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}
