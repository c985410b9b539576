//! What a form does with a run: answer, resume, cancel, run a step again.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use axum::response::IntoResponse as _;
use stepwell_contract::{RunId, StepPath};
use stepwell_engine::{ErrorCode, GivenAnswer, RemoveRuns, ReprocessStep, RerunStep, ResumeRun};

use super::questions::{OPTIONAL, Refused};
use super::show::refused_at;
use super::{address, again};
use crate::app::OfRun;
use crate::page::address::{Address, Pairs, plain_lines};
use crate::page::frame::Section;
use crate::page::parts::{Done, to_done};
use crate::page::problem::{Page, no_form};
use crate::page::removing::{Going, may_not_go};
use crate::{App, ProblemDetails};

/// `POST /runs/{id}/answers`.
pub(super) async fn answer(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    let done = if pairs.get("decline").is_some() {
        let declined = app.runs.answer(run, Vec::new(), vec![step.clone()]);
        declined.await?;
        Done::Declined
    } else if pairs.get("assume").is_some() {
        let request = ResumeRun {
            no_questions: true,
            ..ResumeRun::default()
        };
        app.runs.resume(run, request).await?;
        Done::GoesOn
    } else {
        let form = pairs.get("form").and_then(|form| form.parse().ok());
        let optional: Vec<&str> = pairs.of(OPTIONAL).map(|(_, key)| key).collect();
        let given = pairs
            .of("answer.")
            .filter(|(key, text)| !text.is_empty() || optional.contains(key));
        let answers = given.map(|(key, text)| GivenAnswer {
            step: Some(step.clone()),
            items: Vec::new(),
            form,
            key: key.to_owned(),
            text: plain_lines(text),
            by: app.person(String::new()),
        });
        let answered = app.runs.answer(run, answers.collect(), Vec::new());
        match answered.await {
            Ok(()) => Done::Answered,
            // What it asks about was changed meanwhile: that is shown, and what was typed isn't lost.
            Err(problem) if problem.code == ErrorCode::Outdated => {
                let refused = Refused {
                    typed: &pairs,
                    problem: &problem,
                };
                return refused_at(&app, run, step.as_str(), &refused).await;
            }
            Err(problem) => return Err(problem),
        }
    };
    Ok(to_done(address(run, step.as_str()), done))
}

/// `POST /runs/{id}/resume`.
pub(super) async fn resume(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let request = ResumeRun {
        resend: pairs.get("resend").is_some(),
        rounds: pairs.get("rounds").and_then(|number| number.parse().ok()),
        ..ResumeRun::default()
    };
    app.runs.resume(run, request).await?;
    let step = pairs.get("step").unwrap_or_default();
    Ok(to_done(address(run, step), Done::GoesOn))
}

/// `POST /runs/{id}/stop`: where it is; it can be resumed.
pub(super) async fn stop(State(app): State<App>, OfRun(run): OfRun) -> Page {
    app.runs.stop(run).await?;
    Ok(to_done(address(run, ""), Done::Stopped))
}

/// `POST /runs/{id}/cancel`.
pub(super) async fn cancel(State(app): State<App>, OfRun(run): OfRun) -> Page {
    app.runs.cancel(run).await?;
    Ok(to_done(address(run, ""), Done::Cancelled))
}

fn removal(run: RunId, only_say: bool) -> RemoveRuns {
    RemoveRuns {
        runs: vec![run],
        only_say,
        ..RemoveRuns::default()
    }
}

/// `GET /runs/{id}/remove`: what would go.
pub(super) async fn ask_to_remove(State(app): State<App>, OfRun(run): OfRun) -> Page {
    let told = match app.engine.remove_runs(removal(run, true)).await {
        Ok(told) => told,
        Err(error) => {
            let there = address(run, "").to_string();
            return may_not_go(&app, Section::Runs, "this run", &there, error.into());
        }
    };
    let workflow = told.runs.first().map(|gone| gone.workflow.as_str());
    let going = Going {
        section: Section::Runs,
        what: "this run",
        back: (workflow.unwrap_or("Run"), address(run, "").to_string()),
        with: "Its documents, its calls with all that was sent and answered, and what it kept of files go along with it."
            .to_owned(),
        stays: "The files that it wrote stay where they are, and what its calls cost still counts.",
        bytes: told.bytes,
        action: address(run, "").part("remove").to_string(),
    };
    Ok(going.page(&app))
}

/// `POST /runs/{id}/remove`.
pub(super) async fn remove(State(app): State<App>, OfRun(run): OfRun) -> Page {
    app.runs.remove_runs(removal(run, false)).await?;
    Ok(to_done(Address::at("/runs"), Done::Removed))
}

/// `POST /runs/{id}/again`: runs one step again, with another version or model where one is chosen.
pub(super) async fn again(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    match app.runs.rerun(run, step.clone(), chosen(&pairs)).await {
        Ok(()) => {}
        Err(problem) if problem.code == ErrorCode::NotConfirmed => {
            return Ok(again::asked(&app, run, &pairs, &problem).into_response());
        }
        Err(problem) => return Err(problem),
    }
    let of = pairs.get("of");
    let there = address(run, step.as_str()).with("of", of);
    Ok(to_done(there, Done::RunsAgain))
}

/// `POST /runs/{id}/files/restore`: puts back what somebody else had in a file.
pub(super) async fn restore(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    let path = pairs.get("path").unwrap_or_default();
    match pairs.get("text") {
        Some(text) => app.engine.restore_text(run, path, text, false).await?,
        None => app.engine.restore_file(run, path, false).await?,
    };
    let there = address(run, step.as_str()).with("of", pairs.get("of"));
    Ok(to_done(there, Done::PutBack))
}

/// `POST /runs/{id}/branch`: makes its branch again, where somebody deleted it.
pub(super) async fn branch(State(app): State<App>, OfRun(run): OfRun) -> Page {
    app.engine.remake_branch(run).await?;
    Ok(to_done(address(run, ""), Done::BranchIsThere))
}

/// What a step is to be run again with.
pub(super) fn chosen(pairs: &Pairs) -> RerunStep {
    let prompts = pairs.of("prompt.");
    let prompts: BTreeMap<String, u32> = prompts
        .filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .collect();
    RerunStep {
        items: pairs.numbers("item"),
        prompts,
        model: pairs.get("model").map(str::to_owned),
        confirmed: pairs.get("confirmed").is_some(),
        ..RerunStep::default()
    }
}

/// `POST /runs/{id}/reprocess`: carries one step out again from the answers that it got.
pub(super) async fn reprocess(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    let request = ReprocessStep::default();
    app.runs.reprocess(run, step.clone(), request).await?;
    Ok(to_done(address(run, step.as_str()), Done::RunsAgain))
}

/// The step that a form names.
pub(super) fn step_of(pairs: &Pairs) -> Result<StepPath, ProblemDetails> {
    let step = pairs.get("step").and_then(|step| step.parse().ok());
    step.ok_or_else(|| {
        no_form(
            "the form names no step",
            "go back to the run and choose one from its tree",
        )
    })
}
