//! How a run is taken up and driven.

use std::sync::Arc;

use stepwell_contract::StepPath;
use tokio::sync::watch;

use super::person::Person;
use super::requests::{ReprocessStep, RerunStep, ResumeRun};

/// How a run is driven: who answers, and what stops it.
#[derive(Default, Clone)]
pub struct Drive {
    /// Who answers questions now; none is nobody, and a run that asks goes to sleep.
    pub person: Option<Arc<dyn Person>>,
    /// Turns true when everything is to stop. What was received and stored stays, and `resume` goes on.
    pub stop: Option<watch::Receiver<bool>>,
}

/// What is to be done with a run that is taken up.
#[derive(Debug, Clone)]
pub enum TakeUp {
    /// Drive it as it is: it was just started, or interrupted.
    AsItIs,
    /// Take it further: what is pending, failed or stale is carried out.
    Resume(ResumeRun),
    /// Run one of its steps again, with what is current now, and its sub-steps.
    Rerun(StepPath, RerunStep),
    /// Carry one of its steps out again from the answers that it got, without its sub-steps.
    Reprocess(StepPath, ReprocessStep),
}
