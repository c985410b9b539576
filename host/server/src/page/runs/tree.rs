//! The steps of a run as a tree, each with where it is.

use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{RunView, StepView};

use super::address;
use crate::page::parts;

/// The tree; `shown` is the step that is looked at.
pub(super) fn tree(run: &RunView, shown: Option<&str>) -> Markup {
    html! {
        nav #tree data-live aria-label="Steps" {
            ol.tree {
                li {
                    a href=(address(run.summary.id, "")) data-row aria-current=[shown.is_none().then_some("page")] {
                        span {} span.name { "The whole run" }
                    }
                }
                (level(run.summary.id, &run.steps, shown))
            }
        }
    }
}

fn level(run: RunId, steps: &[StepView], shown: Option<&str>) -> Markup {
    html! {
        @for step in steps {
            @let is_shown = shown == Some(step.path.as_str());
            li {
                a href=(address(run, step.path.as_str())) data-row aria-current=[is_shown.then_some("page")] {
                    (parts::step_mark(step.status))
                    span.name { (step.id) }
                    span.quiet.small { (progress(step)) }
                }
                @if !step.steps.is_empty() { ol { (level(run, &step.steps, shown)) } }
            }
        }
    }
}

/// How far a step with items or rounds is.
fn progress(step: &StepView) -> String {
    let done = |status| status == stepwell_engine::StepStatus::Success;
    if let Some(items) = step.items {
        let done = step
            .executions
            .iter()
            .filter(|execution| done(execution.status));
        return format!("{} of {items}", done.count());
    }
    match step.rounds.as_slice() {
        [only] => format!("round {} of {}", only.round, only.most),
        _ => String::new(),
    }
}
