//! What a run waits for or failed of, and what to do next.

use std::path::Path;

use stepwell_contract::{Problem, Question, Remedy, WaitingFor};
use stepwell_engine::{RunOutcome, RunStatus, RunView};

use crate::terminal::{
    Screen, plain, plain_line, plain_paragraph, quoted, remedied, tail, wrapped,
};
use crate::wiring::{Context, Wired};

/// Says what went wrong or is waited for, and what to do. `seen`: the person was just asked the questions that wait.
pub(super) fn next(
    context: &Context,
    wired: &Wired,
    view: &RunView,
    outcome: &RunOutcome,
    seen: bool,
) {
    let screen = &context.screen;
    let id = tail(outcome.run);
    let named =
        |option: &str, file: &Path| format!(" {option} {}", quoted(&file.display().to_string()));
    let cassette = match (&wired.asked.replay, &wired.asked.record) {
        (Some(file), _) => named("--replay", file),
        // Where another process holds the store, the answers are its own to name.
        (None, _) if view.summary.replayed && wired.store.is_some() => " --replay CASSETTE".into(),
        (None, Some(file)) => named("--record", file),
        (None, None) => String::new(),
    };
    let resume = format!("stepwell resume {id}{cassette}");
    tell_unasked(screen, view);
    if let Some(problem) = &outcome.problem {
        tell_problem(screen, problem);
    }
    match (outcome.status, &outcome.waiting_for) {
        (RunStatus::Success | RunStatus::Cancelled, _) => {}
        (RunStatus::Waiting, Some(WaitingFor::Answers)) => ask(screen, view, &resume, seen),
        (RunStatus::Waiting, why) => {
            let (told, mend) = waits(view, why.as_ref(), &resume);
            screen.say(&format!("{told}\n"));
            screen.advise(&mend);
        }
        (RunStatus::Started, _) => {
            screen.say("the run is under way\n");
            screen.advise(&format!(
                "`stepwell resume {id}` watches it, and takes answers"
            ));
        }
        (RunStatus::Interrupted, _) => {
            screen.say("the run was stopped; what was received is kept\n");
            screen.advise(&format!("`{resume}` goes on"));
        }
        (RunStatus::Failure, _) => failed(screen, outcome, &resume),
    }
}

/// Says what went wrong, and what helps.
fn tell_problem(screen: &Screen, problem: &Problem) {
    let step = problem.step.as_ref();
    let step = step.map(|step| format!("{step}: ")).unwrap_or_default();
    screen.fail(&format!(
        "{} {step}{}: {}\n",
        screen.style().bad("error:"),
        plain_line(&problem.code.to_string()),
        plain_paragraph(&problem.message)
    ));
    if let Some(remedy) = problem.advice() {
        screen.advise(&remedied(&remedy));
    }
}

/// What a run waits for that is no answer, and how it goes on.
fn waits(view: &RunView, why: Option<&WaitingFor>, resume: &str) -> (String, String) {
    let goes_on = format!("`{resume}` goes on");
    match why {
        Some(WaitingFor::Until) => {
            let told = match &view.until {
                Some(until) => format!("the run waits: it was to go on until {until}"),
                None => {
                    let open = view.questions.iter();
                    let asks = open.map(|asked| format!(", and {} asks", asked.path));
                    let asks: String = asks.collect();
                    format!("the run waits: the step is done, and others are left{asks}")
                }
            };
            let mend = format!(
                "look at its documents, correct them with `stepwell docs put`, then {goes_on}"
            );
            (told, mend)
        }
        Some(WaitingFor::Stale) => {
            let stale: Vec<_> = view.stale().map(|step| step.path.as_str()).collect();
            match stale.is_empty() {
                // Such as a gate that was open, or a step that was left out and that its condition would let in now.
                true => (
                    "the run waits: what follows is still to be done with what it has now".into(),
                    format!("{goes_on} with it"),
                ),
                false => (
                    format!(
                        "the run waits: {} no longer fits what it depends on",
                        stale.join(", ")
                    ),
                    format!("`{resume}` runs it again"),
                ),
            }
        }
        Some(WaitingFor::InDoubt) => (
            "the run waits: a call was sent, and whether it was answered is not known".into(),
            format!("`{resume} --resend` sends it again; it may be paid twice"),
        ),
        reason => {
            let reason = reason.map_or("for a person", WaitingFor::as_str);
            (format!("the run waits: {reason}"), goes_on)
        }
    }
}

