//! Where a run is after it was driven.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Problem, ProblemCode, RunId, WaitingFor};

use super::status::RunStatus;

/// Where a run is after it was driven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunOutcome {
    /// The run.
    pub run: RunId,
    /// Where it is.
    pub status: RunStatus,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// Why it failed.
    pub problem: Option<Problem>,
}

impl RunOutcome {
    /// Whether it ended because a person said no.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        let problem = self.problem.as_ref();
        problem.is_some_and(|problem| problem.code == ProblemCode::Declined)
    }

    /// Of a run that was told to stop: whoever resumes goes on.
    pub(crate) fn interrupted(run: RunId) -> Self {
        Self {
            run,
            status: RunStatus::Interrupted,
            waiting_for: None,
            problem: None,
        }
    }
}
