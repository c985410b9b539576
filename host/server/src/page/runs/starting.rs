//! A run is started by a form that is made from its definition's inputs.

use axum::extract::{Form, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{RunEstimate, StepPath};
use stepwell_engine::{DefinitionView, ErrorCode, InputView, StartRun};

use super::estimate::estimated;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, plain_lines};
use crate::page::definitions::{definitions, source};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{Done, to_done};
use crate::page::problem::{Page, alert, is_mendable, no_form};
use crate::{App, ProblemDetails};

/// `GET /runs/new`.
pub(super) async fn form(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let known = definitions(&app).await;
    Ok(page(&app, &known, &pairs, &Told::default()).into_response())
}

/// What the form says besides, when it comes back.
#[derive(Default)]
struct Told<'t> {
    /// Whether what stands in the form was sent once.
    was_typed: bool,
    problem: Option<&'t ProblemDetails>,
    /// What the run would take.
    estimate: Option<RunEstimate>,
}

impl Told<'_> {
    /// Whether the run needs a yes.
    fn wants_a_yes(&self) -> bool {
        self.problem
            .is_some_and(|problem| problem.code == ErrorCode::NotConfirmed)
    }
}

/// `POST /runs`. Where the run can't be started, or only what it would take is asked for, the form comes back with what was given.
pub(super) async fn start(State(app): State<App>, Form(pairs): Form<Pairs>) -> Page {
    let known = definitions(&app).await;
    let chosen = chosen(&known, &pairs).ok_or_else(|| {
        no_form(
            "the form names no definition of this project",
            "go back and choose one",
        )
    })?;
    let mut request = StartRun::new(source(&app, &chosen.file).await?);
    request.inputs = chosen
        .inputs
        .iter()
        .filter_map(|input| {
            let given = pairs.get(&format!("input.{}", input.name))?;
            Some((input.name.clone(), plain_lines(given)))
        })
        .collect();
    request.model = pairs.get("model").map(str::to_owned);
    request.label = pairs.get("label").map(str::to_owned);
    request.no_questions = pairs.get("no_questions").is_some();
    request.publish = pairs.get("publish").and_then(|word| word.parse().ok());
    request.until = pairs
        .get("until")
        .and_then(|until| until.parse::<StepPath>().ok());
    request.confirmed = pairs.get("confirmed").is_some();
    if pairs.get("estimate").is_some() {
        return match app.engine.estimate(request).await {
            Ok(estimate) => {
                let told = Told {
                    was_typed: true,
                    problem: None,
                    estimate: Some(estimate),
                };
                Ok(page(&app, &known, &pairs, &told).into_response())
            }
            Err(error) => sent_back(&app, &known, &pairs, error.into(), None),
        };
    }
    match app.runs.start(request.clone()).await {
        Ok(run) => Ok(to_done(super::address(run, ""), Done::Started)),
        Err(problem) if problem.code == ErrorCode::NotConfirmed => {
            // A person says yes to what they see.
            let estimate = app.engine.estimate(request).await?;
            sent_back(&app, &known, &pairs, problem, Some(estimate))
        }
        Err(problem) => sent_back(&app, &known, &pairs, problem, None),
    }
}

/// The form with what is wrong, where it can be sent again.
fn sent_back(
    app: &App,
    known: &[DefinitionView],
    pairs: &Pairs,
    problem: ProblemDetails,
    estimate: Option<RunEstimate>,
) -> Page {
    if !is_mendable(&problem) {
        return Err(problem);
    }
    let told = Told {
        was_typed: true,
        problem: Some(&problem),
        estimate,
    };
    let page = page(app, known, pairs, &told);
    Ok((problem.status_code(), page).into_response())
}

