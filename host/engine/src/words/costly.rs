//! What may cost more than the operator lets pass without a yes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{RunId, StepPath};

use super::comparison_requests::StartComparison;
use super::requests::{RerunStep, RunAlone, RunStepAlone};

/// Work that isn't a whole run, of which it can be asked what it would take.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Costly {
    /// A step of a run, carried out again.
    Rerun {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// What is chosen for it.
        #[serde(default)]
        with: RerunStep,
    },
    /// A plugin that is run alone.
    Plugin {
        /// How.
        alone: Box<RunAlone>,
    },
    /// A step of a definition that is run alone.
    Definition {
        /// How.
        alone: Box<RunStepAlone>,
    },
    /// A comparison.
    Comparison {
        /// What is compared.
        comparison: Box<StartComparison>,
    },
}

/// What would be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum ToStart {
    /// A run.
    Run,
    /// A step again.
    Step,
    /// A comparison.
    Comparison,
}

impl ToStart {
    /// Its word, for a person.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}
