//! A comparison is started by a form: which step, which versions and models, which cases, how often.

use axum::extract::{Form, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{Budget, Name};
use stepwell_definition::{Check, Judge, Rule, Target, money};
use stepwell_engine::{CompareIn, DEFAULT_ROUNDS, StartComparison, StartImprovement};

use super::choosing::choice;
use super::compared::{Compared, Source, compared};
use super::form::filled;
use super::given::cases;
use crate::asked::Query;
use crate::page::address::{Pairs, plain_lines};
use crate::page::definitions::source;
use crate::page::frame::{Section, frame, head};
use crate::page::improvements;
use crate::page::parts::{self, Done};
use crate::page::problem::{Page, is_mendable, no_form};
use crate::{App, ProblemDetails};

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
    let started = match comparison_of(&app, &compared, &pairs).await {
        Ok(request) => app.runs.start_comparison(request).await,
        Err(problem) => Err(problem),
    };
    match started {
        Ok(id) => Ok(parts::to_done(super::address(id), Done::Started)),
        Err(problem) => sent_back(&app, &compared, &pairs, problem),
    }
}

/// `POST /comparisons/improve`: the same form lets a model propose versions instead. It begins from the current one, with the models
/// that the step has, whatever was picked to compare.
pub(super) async fn improve(State(app): State<App>, Form(pairs): Form<Pairs>) -> Page {
    let compared = named(&app, &pairs).await?;
    let started = match improvement_of(&app, &compared, &pairs).await {
        Ok(request) => app.runs.start_improvement(request).await,
        Err(problem) => Err(problem),
    };
    match started {
        Ok(id) => Ok(parts::to_done(improvements::address(id), Done::Started)),
        Err(problem) => sent_back(&app, &compared, &pairs, problem),
    }
}

/// The form with what is wrong, where it can be sent again.
fn sent_back(app: &App, compared: &Compared, pairs: &Pairs, problem: ProblemDetails) -> Page {
    if !is_mendable(&problem) {
        return Err(problem);
    }
    let page = page(app, &filled(app, compared, pairs, Some(&problem)));
    Ok((problem.status_code(), page).into_response())
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
        hint: Some("write a number such as `2.50`".into()),
        ..ProblemDetails::bad_request(format!("the most money that it may cost: {reason}"))
    })?;
    Ok(Budget {
        tokens: pairs.number("tokens"),
        money,
    })
}

async fn comparison_of(
    app: &App,
    compared: &Compared,
    pairs: &Pairs,
) -> Result<StartComparison, ProblemDetails> {
    Ok(StartComparison {
        prompt: pairs.get("prompt").map(str::to_owned),
        versions: picked(pairs),
        models: pairs.all("model").map(str::to_owned).collect(),
        cases: cases(pairs, app.engine.texts()).await?,
        checks: judged(pairs),
        repeats: pairs.number("repeats").unwrap_or(1),
        baseline: pairs.number("baseline"),
        budget: caps(pairs)?,
        batch: pairs.get("batch").is_some(),
        promote: pairs.get("promote").is_some(),
        by: app.person(String::new()),
        confirmed: pairs.get("confirmed").is_some(),
        ..StartComparison::new(compared.step.clone(), within(app, compared).await?)
    })
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
