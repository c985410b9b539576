//! What a run was given and what it changed, whole.

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{ExecutionView, FileFate, FileView, RunView, Selection, StepView};

use super::address;
use crate::app::OfRun;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::Section;
use crate::page::problem::{Page, no_page};
use crate::page::whole::Whole;
use crate::{App, ProblemDetails};

/// Where an input is shown whole.
pub(super) fn whole_input(run: RunId, name: &str) -> Address {
    Address::at(format!("/runs/{run}/input")).with("name", Some(name))
}

/// Where what a run changed in files, or one of its executions, is shown whole.
pub(super) fn whole_files(run: RunId, of: Option<(&StepView, &ExecutionView)>) -> Address {
    Address::at(format!("/runs/{run}/files"))
        .with("step", of.map(|(step, _)| &step.path))
        .with("of", of.map(|(_, execution)| &execution.name))
}

/// Where the text that the questions of an execution are about is shown whole.
pub(super) fn whole_about(run: RunId, execution: &str) -> Address {
    Address::at(format!("/runs/{run}/about")).with("of", Some(execution))
}

/// Where what an attempt wrote to its standard error is shown whole.
pub(super) fn whole_stderr(
    run: RunId,
    (step, execution): (&StepView, &ExecutionView),
    attempt: u32,
) -> Address {
    Address::at(format!("/runs/{run}/stderr"))
        .with("step", Some(&step.path))
        .with("of", Some(&execution.name))
        .with("attempt", Some(attempt))
}

/// `GET /runs/{id}/about`.
pub(super) async fn about(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let view = app.engine.run(run).await?;
    let of = pairs.get("of").unwrap_or_default();
    let asked = view.questions.iter().find(|asked| asked.step == of);
    let Some((asked, text)) = asked.and_then(|asked| Some((asked, asked.form.about.as_ref()?)))
    else {
        return Err(nothing("no question of the run is about such a text"));
    };
    let whole = Whole {
        section: Section::Runs,
        back: ("The run", address(run, asked.path.as_str()).to_string()),
        name: format!("What {of} asks about"),
        text,
        here: Some(whole_about(run, of)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// `GET /runs/{id}/stderr`.
pub(super) async fn stderr(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let view = app.engine.run(run).await?;
    let step = pairs.get("step").unwrap_or_default();
    let of = execution(&view, step, pairs.get("of"))?;
    let number: Option<u32> = pairs.number("attempt");
    let mut attempts = of.1.attempts.iter();
    let Some(attempt) = attempts.find(|attempt| Some(attempt.number) == number) else {
        return Err(nothing("the step has no such attempt"));
    };
    let whole = Whole {
        section: Section::Runs,
        back: (
            "The step",
            address(run, step).with("of", pairs.get("of")).to_string(),
        ),
        name: format!(
            "Standard error of {}, attempt {}",
            of.1.name, attempt.number
        ),
        text: &attempt.stderr,
        here: Some(whole_stderr(run, of, attempt.number)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// `GET /runs/{id}/input`.
pub(super) async fn input(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let view = app.engine.run(run).await?;
    let name = pairs.get("name").unwrap_or_default();
    let Some(text) = view.inputs.get(name) else {
        return Err(nothing("the run was given no such input"));
    };
    let whole = Whole {
        section: Section::Runs,
        back: ("The run", address(run, "").to_string()),
        name: format!("Input {name}"),
        text,
        here: Some(whole_input(run, name)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// `GET /runs/{id}/files`.
pub(super) async fn files(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let view = app.engine.run(run).await?;
    let of = match pairs.get("step") {
        None => None,
        Some(step) => Some(execution(&view, step, pairs.get("of"))?),
    };
    let diff = diff(&app, run, of, None, FileFate::Written).await?;
    let step = of.map_or("", |(step, _)| step.path.as_str());
    let whole = Whole {
        section: Section::Runs,
        back: ("The run", address(run, step).to_string()),
        name: match of {
            Some((_, execution)) => format!("What {} changed", execution.name),
            None => "What the run changed".to_owned(),
        },
        text: &diff,
        here: Some(whole_files(run, of)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// Files that together have at most so many bytes are compared whole, so that what is unchanged in them can be unfolded.
const WHOLE: u64 = 1024 * 1024;

/// How many lines stand around what changed in files: all, where they aren't large.
pub(super) fn context(files: &[FileView]) -> Option<u32> {
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    (bytes <= WHOLE).then_some(u32::MAX)
}

/// What a run changed in files, or one of its executions, as a unified diff with so many lines around a change.
pub(super) async fn diff(
    app: &App,
    run: RunId,
    of: Option<(&StepView, &ExecutionView)>,
    context: Option<u32>,
    fate: FileFate,
) -> Result<String, ProblemDetails> {
    let selection = Selection {
        run: Some(run),
        step: of.map(|(step, _)| step.path.clone()),
        round: None,
    };
    let Some((_, execution)) = of else {
        let changed = app.engine.file_diff(run, &selection, None, context, fate);
        return Ok(changed.await?);
    };
    let mut diff = String::new();
    let is_dropped = fate == FileFate::Dropped;
    let files = execution.files.iter();
    for file in files.filter(|file| file.dropped == is_dropped) {
        let path = Some(file.path.as_str());
        let changed = app.engine.file_diff(run, &selection, path, context, fate);
        diff.push_str(&changed.await?);
    }
    Ok(diff)
}

/// The files that aren't where they belong, each with why, as the last that wrote them left them: nobody should take what waits for a yes
/// for what is there.
pub(super) fn not_there(files: &[FileView], on_branch: bool) -> Markup {
    let last: BTreeMap<_, _> = files.iter().map(|file| (&file.path, file)).collect();
    let told: Vec<_> = last
        .into_iter()
        .filter_map(|(path, file)| Some((path, file.why_not_there(on_branch)?)))
        .collect();
    html! {
        @if !told.is_empty() {
            ul.plain { @for (path, why) in told { li { code { (path) } ": " strong { (why) } } } }
        }
    }
}

/// What stands above what a person said no to.
pub(super) const DROPPED: &str = "Dropped: a person said no to it";

/// As [`diff`], of what a person said no to; none where there is nothing.
pub(super) async fn dropped(
    app: &App,
    run: RunId,
    of: Option<(&StepView, &ExecutionView)>,
    files: &[FileView],
) -> Result<Option<String>, ProblemDetails> {
    if !files.iter().any(|file| file.dropped) {
        return Ok(None);
    }
    let dropped = diff(app, run, of, context(files), FileFate::Dropped);
    dropped.await.map(Some)
}

fn execution<'v>(
    view: &'v RunView,
    step: &str,
    of: Option<&str>,
) -> Result<(&'v StepView, &'v ExecutionView), ProblemDetails> {
    let step = view.step(step);
    let found = step.and_then(|step| {
        let mut executions = step.executions.iter();
        let execution = match of {
            Some(of) => executions.find(|execution| execution.name == of),
            None => executions.next(),
        };
        Some((step, execution?))
    });
    found.ok_or_else(|| nothing("the run has no such step, or nothing of it has begun"))
}

fn nothing(said: &str) -> ProblemDetails {
    let hint = "the run's page has all that there is of it";
    no_page(said, hint)
}
