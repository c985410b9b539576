//! What a run has come to: its state and what it left.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{Remedy, RunId};
use stepwell_engine::{
    BranchState, BranchView, EngineError, FileChangeKind, FileView, RunError, RunOutcome, RunView,
    Selection,
};

use super::next::next;
use crate::application::Application;
use crate::arguments::SelectionArguments;
use crate::errors::{CommandError, show_gaps_json};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{
    Screen, Style, Table, between, plain, plain_line, remedied, size, spent, tail, with_rounds,
};
use crate::wiring::{Context, Wired};

/// Shows what a run has come to: the results on standard output, what to do next beside them.
pub(super) async fn show(
    context: &Context,
    wired: &Wired,
    outcome: &RunOutcome,
    as_json: bool,
) -> Result<(), CommandError> {
    let view = wired.engine.run(outcome.run).await?;
    if as_json {
        context.screen.print_json(&view)?;
    } else {
        let of_run = Selection {
            run: Some(outcome.run),
            ..Selection::default()
        };
        let files = wired.engine.files(outcome.run, &of_run).await?;
        context.screen.print(&results(&view, &files, context))?;
    }
    next(context, wired, &view, outcome, context.screen.can_ask());
    Ok(())
}

fn results(view: &RunView, written: &[FileView], context: &Context) -> String {
    let style = context.screen.out_style();
    let run = &view.summary;
    let id = tail(run.id);
    let took = run
        .ended_at
        .map(|end| format!(" in {}", between(run.created_at, end)))
        .unwrap_or_default();
    let mut text = format!(
        "run {id} of {}: {}{took}\n",
        run.workflow,
        style.run_state(run)
    );
    let (mut documents, mut files) = (Table::indented(2), Table::indented(2));
    for step in view.all_steps() {
        // The take that counts is found without its number.
        let names = step.executions.iter().map(|execution| {
            let name = execution.name.split('#').next();
            name.unwrap_or(&execution.name)
        });
        for (execution, place) in step.executions.iter().zip(with_rounds(names)) {
            for document in &execution.documents {
                let command = format!("stepwell docs get {id} {place} {}", document.name);
                documents.row([
                    document.name.clone(),
                    size(document.bytes),
                    style.dim(&command),
                ]);
            }
        }
    }
    for (change, file) in in_all(written) {
        let unpublished = file.why_not_there(view.branch.is_some());
        let unpublished = unpublished.unwrap_or_default();
        files.row([change_word(change), &plain(&file.path), unpublished]);
    }
    if !documents.is_empty() {
        text += &format!("documents\n{}", documents.text());
    }
    if !files.is_empty() {
        let place = match &view.branch {
            Some(branch) => format!("on branch {}", plain(&branch.name)),
            None => format!("in {}", shown(Path::new(&run.workspace), &context.start)),
        };
        text += &format!("files {place}\n{}", files.text());
    }
    if let Some(branch) = &view.branch {
        text += &format!("branch {}\n", on_branch(branch, run.id, style));
    }
    let mut warnings = Table::indented(2);
    for warning in &view.warnings {
        let told = warning.told(remedied);
        warnings.line(format!("{}: {}", warning.execution, plain_line(&told)));
    }
    if !warnings.is_empty() {
        text += &format!("{}\n{}", style.warning("warnings"), warnings.text());
    }
    text + &format!("spent: {}\n", spent(&run.spent))
}

/// What became of each file from the run's beginning to its end: one that several executions wrote is told of once, and one that is as it was not
/// at all. Each with what was done last.
fn in_all(written: &[FileView]) -> Vec<(FileChangeKind, &FileView)> {
    let mut files = BTreeMap::new();
    for file in written {
        files.entry(&file.path).or_insert((file.before, file)).1 = file;
    }
    files
        .into_values()
        .filter(|(before, last)| *before != last.after)
        .map(|(before, last)| match (before, last.after) {
            (None, _) => (FileChangeKind::Added, last),
            (_, None) => (FileChangeKind::Removed, last),
            _ => (FileChangeKind::Changed, last),
        })
        .collect()
}

/// A run's branch, where it is, and how to look at it; of one that somebody deleted, how to have it again.
pub(super) fn on_branch(branch: &BranchView, run: RunId, style: Style) -> String {
    let name = plain(&branch.name);
    let Some(commit) = &branch.commit else {
        return format!("{name}, which isn't made yet: nothing of the run is on it");
    };
    let commit = commit.short();
    let Some(look) = branch.look() else {
        let again = style.dim(&format!("stepwell files {} --branch", tail(run)));
        return format!("{name}, which was deleted since; {again} makes it again, at {commit}");
    };
    let look = style.dim(&plain(&look));
    match branch.state {
        BranchState::Moved => format!("{name}, which was moved since from {commit}  {look}"),
        _ => format!("{name} at {commit}  {look}"),
    }
}

pub(super) fn change_word(change: FileChangeKind) -> &'static str {
    match change {
        FileChangeKind::Added => "added",
        FileChangeKind::Changed => "changed",
        FileChangeKind::Removed => "removed",
    }
}

/// What is looked at, of one run or of all.
pub(super) async fn selected(
    arguments: SelectionArguments,
    engine: &Application,
) -> Result<Selection, CommandError> {
    let run = match arguments.all_runs {
        true => None,
        false => Some(engine.find_run(&arguments.run).await?),
    };
    Ok(Selection {
        run,
        step: arguments.step,
        round: arguments.round,
    })
}

/// Says that a run has no such step, where nothing was found of it: nobody should take a misspelt name for an empty
/// answer.
pub(super) async fn require_step(
    engine: &Application,
    selection: &Selection,
) -> Result<(), CommandError> {
    let (Some(run), Some(step)) = (selection.run, &selection.step) else {
        return Ok(());
    };
    let view = engine.run(run).await?;
    if view.step(step.as_str()).is_some() {
        return Ok(());
    }
    let steps = view.all_steps().into_iter();
    let steps = steps.map(|known| known.path.to_string()).collect();
    Err(EngineError::from(RunError::NoSuchStep {
        given: step.to_string(),
        workflow: view.summary.workflow,
        steps,
    })
    .into())
}

/// Says what can't be read of what is shown; whether there is anything.
pub(super) fn tell_gaps(gaps: Option<String>, json: bool, screen: &Screen) -> bool {
    let Some(gaps) = gaps else {
        return false;
    };
    if json {
        show_gaps_json(gaps, screen);
        return true;
    }
    screen.warn(&gaps);
    screen.advise(&remedied(&Remedy::ListUnreadable));
    true
}

/// How a command ends that has shown what can be read of a run, and has said what can't.
pub(super) async fn as_far_as_read(
    engine: &Application,
    run: RunId,
    json: bool,
    screen: &Screen,
) -> Result<Exit, CommandError> {
    Ok(
        match tell_gaps(engine.run(run).await?.gaps(), json, screen) {
            true => Exit::Store,
            false => Exit::Success,
        },
    )
}
