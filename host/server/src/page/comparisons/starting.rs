//! A comparison is started by a form: which step, which versions and models, which cases, how often.

use axum::extract::{Form, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{Budget, Name};
use stepwell_definition::{Check, Judge, Rule, Target, money};
use stepwell_engine::{
    CompareIn, DEFAULT_ROUNDS, ExecutionView, StartComparison, StartImprovement,
};

use super::compared::{Compared, Source, compared, plugin};
use super::form::filled;
use super::given::cases;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, plain_lines};
use crate::page::definitions::{definitions, folder, source};
use crate::page::frame::{Section, frame, head};
use crate::page::improvements;
use crate::page::parts::{self, Done};
use crate::page::problem::{Page, is_mendable, no_form};
use crate::{App, ProblemDetails};

/// Runs that are offered as the place where a step comes from.
const RUNS: usize = 12;

/// `GET /comparisons/new`.
pub(super) async fn form(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let content = match compared(&app, &pairs).await? {
        Some(compared) => filled(&app, &compared, &pairs, None),
        None => choice(&app, &pairs).await?,
    };
    Ok(page(&app, &content).into_response())
}

/// `POST /comparisons`. Where it can't be started, the form comes back with what was given.
pub(super) async fn start(State(app): State<App>, Form(pairs): Form<Pairs>) -> Page {
    let compared = named(&app, &pairs).await?;
    let refused = |problem: &ProblemDetails| {
        let page = page(&app, &filled(&app, &compared, &pairs, Some(problem)));
        (problem.status_code(), page).into_response()
    };
    let cases = match cases(&pairs, app.engine.texts()).await {
        Ok(cases) => cases,
        Err(problem) => return Ok(refused(&problem)),
    };
    let budget = match caps(&pairs) {
        Ok(budget) => budget,
        Err(problem) => return Ok(refused(&problem)),
    };
    let request = StartComparison {
        prompt: pairs.get("prompt").map(str::to_owned),
        versions: picked(&pairs),
        models: pairs.all("model").map(str::to_owned).collect(),
        cases,
        checks: judged(&pairs),
        repeats: pairs.number("repeats").unwrap_or(1),
        baseline: pairs.number("baseline"),
        budget,
        batch: pairs.get("batch").is_some(),
        promote: pairs.get("promote").is_some(),
        by: app.person(String::new()),
        confirmed: pairs.get("confirmed").is_some(),
        ..StartComparison::new(compared.step.clone(), within(&app, &compared).await?)
    };
    match app.runs.start_comparison(request).await {
        Ok(id) => Ok(parts::to_done(super::address(id), Done::Started)),
        Err(problem) if is_mendable(&problem) => Ok(refused(&problem)),
        Err(problem) => Err(problem),
    }
}

/// The step that a form names.
async fn named(app: &App, pairs: &Pairs) -> Result<Compared, ProblemDetails> {
    compared(app, pairs)
        .await?
        .ok_or_else(|| no_form("the form names no step", "go back and choose one"))
}

/// What the whole may cost.
fn caps(pairs: &Pairs) -> Result<Budget, ProblemDetails> {
    let money = pairs.get("money").map(money).transpose();
    let money = money.map_err(|reason| ProblemDetails {
        hint: Some("write a number such as `2.50`".to_owned()),
        ..ProblemDetails::bad_request(format!("the most money that it may cost: {reason}"))
    })?;
    Ok(Budget {
        tokens: pairs.number("tokens"),
        money,
    })
}

/// `POST /comparisons/improve`: the same form lets a model propose versions instead. It begins from the current one, with the models
/// that the step has, whatever was picked to compare.
pub(super) async fn improve(State(app): State<App>, Form(pairs): Form<Pairs>) -> Page {
    let compared = named(&app, &pairs).await?;
    let refused = |problem: &ProblemDetails| {
        let page = page(&app, &filled(&app, &compared, &pairs, Some(problem)));
        (problem.status_code(), page).into_response()
    };
    let request = match improvement_of(&app, &compared, &pairs).await {
        Ok(request) => request,
        Err(problem) if is_mendable(&problem) => return Ok(refused(&problem)),
        Err(problem) => return Err(problem),
    };
    match app.runs.start_improvement(request).await {
        Ok(id) => Ok(parts::to_done(improvements::address(id), Done::Started)),
        Err(problem) if is_mendable(&problem) => Ok(refused(&problem)),
        Err(problem) => Err(problem),
    }
}

async fn improvement_of(
    app: &App,
    compared: &Compared,
    pairs: &Pairs,
) -> Result<StartImprovement, ProblemDetails> {
    let prompt = pairs.get("prompt").unwrap_or_default();
    let prompt = Name::new(prompt).map_err(|_| {
        ProblemDetails::bad_request(format!("`{}` uses no prompt to improve", compared.step))
    })?;
    Ok(StartImprovement {
        checks: judged(pairs),
        repeats: pairs.number("repeats").unwrap_or(1),
        rounds: pairs.number("rounds").unwrap_or(DEFAULT_ROUNDS),
        model: pairs.get("proposer").map(str::to_owned),
        budget: caps(pairs)?,
        by: app.person(String::new()),
        ..StartImprovement::new(
            prompt,
            compared.step.clone(),
            within(app, compared).await?,
            cases(pairs, app.engine.texts()).await?,
        )
    })
}

async fn within(app: &App, compared: &Compared) -> Result<CompareIn, ProblemDetails> {
    Ok(match &compared.source {
        Source::Run(run) => CompareIn::Run {
            run: run.summary.id,
        },
        Source::Definition(definition) => CompareIn::Definition {
            definition: source(app, &definition.file).await?,
        },
    })
}

