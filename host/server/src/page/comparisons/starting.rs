//! A comparison is started by a form: which step, which versions and models, which cases, how often.

use std::collections::BTreeMap;
use std::path::Path;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use stepwell_contract::{Budget, Name, TextService};
use stepwell_definition::{Case, CaseSources, Check, Judge, Rule, Target, money, parse_cases};
use stepwell_engine::{
    CompareIn, DefinitionView, EngineError, PluginView, PromptSummary, RunView, StartComparison,
};

use super::form::filled;
use crate::page::address::{Pairs, plain_lines, with_query};
use crate::page::definitions::{definitions, folder, source};
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::{Page, PageError, Shown, alert, is_mendable, status_of};
use crate::page::runs::{all_steps, find_step};
use crate::{App, ProblemDetails};

/// Runs that are offered as the place where a step comes from.
const RUNS: usize = 12;

/// Where the step comes from.
pub(super) enum Source {
    Run(Box<RunView>),
    Definition(Box<DefinitionView>),
}

/// A step that can be compared, with the prompts that differ.
pub(super) struct Compared {
    pub(super) source: Source,
    pub(super) step: String,
    pub(super) plugin: Option<PluginView>,
    pub(super) prompts: Vec<PromptSummary>,
    /// The built-in steps that judge.
    pub(super) judges: Vec<PluginView>,
}

/// `GET /comparisons/new`.
pub(super) async fn form(
    State(app): State<App>,
    Query(query): Query<Vec<(String, String)>>,
) -> Page {
    let pairs = Pairs(query);
    let content = match compared(&app, &pairs).await? {
        Some(compared) => filled(&app, &compared, &pairs, &html! {}),
        None => choice(&app, &pairs).await?,
    };
    Ok(page(&app, &content).into_response())
}

/// `POST /comparisons`. Where it can't be started, the form comes back with what was given.
pub(super) async fn start(State(app): State<App>, Form(form): Form<Vec<(String, String)>>) -> Page {
    let pairs = Pairs(form);
    let compared = compared(&app, &pairs).await?.ok_or_else(|| {
        PageError::new(
            &app,
            StatusCode::UNPROCESSABLE_ENTITY,
            "the form names no step",
            "go back and choose one",
        )
    })?;
    let refused = |problem: &ProblemDetails| {
        let page = page(&app, &filled(&app, &compared, &pairs, &alert(problem)));
        (status_of(problem), page).into_response()
    };
    let cases = match cases(&pairs, app.engine.texts()).await {
        Ok(cases) => cases,
        Err(error) => {
            let mut problem = ProblemDetails::from(error);
            if let Some(told) = &problem.definition {
                problem.detail = match told.diagnostics.len() {
                    1 => "the cases have 1 problem".into(),
                    several => format!("the cases have {several} problems"),
                };
            }
            return Ok(refused(&problem));
        }
    };
    let money = match pairs.get("money").map(money).transpose() {
        Ok(money) => money,
        Err(reason) => {
            let message = format!("the most money that the comparison may cost: {reason}");
            return Ok(refused(&ProblemDetails {
                hint: Some("write a number such as `2.50`".to_owned()),
                ..ProblemDetails::bad_request(message)
            }));
        }
    };
    let request = StartComparison {
        prompt: pairs.get("prompt").map(str::to_owned),
        versions: picked(&pairs),
        models: texts(&pairs, "model"),
        cases,
        checks: judged(&pairs),
        repeats: number(&pairs, "repeats").unwrap_or(1),
        baseline: number(&pairs, "baseline"),
        budget: Budget {
            tokens: number(&pairs, "tokens"),
            money,
        },
        promote: pairs.get("promote").is_some(),
        by: app.person(String::new()),
        ..StartComparison::new(compared.step.clone(), within(&app, &compared).await?)
    };
    match app.runs.start_comparison(request).await {
        Ok(id) => Ok(Redirect::to(&format!("/comparisons/{id}")).into_response()),
        Err(problem) if is_mendable(&problem) => Ok(refused(&problem)),
        Err(problem) => Err(problem).shown(&app),
    }
}

