//! The steps of a run as a tree, each with where it is.

use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{ExecutionView, RunView, StepView};

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

/// The rounds that it stands in, the outermost first.
fn rounds(execution: &ExecutionView) -> Vec<u32> {
    execution.at.iter().map(|position| position.round).collect()
}

/// How many are done in the last round, from the rounds of each: a step has the items of that one.
fn done_in_last_round(executions: impl Iterator<Item = (Vec<u32>, bool)>) -> usize {
    let mut last = (Vec::new(), 0);
    for (rounds, done) in executions {
        if rounds > last.0 {
            last = (rounds, usize::from(done));
        } else if rounds == last.0 {
            last.1 += usize::from(done);
        }
    }
    last.1
}

/// How far a step with items or rounds is.
fn progress(step: &StepView) -> String {
    let done = |status| status == stepwell_engine::StepStatus::Success;
    if let Some(items) = step.items {
        let executions = step.executions.iter();
        let done = executions.map(|execution| (rounds(execution), done(execution.status)));
        return format!("{} of {items}", done_in_last_round(done));
    }
    match step.rounds.as_slice() {
        [only] => format!("round {} of {}", only.round, only.most),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::done_in_last_round;

    #[test]
    fn items_of_rounds_before_are_not_counted_again() {
        let executions = [
            (vec![1, 1, 1], true),
            (vec![1, 1, 1], true),
            (vec![2, 1, 1], true),
            (vec![2, 1, 1], false),
        ];
        assert_eq!(done_in_last_round(executions.into_iter()), 1);
        assert_eq!(done_in_last_round([].into_iter()), 0);
    }
}
