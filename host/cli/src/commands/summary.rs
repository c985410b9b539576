//! What a run has come to: its state, what it left, and what to do next.

use std::path::Path;

use stepwell_contract::{RunId, StepPath, WaitingFor};
use stepwell_engine::{
    EngineError, QuestionView, RunError, RunOutcome, RunStatus, RunView, StepView,
};

use crate::application::Application;
use crate::errors::CommandError;
use crate::project::shown;
use crate::terminal::{
    Screen, Table, between, plain, remedied, run_word, size, spent, tail, with_rounds,
};
use crate::wiring::{Context, House};

/// Shows what a run has come to: the results on standard output, what to do next beside them.
pub(super) async fn show(
    context: &Context,
    house: &House,
    outcome: &RunOutcome,
    as_json: bool,
) -> Result<(), CommandError> {
    let view = house.engine.run(outcome.run).await?;
    if as_json {
        context.screen.print_json(&view)?;
    } else {
        context.screen.print(&results(&view, context))?;
    }
    next(context, house, &view, outcome, context.screen.can_ask());
    Ok(())
}

/// The last characters of a run's id: enough to name it.
pub(super) fn short(run: RunId) -> String {
    tail(&run.to_string())
}

fn results(view: &RunView, context: &Context) -> String {
    let style = context.screen.out_style();
    let run = &view.summary;
    let id = short(run.id);
    let took = run
        .ended_at
        .map(|end| format!(" in {}", between(run.created_at, end)))
        .unwrap_or_default();
    let mut text = format!(
        "run {id} of {}: {}{took}\n",
        run.workflow,
        style.run(run.status)
    );
    let (mut documents, mut files) = (Table::indented(2), Table::indented(2));
    for step in all_steps(&view.steps) {
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
            for file in &execution.files {
                let unpublished = if file.published {
                    ""
                } else {
                    "not in the workspace yet"
                };
                files.row([change_word(file.change), &plain(&file.path), unpublished]);
            }
        }
    }
    if !documents.is_empty() {
        text += &format!("documents\n{}", documents.text());
    }
    if !files.is_empty() {
        let workspace = shown(Path::new(&run.workspace), &context.start);
        text += &format!("files in {workspace}\n{}", files.text());
    }
    text + &format!("spent: {}\n", spent(&run.spent))
}

pub(super) fn change_word(change: stepwell_engine::FileChangeKind) -> &'static str {
    match change {
        stepwell_engine::FileChangeKind::Added => "added",
        stepwell_engine::FileChangeKind::Changed => "changed",
        stepwell_engine::FileChangeKind::Removed => "removed",
    }
}

/// Says that a run has no such step, where nothing was found of it: nobody should take a misspelt name for an empty
/// answer.
pub(super) async fn require_step(
    engine: &Application,
    run: Option<RunId>,
    step: Option<&StepPath>,
) -> Result<(), CommandError> {
    let (Some(run), Some(step)) = (run, step) else {
        return Ok(());
    };
    let view = engine.run(run).await?;
    let steps = all_steps(&view.steps);
    if steps.iter().any(|known| known.path == *step) {
        return Ok(());
    }
    Err(EngineError::from(RunError::NoSuchStep {
        given: step.to_string(),
        workflow: view.summary.workflow,
        steps: steps.iter().map(|known| known.path.to_string()).collect(),
    })
    .into())
}

/// All steps, each before its sub-steps.
pub(super) fn all_steps(steps: &[StepView]) -> Vec<&StepView> {
    steps
        .iter()
        .flat_map(|step| std::iter::once(step).chain(all_steps(&step.steps)))
        .collect()
}

