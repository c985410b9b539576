//! What a run is to be warned of, as every face tells it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Remedy, StepPath};

/// Something that a run went on with, and that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarningView {
    /// The execution, as a person names it.
    pub execution: String,
    /// The path of its step.
    pub step: StepPath,
    /// What.
    pub message: String,
    /// What helps; none where nothing is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl WarningView {
    /// It as a sentence that begins small, with what helps, which is `worded` by whoever tells it.
    #[must_use]
    pub fn told(&self, worded: impl Fn(&Remedy) -> String) -> String {
        let remedy = self.remedy.as_ref();
        let remedy = remedy.map(|remedy| format!("; {}", worded(remedy)));
        format!("{}{}", self.message, remedy.unwrap_or_default())
    }
}