async fn within(app: &App, compared: &Compared) -> Result<CompareIn, PageError> {
    Ok(match &compared.source {
        Source::Run(run) => CompareIn::Run {
            run: run.summary.id,
        },
        Source::Definition(definition) => CompareIn::Definition {
            definition: source(app, &definition.file).await.shown(app)?,
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

pub(super) fn number<N: std::str::FromStr>(pairs: &Pairs, name: &str) -> Option<N> {
    pairs.get(name).and_then(|number| number.parse().ok())
}

pub(super) fn texts(pairs: &Pairs, name: &str) -> Vec<String> {
    let given = pairs
        .0
        .iter()
        .filter(|(known, value)| known == name && !value.is_empty());
    given.map(|(_, value)| value.clone()).collect()
}

pub(super) fn numbers(pairs: &Pairs, name: &str) -> Vec<u32> {
    let given = texts(pairs, name);
    given
        .iter()
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The versions that were picked, each once: the baseline, and those that are held against it.
fn picked(pairs: &Pairs) -> Vec<u32> {
    let mut versions: Vec<u32> = number(pairs, "baseline").into_iter().collect();
    for version in numbers(pairs, "version") {
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

/// The built-in steps that write a verdict.
async fn judges(app: &App) -> Vec<PluginView> {
    let mut judges = app.engine.builtin_plugins().await.unwrap_or_default();
    judges.retain(|plugin| {
        let mut documents = plugin.description.documents.iter();
        documents.any(|document| document.name == "verdict")
    });
    judges
}

/// The cases of a form: a case file that was pasted, or one case that was typed in. None is what the run itself gave.
async fn cases(pairs: &Pairs, texts: &dyn TextService) -> Result<Vec<Case>, EngineError> {
    if let Some(text) = pairs.get("cases").filter(|text| !text.trim().is_empty()) {
        let text = plain_lines(text);
        let (cases, problems) = parse_cases(&text, "cases", &NoFiles, texts).await;
        return cases.ok_or(EngineError::Definition {
            diagnostics: problems,
            source_text: text,
        });
    }
    let typed = pairs
        .of("input.")
        .filter(|(_, text)| !text.trim().is_empty());
    let inputs: BTreeMap<String, String> = typed
        .map(|(name, text)| (name.to_owned(), plain_lines(text)))
        .collect();
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Case {
        id: "typed".into(),
        inputs,
        ..Case::default()
    }])
}

/// What is typed into a form names no files: whoever sends one needn't be who may read them.
struct NoFiles;

impl CaseSources for NoFiles {
    fn text(&self, path: &str) -> Result<String, String> {
        Err(format!(
            "cases of this form can't read {path}: write its text here, or use `stepwell compare --cases` at the terminal"
        ))
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        self.text(path).map(|_| BTreeMap::new())
    }
}

/// The step that a form is about, if it names one that there is.
async fn compared(app: &App, pairs: &Pairs) -> Result<Option<Compared>, PageError> {
    let Some(step) = pairs.get("step") else {
        return Ok(None);
    };
    if let Some(run) = pairs.get("run") {
        let run = app.engine.find_run(run).await.shown(app)?;
        let run = app.engine.run(run).await.shown(app)?;
        let Some(found) = find_step(&run.steps, step) else {
            return Ok(None);
        };
        let file = run.definition_file.as_deref().map(Path::new);
        let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
        let plugin = plugin(app, found.uses.as_deref(), folder).await;
        let used = found.prompts.iter().map(|used| used.name.clone()).collect();
        return Ok(Some(Compared {
            prompts: prompts(app, used).await,
            source: Source::Run(Box::new(run)),
            judges: judges(app).await,
            step: step.to_owned(),
            plugin,
        }));
    }
    let known = definitions(app).await.into_iter();
    let Some(definition) = pairs.get("definition").and_then(|file| {
        let mut known = known;
        known.find(|known| known.file == file)
    }) else {
        return Ok(None);
    };
    let Some(found) = definition
        .steps
        .iter()
        .find(|known| known.path.as_str() == step)
    else {
        return Ok(None);
    };
    let plugin = plugin(app, found.uses.as_deref(), &folder(app, &definition.file)).await;
    let declared = plugin.iter().flat_map(|plugin| &plugin.description.prompts);
    let declared = declared.map(|prompt| prompt.name.clone()).collect();
    Ok(Some(Compared {
        prompts: prompts(app, declared).await,
        source: Source::Definition(Box::new(definition)),
        judges: judges(app).await,
        step: step.to_owned(),
        plugin,
    }))
}

/// A step's plugin; one that can't be loaded any more is told when the comparison is to be started.
async fn plugin(app: &App, uses: Option<&str>, folder: &Path) -> Option<PluginView> {
    app.engine.plugin(uses?, folder).await.ok()
}

/// Those prompts that have versions.
async fn prompts(app: &App, names: Vec<String>) -> Vec<PromptSummary> {
    let mut prompts = Vec::new();
    for name in names.into_iter().filter_map(|name| Name::new(name).ok()) {
        prompts.extend(app.engine.prompt(&name).await.ok());
    }
    prompts
}

/// The steps that can be compared: those of the newest runs, and those of the definitions.
async fn choice(app: &App, pairs: &Pairs) -> Result<Markup, PageError> {
    let wanted = pairs.get("prompt");
    let carried: Vec<(&str, String)> = ["prompt", "baseline", "version"]
        .into_iter()
        .flat_map(|name| {
            texts(pairs, name)
                .into_iter()
                .map(move |value| (name, value))
        })
        .collect();
    let link = |source: (&str, &str), step: &str| {
        let mut values = vec![source, ("step", step)];
        values.extend(carried.iter().map(|(name, value)| (*name, value.as_str())));
        with_query("/comparisons/new", &values)
    };
    let mut of_runs = Vec::new();
    for run in app.engine.runs(None, Some(RUNS)).await.shown(app)? {
        let Ok(view) = app.engine.run(run.id).await else {
            continue;
        };
        let id = run.id.to_string();
        let steps = all_steps(&view.steps).into_iter();
        let fitting = steps.filter(|step| !step.executions.is_empty());
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
        @if of_runs.is_empty() && known.is_empty() {
            div.empty { p { "There is no run and no definition whose steps could be compared." } a.button.first href="/runs/new" { "Start a run" } }
        }
        @if !of_runs.is_empty() {
            section.stack aria-labelledby="runs-title" {
                h2 #runs-title { "On what a run gave" @if let Some(name) = wanted { span.quiet { " · with the prompt " (name) } } }
                p.quiet { "The step gets what it got in that run: its inputs, its documents, its view of the files." }
                ul.choice {
                    @for (run, links) in &of_runs {
                        li.card.stack.tight {
                            div.row.apart { strong { (run.workflow) } span.small.quiet { (parts::age(run.created_at)) } }
                            div.row { @for (step, address) in links { a.button href=(address) { (step) } } }
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
                            div.row { @for (step, address) in links { a.button href=(address) { (step) } } }
                        }
                    }
                }
            }
        }
    })
}