fn page(app: &App, content: &Markup) -> Markup {
    let whole = html! {
        (head(Some(("Comparisons", "/comparisons")), &html! { "Compare versions" }, &html! {}))
        (content)
    };
    frame(&app.about, Section::Comparisons, "Compare versions", &whole)
}

/// The versions that were picked, each once: the baseline, and those that are held against it.
fn picked(pairs: &Pairs) -> Vec<u32> {
    let mut versions: Vec<u32> = pairs.number("baseline").into_iter().collect();
    for version in pairs.numbers("version") {
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions
}

/// The judge of a form, who looks at every outcome.
fn judged(pairs: &Pairs) -> Vec<Check> {
    let judge = pairs.get("judge").map(|uses| Check {
        target: Target::default(),
        not: false,
        rule: Rule::Judge(Judge {
            uses: uses.to_owned(),
            criteria: plain_lines(pairs.get("criteria").unwrap_or_default()),
            at_least: None,
            model: None,
        }),
    });
    judge.into_iter().collect()
}

/// The steps that can be compared: those of the newest runs, and those of the definitions.
async fn choice(app: &App, pairs: &Pairs) -> Result<Markup, ProblemDetails> {
    let wanted = pairs.get("prompt");
    let names = ["prompt", "baseline", "version"].into_iter();
    let carried = names.flat_map(|name| pairs.all(name).map(move |value| (name, value)));
    let carried: Vec<(&str, &str)> = carried.collect();
    let link = |(kind, source): (&str, &str), step: &str| {
        let link = Address::at("/comparisons/new").with(kind, Some(source));
        let values = carried.iter();
        values.fold(link.with("step", Some(step)), |link, (name, value)| {
            link.with(name, Some(value))
        })
    };
    let wanted_runs = parts::wanted_runs(pairs, None, RUNS)?;
    let searched = wanted_runs.leaves_out();
    let of_workflow = |workflow: &str| {
        let there = Address::at("/comparisons/new").with("workflow", Some(workflow));
        let values = carried.iter();
        values.fold(there, |there, (name, value)| there.with(name, Some(value)))
    };
    let mut of_runs = Vec::new();
    for run in app.engine.runs(&wanted_runs).await? {
        let Ok(view) = app.engine.run(run.id).await else {
            continue;
        };
        let id = run.id.to_string();
        let steps = view.all_steps().into_iter();
        let fitting = steps.filter(|step| step.executions.iter().any(ExecutionView::has_begun));
        let fitting = fitting.filter(|step| {
            let uses = |name: &str| step.prompts.iter().any(|used| used.name == name);
            wanted.map_or(!step.prompts.is_empty(), uses)
        });
        let links: Vec<_> = fitting
            .map(|step| {
                (
                    step.path.to_string(),
                    link(("run", &id), step.path.as_str()),
                )
            })
            .collect();
        if !links.is_empty() {
            of_runs.push((run, links));
        }
    }
    let mut known = Vec::new();
    for definition in definitions(app).await {
        let mut links = Vec::new();
        let folder = folder(app, &definition.file);
        for step in definition.steps.iter().filter(|step| step.uses.is_some()) {
            if let Some(name) = wanted {
                let plugin = plugin(app, step.uses.as_deref(), &folder).await;
                let mut declared = plugin.iter().flat_map(|plugin| &plugin.description.prompts);
                if !declared.any(|prompt| prompt.name == name) {
                    continue;
                }
            }
            let address = link(("definition", &definition.file), step.path.as_str());
            links.push((step.path.to_string(), address));
        }
        if !links.is_empty() {
            known.push((definition, links));
        }
    }
    Ok(html! {
        form.row.find method="get" action="/comparisons/new" {
            @for (name, value) in &carried { input type="hidden" name=(name) value=(value); }
            (parts::finding(&wanted_runs, "Words of a run's input, label or workflow"))
        }
        @if searched && of_runs.is_empty() { p.quiet { "No run with a step that could be compared fits that." } }
        @if of_runs.is_empty() && known.is_empty() && !searched {
            div.empty { p { "There is no run and no definition whose steps could be compared." } a.button.first href="/runs/new" { "Start a run" } }
        }
        @if !of_runs.is_empty() {
            section.stack aria-labelledby="runs-title" {
                h2 #runs-title { "On what a run gave" @if let Some(name) = wanted { span.quiet { " · with the prompt " (name) } } }
                p.quiet { "The step gets what it got in that run: its inputs, its documents, its view of the files." }
                ul.choice {
                    @for (run, links) in &of_runs {
                        li.card.stack.tight {
                            div.row.apart { strong { (parts::run_name(run)) } span.small.quiet { a href=(of_workflow(&run.workflow)) { (run.workflow) } " " (parts::age(run.created_at)) } }
                            div.row { @for (step, address) in links { a.button href=(address) data-row { (step) } } }
                        }
                    }
                }
            }
        }
        @if !known.is_empty() {
            section.stack aria-labelledby="definitions-title" {
                h2 #definitions-title { "On cases of your own" }
                ul.choice {
                    @for (definition, links) in &known {
                        li.card.stack.tight {
                            div { strong { (definition.workflow) } " " code.small.quiet { (definition.file) } }
                            div.row { @for (step, address) in links { a.button href=(address) data-row { (step) } } }
                        }
                    }
                }
            }
        }
    })
}