/// Says what to do about a run that failed, beside what its problem says.
fn failed(screen: &Screen, outcome: &RunOutcome, resume: &str) {
    // To resume would hear the same no.
    if outcome.is_declined() {
        screen.say("the run ended as declined\n");
        return;
    }
    if is_instead_of_resuming(outcome) {
        return;
    }
    screen.hint(&format!(
        "`{resume}` tries again what failed, and keeps what was done"
    ));
    if outcome.problem.is_none() {
        screen.say(&format!("the run is {}\n", outcome.status.word()));
    }
}

/// Whether what helps is to carry out a step anew, or to give more rounds: to resume alone would meet the same again.
fn is_instead_of_resuming(outcome: &RunOutcome) -> bool {
    let remedy = outcome.problem.as_ref().and_then(Problem::advice);
    matches!(
        remedy,
        Some(Remedy::RunStep { .. } | Remedy::MoreRounds { .. })
    )
}

/// Says which answers nobody asked for: perhaps their keys are misspelt.
fn tell_unasked(screen: &Screen, view: &RunView) {
    if view.unasked.is_empty() {
        return;
    }
    let keys: Vec<String> = view
        .unasked
        .iter()
        .map(|key| format!("`{}`", plain(key)))
        .collect();
    let (keys, is_over) = (keys.join(", "), view.summary.status == RunStatus::Success);
    screen.say(&match is_over {
        true => format!(
            "{} no step asked for {keys}, which was answered beforehand\n",
            screen.style().warning("note:")
        ),
        false => format!(
            "{} {keys} is answered beforehand, and no step has asked for it so far\n",
            screen.style().warning("note:")
        ),
    });
}

/// Prints the questions that wait, and how to answer them. Who was just asked has seen the guidance.
fn ask(screen: &Screen, view: &RunView, resume: &str, seen: bool) {
    let columns = screen.columns();
    let mut arguments = String::new();
    for asked in &view.questions {
        let asks = screen.style().strong(&format!("{} asks:", asked.step));
        let title = plain_line(&asked.form.title);
        let told = wrapped(&format!("{asks} {title}"), columns, "", "  ");
        screen.say(&format!("\n{told}"));
        if !seen {
            let guidance = plain(asked.form.guidance.trim());
            screen.say(&wrapped(&guidance, columns, "  ", "  "));
        }
        if let Some(about) = &asked.form.about {
            let lines = about.lines().count();
            let told = format!(
                "It is about a text of {lines} lines: `stepwell status {} --about` prints it.",
                tail(view.summary.id)
            );
            screen.say(&wrapped(&told, columns, "  ", "  "));
        }
        let demands = asked.form.questions.iter().any(Question::is_required);
        for (question, answer) in asked.form.questions.iter().zip(&asked.answers) {
            if answer.is_some() {
                continue;
            }
            screen.say(&unanswered(question, screen));
            if demands && !question.is_required() {
                continue;
            }
            // Of several that ask at once each is named.
            let others = view.questions.iter().filter(|it| it.path == asked.path);
            let place = match others.count() {
                1 => asked.path.to_string(),
                _ => asked.step.clone(),
            };
            let given = format!("{place}/{}=TEXT", plain_line(&question.key));
            arguments += &format!(" --answer {}", quoted(&given));
        }
    }
    screen.say("\nthe run waits for answers\n");
    screen.advise(&format!("`{resume}{arguments}`"));
}

/// A question with its key, as it waits.
fn unanswered(question: &Question, screen: &Screen) -> String {
    let columns = screen.columns();
    let key = screen.style().strong(&plain_line(&question.key));
    let left_empty = match question.is_required() {
        true => "",
        false => " (may be left empty)",
    };
    let mut text = wrapped(
        &format!("{}{left_empty}", plain(&question.text)),
        columns,
        &format!("  {key}: "),
        "    ",
    );
    for choice in &question.choices {
        text += &wrapped(&plain(choice), columns, "    - ", "      ");
    }
    if let Some(suggested) = &question.suggested {
        text += &wrapped(&plain(suggested), columns, "    suggested: ", "      ");
    }
    text
}