/// Says what went wrong or is waited for, and what to do. `seen`: the person was just asked the questions that wait.
pub(super) fn next(
    context: &Context,
    house: &House,
    view: &RunView,
    outcome: &RunOutcome,
    seen: bool,
) {
    let screen = &context.screen;
    let style = screen.style();
    let id = short(outcome.run);
    let named =
        |option: &str, file: &Path| format!(" {option} {}", quoted(&file.display().to_string()));
    let cassette = match (&house.replay, &house.record) {
        (Some(file), _) => named("--replay", file),
        // Where another process holds the store, the answers are its own to name.
        (None, _) if view.summary.replayed && house.store.is_some() => " --replay CASSETTE".into(),
        (None, Some(file)) => named("--record", file),
        (None, None) => String::new(),
    };
    let resume = format!("stepwell resume {id}{cassette}");
    if let Some(problem) = &outcome.problem {
        let step = problem
            .step
            .as_ref()
            .map(|step| format!("{step}: "))
            .unwrap_or_default();
        screen.say(&format!(
            "{} {step}{}: {}\n",
            style.bad("error:"),
            problem.code,
            plain(&problem.message)
        ));
        if let Some(remedy) = problem.advice() {
            let hint = plain(&remedied(&remedy));
            screen.say(&format!("{} {hint}\n", style.hint("hint:")));
        }
    }
    match (outcome.status, &outcome.waiting_for) {
        (RunStatus::Waiting, Some(WaitingFor::Answers)) => {
            ask(screen, &view.questions, &resume, seen);
        }
        (RunStatus::Waiting, Some(WaitingFor::Until)) => {
            let until = view
                .until
                .as_ref()
                .map(|step| format!(" {step}"))
                .unwrap_or_default();
            screen.say(&format!("the run waits: it was to go on until{until}\n"));
            screen.say(&format!("{} look at its documents, correct them with `stepwell docs put`, then `{resume}` goes on\n", style.hint("hint:")));
        }
        (RunStatus::Waiting, Some(WaitingFor::Stale)) => {
            let stale = all_steps(&view.steps)
                .into_iter()
                .filter(|step| step.status == stepwell_engine::StepStatus::Stale);
            let stale: Vec<_> = stale.map(|step| step.path.to_string()).collect();
            screen.say(&format!(
                "the run waits: {} no longer fits what it depends on\n",
                stale.join(", ")
            ));
            screen.say(&format!(
                "{} `{resume}` runs it again\n",
                style.hint("hint:")
            ));
        }
        (RunStatus::Waiting, Some(WaitingFor::InDoubt)) => {
            screen
                .say("the run waits: a call was sent, and whether it was answered is not known\n");
            screen.say(&format!(
                "{} `{resume} --resend` sends it again; it may be paid twice\n",
                style.hint("hint:")
            ));
        }
        (RunStatus::Waiting, reason) => {
            screen.say(&format!(
                "the run waits: {}\n",
                reason.as_ref().map_or("for a person", WaitingFor::as_str)
            ));
            screen.say(&format!("{} `{resume}` goes on\n", style.hint("hint:")));
        }
        (RunStatus::Started, _) => {
            screen.say("the run is under way\n");
            screen.say(&format!(
                "{} `stepwell resume {id}` watches it, and takes answers\n",
                style.hint("hint:")
            ));
        }
        (RunStatus::Interrupted, _) => {
            screen.say("the run was stopped; what was received is kept\n");
            screen.say(&format!("{} `{resume}` goes on\n", style.hint("hint:")));
        }
        (RunStatus::Failure, _) => {
            screen.hint(&format!(
                "`{resume}` tries again what failed, and keeps what was done"
            ));
        }
        (RunStatus::Success | RunStatus::Cancelled, _) => {}
    }
    if outcome.status == RunStatus::Failure && outcome.problem.is_none() {
        screen.say(&format!("the run is {}\n", run_word(outcome.status)));
    }
}

/// Prints the questions that wait, and how to answer them. Who was just asked has seen the guidance.
fn ask(screen: &Screen, questions: &[QuestionView], resume: &str, seen: bool) {
    let style = screen.style();
    let mut arguments = String::new();
    for question in questions {
        screen.say(&format!(
            "\n{} {}\n",
            style.strong(&format!("{} asks:", question.step)),
            plain(&question.form.title)
        ));
        let guidance = if seen {
            ""
        } else {
            question.form.guidance.trim()
        };
        for line in plain(guidance).lines() {
            screen.say(&format!("  {line}\n"));
        }
        for (asked, answer) in question.form.questions.iter().zip(&question.answers) {
            if answer.is_some() {
                continue;
            }
            let mut text = format!(
                "  {}: {}\n",
                style.strong(&plain(&asked.key)),
                plain(&asked.text).replace('\n', "\n    ")
            );
            for choice in &asked.choices {
                text += &format!("    - {}\n", plain(choice));
            }
            if let Some(suggested) = &asked.suggested {
                text += &format!("    suggested: {}\n", plain(suggested));
            }
            screen.say(&text);
            let given = format!("{}/{}=TEXT", question.path, plain(&asked.key));
            arguments += &format!(" --answer {}", quoted(&given));
        }
    }
    screen.say(&format!(
        "\nthe run waits for answers\n{} `{resume}{arguments}`\n",
        style.hint("hint:")
    ));
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "/_-=.,:@%+".contains(character);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_one_word() {
        assert_eq!(quoted("a/b/key=TEXT"), "a/b/key=TEXT");
        assert_eq!(quoted("a/who is it?=TEXT"), "'a/who is it?=TEXT'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
