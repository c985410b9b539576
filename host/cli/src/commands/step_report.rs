//! What a step that was run came to: its documents, and how it ended.

use stepwell_contract::{StepPath, WaitingFor};
use stepwell_engine::{ExecutionView, RunOutcome, RunStatus, StepStatus};

use super::driving::exit_of;
use super::next::next;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Interrupts, spent};
use crate::wiring::{Context, Wired};

/// Prints the step's documents, and says how it ended.
pub(super) async fn report(
    context: &Context,
    wired: &Wired,
    outcome: &RunOutcome,
    (path, items): (&StepPath, &[u32]),
    as_json: bool,
    interrupts: &Interrupts,
) -> Result<Exit, CommandError> {
    let view = wired.engine.run(outcome.run).await?;
    let step = view.step(path.as_str());
    let executions = step.into_iter().flat_map(|step| &step.executions);
    let executions: Vec<_> = executions.filter(|it| stands_at(it, items)).collect();
    let mut documents = Vec::new();
    for document in executions.iter().flat_map(|it| &it.documents) {
        documents.push(wired.engine.document(&document.address(), None).await?);
    }
    if as_json {
        context
            .screen
            .print_json(&serde_json::json!({ "outcome": outcome, "documents": documents }))?;
    } else if let [only] = documents.as_slice() {
        context.screen.print_text(&only.text)?;
    } else {
        for document in &documents {
            let summary = &document.summary;
            let head = format!("=== {} {} ===\n", summary.execution, summary.name);
            context.screen.print(&head)?;
            context.screen.print_text(&document.text)?;
        }
    }
    context
        .screen
        .note(&format!("spent: {}\n", spent(&view.summary.spent)));
    next(context, wired, &view, outcome, context.screen.can_ask());
    // What depends on the step is another command's work: the one that was asked for is done.
    let done = match items {
        [] => step.is_some_and(|step| step.status == StepStatus::Success),
        _ => executions.iter().all(|it| it.status == StepStatus::Success),
    };
    let only_the_rest_waits =
        outcome.status == RunStatus::Waiting && outcome.waiting_for != Some(WaitingFor::Answers);
    Ok(if done && only_the_rest_waits {
        Exit::Success
    } else {
        exit_of(outcome, interrupts)
    })
}

/// Whether an execution is one of these items; no items are all of them.
fn stands_at(execution: &ExecutionView, items: &[u32]) -> bool {
    let mut own = execution.at.iter().filter_map(|position| position.item);
    items.iter().all(|item| own.next() == Some(*item))
}
