//! The states of runs and steps: a shape and a word, so that the colour carries nothing alone.

use maud::{Markup, html};
use stepwell_contract::WaitingFor;
use stepwell_engine::{ROUNDS_USED_UP, RunStatus, RunSummary, StepStatus};

/// Where a run is, and why it waits.
pub(crate) fn run_state(run: &RunSummary) -> Markup {
    let (class, word) = match run.is_declined() {
        true => ("cancelled", "declined"),
        false => run_class(run.status),
    };
    let why = run.waiting_for.as_ref().map(|reason| match reason {
        WaitingFor::Answers => "for an answer",
        WaitingFor::Until => "stopped as asked",
        WaitingFor::Stale => "to be brought up to date",
        WaitingFor::InDoubt => "for a decision",
        WaitingFor::Other(other) => other,
    });
    html! {
        span class=(format!("state {class}")) { (word) }
        @if let (RunStatus::Waiting, Some(why)) = (run.status, why) {
            " " span.quiet.small { (why) }
        }
        @if run.went_on_without_rounds() {
            " " span.tag.warn { (ROUNDS_USED_UP) }
        }
    }
}

/// What tells a run from others: what a person calls it, or the beginning of what it was given, or else its workflow.
pub(crate) fn run_name(run: &RunSummary) -> &str {
    let said = run.label.as_ref().or(run.about.as_ref());
    said.unwrap_or(&run.workflow)
}

/// Where a run is, as a word.
pub(crate) fn run_word(status: RunStatus) -> &'static str {
    run_class(status).1
}

/// The class and the word of a run's state.
fn run_class(status: RunStatus) -> (&'static str, &'static str) {
    match status {
        RunStatus::Started => ("started", "running"),
        RunStatus::Interrupted => ("interrupted", "interrupted"),
        RunStatus::Waiting => ("waiting", "waiting"),
        RunStatus::Success => ("success", "done"),
        RunStatus::Failure => ("failure", "failed"),
        RunStatus::Cancelled => ("cancelled", "cancelled"),
    }
}

/// Where a step is.
pub(crate) fn step_state(status: StepStatus) -> Markup {
    let (class, word) = step_word(status);
    html! { span class=(format!("state {class}")) { (word) } }
}

/// Where a step is, as its shape alone; the word is there for a screen reader.
pub(crate) fn step_mark(status: StepStatus) -> Markup {
    let (class, word) = step_word(status);
    html! { span class=(format!("state bare {class}")) title=(word) { span { (word) } } }
}

/// The class and the word of a step's state.
pub(crate) fn step_word(status: StepStatus) -> (&'static str, &'static str) {
    match status {
        StepStatus::Pending => ("pending", "not begun"),
        StepStatus::Running => ("running", "running"),
        StepStatus::Waiting => ("waiting", "waiting for an answer"),
        StepStatus::Success => ("success", "done"),
        StepStatus::Failure => ("failure", "failed"),
        StepStatus::Stale => ("stale", "out of date"),
        StepStatus::Skipped => ("skipped", "left out"),
        StepStatus::Cancelled => ("cancelled", "cancelled"),
        StepStatus::Unreadable => ("failure", "can't be read"),
    }
}
