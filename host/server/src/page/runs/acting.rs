//! What a form does with a run: answer, resume, cancel, run a step again.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use stepwell_contract::StepPath;
use stepwell_engine::{GivenAnswer, RerunStep, ResumeRun};

use super::questions::OPTIONAL;
use super::{address, run_of};
use crate::App;
use crate::page::address::{Pairs, plain_lines};
use crate::page::problem::{Page, PageError, Shown};

type Sent = Form<Vec<(String, String)>>;

/// `POST /runs/{id}/answers`.
pub(super) async fn answer(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Sent,
) -> Page {
    let run = run_of(&app, &id).await?;
    let pairs = Pairs(form);
    let step = step_of(&app, &pairs)?;
    if pairs.get("decline").is_some() {
        let declined = app.runs.answer(run, Vec::new(), vec![step.clone()]);
        declined.await.shown(&app)?;
    } else if pairs.get("assume").is_some() {
        let request = ResumeRun {
            no_questions: true,
            ..ResumeRun::default()
        };
        app.runs.resume(run, request).await.shown(&app)?;
    } else {
        let optional: Vec<&str> = pairs.of(OPTIONAL).map(|(_, key)| key).collect();
        let given = pairs
            .of("answer.")
            .filter(|(key, text)| !text.is_empty() || optional.contains(key));
        let answers = given.map(|(key, text)| GivenAnswer {
            step: Some(step.clone()),
            key: key.to_owned(),
            text: plain_lines(text),
        });
        let answered = app.runs.answer(run, answers.collect(), Vec::new());
        answered.await.shown(&app)?;
    }
    Ok(Redirect::to(&address(run, step.as_str())).into_response())
}

/// `POST /runs/{id}/resume`.
pub(super) async fn resume(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Sent,
) -> Page {
    let run = run_of(&app, &id).await?;
    let pairs = Pairs(form);
    let request = ResumeRun {
        resend: pairs.get("resend").is_some(),
        ..ResumeRun::default()
    };
    app.runs.resume(run, request).await.shown(&app)?;
    let step = pairs.get("step").unwrap_or_default();
    Ok(Redirect::to(&address(run, step)).into_response())
}

/// `POST /runs/{id}/stop`: where it is; it can be resumed.
pub(super) async fn stop(State(app): State<App>, Path(id): Path<String>) -> Page {
    let run = run_of(&app, &id).await?;
    app.runs.stop(run).await.shown(&app)?;
    Ok(Redirect::to(&address(run, "")).into_response())
}

/// `POST /runs/{id}/cancel`.
pub(super) async fn cancel(State(app): State<App>, Path(id): Path<String>) -> Page {
    let run = run_of(&app, &id).await?;
    app.runs.cancel(run).await.shown(&app)?;
    Ok(Redirect::to(&address(run, "")).into_response())
}

/// `POST /runs/{id}/again`: runs one step again, with another version or model where one is chosen.
pub(super) async fn again(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Sent,
) -> Page {
    let run = run_of(&app, &id).await?;
    let pairs = Pairs(form);
    let step = step_of(&app, &pairs)?;
    let chosen = pairs.of("prompt.");
    let prompts: BTreeMap<String, u32> = chosen
        .filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .collect();
    let request = RerunStep {
        prompts,
        model: pairs.get("model").map(str::to_owned),
        ..RerunStep::default()
    };
    app.runs
        .rerun(run, step.clone(), request)
        .await
        .shown(&app)?;
    Ok(Redirect::to(&address(run, step.as_str())).into_response())
}

fn step_of(app: &App, pairs: &Pairs) -> Result<StepPath, PageError> {
    let step = pairs.get("step").and_then(|step| step.parse().ok());
    step.ok_or_else(|| {
        PageError::new(
            app,
            StatusCode::UNPROCESSABLE_ENTITY,
            "the form names no step",
            "go back to the run and choose one from its tree",
        )
    })
}
