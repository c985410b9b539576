//! What a form does with a run: answer, resume, cancel, run a step again.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use stepwell_contract::StepPath;
use stepwell_engine::{GivenAnswer, ReprocessStep, RerunStep, ResumeRun};

use super::address;
use super::questions::OPTIONAL;
use crate::app::OfRun;
use crate::page::address::{Pairs, plain_lines};
use crate::page::parts::{Done, to_done};
use crate::page::problem::{Page, no_form};
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
        answered.await?;
        Done::Answered
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

/// `POST /runs/{id}/again`: runs one step again, with another version or model where one is chosen.
pub(super) async fn again(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    app.runs.rerun(run, step.clone(), chosen(&pairs)).await?;
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
    app.engine.restore_file(run, path, false).await?;
    let there = address(run, step.as_str()).with("of", pairs.get("of"));
    Ok(to_done(there, Done::PutBack))
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