/// The definition that is meant: the only one needs no choice.
fn chosen<'d>(known: &'d [DefinitionView], pairs: &Pairs) -> Option<&'d DefinitionView> {
    match (pairs.get("definition"), known) {
        (Some(file), _) => known.iter().find(|definition| definition.file == file),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

fn page(app: &App, known: &[DefinitionView], pairs: &Pairs, told: &Told<'_>) -> Markup {
    let content = html! {
        (head(Some(("Runs", "/runs")), &html! { "Start a run" }, &html! {}))
        @if let Some(problem) = told.problem { (alert(problem)) }
        @match chosen(known, pairs) {
            Some(definition) => (inputs(app, known, definition, pairs, told)),
            None => (choice(known)),
        }
    };
    frame(&app.about, Section::Runs, "Start a run", &content)
}

fn choice(known: &[DefinitionView]) -> Markup {
    html! {
        @if known.is_empty() {
            div.empty {
                p { "This project has no definition yet." }
                p { "A definition is a TOML file that names a workflow and its steps; put one into the project's folder." }
            }
        } @else {
            ul.choice {
                @for definition in known {
                    li {
                        a.card href=(Address::at("/runs/new").with("definition", Some(&definition.file))) data-row {
                            strong { (definition.workflow) }
                            @if !definition.description.is_empty() { span { (definition.description) } }
                            span.quiet.small.mono { (definition.file) }
                        }
                    }
                }
            }
        }
    }
}

fn inputs(
    app: &App,
    known: &[DefinitionView],
    definition: &DefinitionView,
    pairs: &Pairs,
    told: &Told<'_>,
) -> Markup {
    let here = Address::at("/runs/new").with("definition", Some(&definition.file));
    html! {
        form.stack.narrow method="post" action="/runs" data-draft=(format!("start/{}", definition.file))
            data-newer=[told.was_typed.then_some("typed")] data-at=(here) {
            input type="hidden" name="definition" value=(definition.file);
            div {
                h2 { (definition.workflow) }
                @if !definition.description.is_empty() { p { (definition.description) } }
                p.quiet.small {
                    code { (definition.file) }
                    @if known.len() > 1 { " · " a href="/runs/new" { "another one" } }
                }
            }
            @for input in &definition.inputs { (field(input, pairs)) }
            (more(app, definition, pairs))
            @if let Some(estimate) = &told.estimate { (estimated(estimate)) }
            div.actions {
                @if told.wants_a_yes() {
                    button.first name="confirmed" value="yes" { "Start all the same" }
                } @else {
                    button.first { "Start" }
                }
                button name="estimate" value="yes" { "What will it take?" }
            }
        }
    }
}

/// An input of the workflow, with what was given for it.
fn field(input: &InputView, pairs: &Pairs) -> Markup {
    let id = format!("input-{}", input.name);
    let name = format!("input.{}", input.name);
    let given = pairs.get(&name).or(input.default.as_deref());
    let hint = (!input.description.is_empty()).then(|| format!("{id}-hint"));
    html! {
        div.field {
            label for=(id) {
                (input.name)
                @if input.default.is_some() { span.quiet { " (may be left empty)" } }
            }
            @if let Some(hint) = &hint { span.hint id=(hint) { (input.description) } }
            textarea id=(id) name=(name) rows="5" required[input.default.is_none()]
                aria-describedby=[&hint] { "\n" (given.unwrap_or_default()) }
        }
    }
}

/// What may be said besides of a run.
fn more(app: &App, definition: &DefinitionView, pairs: &Pairs) -> Markup {
    let models = app.engine.models();
    html! {
        details.more {
            summary { "More" }
            div.stack {
                div.field {
                    label for="label" { "Call it" }
                    input #label name="label" value=(pairs.get("label").unwrap_or_default()) maxlength="120" autocomplete="off" aria-describedby="label-hint";
                    span.hint #label-hint { "To find it again among others; without it, the beginning of what it was given." }
                }
                div.field {
                    label for="model" { "Model" }
                    select #model name="model" {
                        option value="" { "as the definition says" }
                        @for model in &models {
                            option value=(model.name) selected[pairs.get("model") == Some(model.name.as_str())] {
                                (model.name) " (" (model.model) ")"
                            }
                        }
                    }
                }
                div.field {
                    label for="until" { "Stop after" }
                    select #until name="until" {
                        option value="" { "the last step" }
                        @for step in &definition.steps {
                            option value=(step.path) selected[pairs.get("until") == Some(step.path.as_str())] { (step.path) }
                        }
                    }
                }
                div.field {
                    label for="publish" { "Put what it writes" }
                    select #publish name="publish" {
                        option value="" { "where the definition says" }
                        option value="files" selected[pairs.get("publish") == Some("files")] { "into the workspace" }
                        option value="branch" selected[pairs.get("publish") == Some("branch")] { "onto a git branch" }
                    }
                }
                label.check {
                    input type="checkbox" name="no_questions" value="yes" checked[pairs.get("no_questions").is_some()];
                    "Ask nothing: steps write down what they assumed instead"
                }
            }
        }
    }
}
