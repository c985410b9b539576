//! A comparison is started by a form: which step, which versions and models, which cases, how often.

use std::collections::BTreeMap;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use stepwell_contract::{Budget, Name};
use stepwell_definition::{Case, CaseSources, parse_cases};
use stepwell_engine::{
    CompareIn, EngineError, PluginView, PromptSummary, RunView, StartComparison,
};

use crate::App;
use crate::definitions::{KnownDefinition, definitions};
use crate::page::address::{Pairs, plain_lines, with_query};
use crate::page::driving;
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::{Page, PageError, Shown, notice};

/// Runs that are offered as the place where a step comes from.
const RUNS: usize = 12;

/// Where the step comes from.
enum Source {
    Run(Box<RunView>),
    Definition(Box<KnownDefinition>),
}

/// A step that can be compared, with the prompts that differ.
struct Compared {
    source: Source,
    step: String,
    plugin: Option<PluginView>,
    prompts: Vec<PromptSummary>,
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
    let refused = |said: &Markup| {
        let page = page(&app, &filled(&app, &compared, &pairs, said));
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    let cases = match cases(&pairs) {
        Ok(cases) => cases,
        Err(error) => return Ok(refused(&notice(&error))),
    };
    let request = StartComparison {
        prompt: pairs.get("prompt").map(str::to_owned),
        versions: numbers(&pairs, "version"),
        models: texts(&pairs, "model"),
        cases,
        repeats: number(&pairs, "repeats").unwrap_or(1),
        baseline: number(&pairs, "baseline"),
        budget: Budget {
            tokens: number(&pairs, "tokens"),
            money: None,
        },
        ..StartComparison::new(compared.step.clone(), within(&compared))
    };
    match app.engine.start_comparison(request).await {
        Ok(id) => {
            driving::compare(&app, id);
            Ok(Redirect::to(&format!("/comparisons/{id}")).into_response())
        }
        Err(
            error @ (EngineError::Invalid { .. }
            | EngineError::Definition { .. }
            | EngineError::NoSuchStep { .. }
            | EngineError::Model(_)
            | EngineError::Template { .. }
            | EngineError::Plugin { .. }
            | EngineError::Store(stepwell_store::StoreError::NoSuchVersion { .. })),
        ) => Ok(refused(&notice(&error))),
        Err(other) => Err(other).shown(&app),
    }
}

fn within(compared: &Compared) -> CompareIn {
    match &compared.source {
        Source::Run(run) => CompareIn::Run {
            run: run.summary.id,
        },
        Source::Definition(definition) => CompareIn::Definition {
            definition: definition.source.clone(),
        },
    }
}

fn page(app: &App, content: &Markup) -> Markup {
    let whole = html! {
        (head(Some(("Comparisons", "/comparisons")), &html! { "Compare versions" }, &html! {}))
        (content)
    };
    frame(&app.about, Section::Comparisons, "Compare versions", &whole)
}

fn number<N: std::str::FromStr>(pairs: &Pairs, name: &str) -> Option<N> {
    pairs.get(name).and_then(|number| number.parse().ok())
}

fn texts(pairs: &Pairs, name: &str) -> Vec<String> {
    let given = pairs
        .0
        .iter()
        .filter(|(known, value)| known == name && !value.is_empty());
    given.map(|(_, value)| value.clone()).collect()
}

fn numbers(pairs: &Pairs, name: &str) -> Vec<u32> {
    let given = texts(pairs, name);
    given
        .iter()
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The cases of a form: a case file that was pasted, or one case that was typed in. None is what the run itself gave.
fn cases(pairs: &Pairs) -> Result<Vec<Case>, EngineError> {
    if let Some(text) = pairs.get("cases").filter(|text| !text.trim().is_empty()) {
        let text = plain_lines(text);
        let (cases, problems) = parse_cases(&text, "cases", &NoFiles);
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
            "cases of this form can't read {path}: write its text here, or use `stepwell compare --cases`"
        ))
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        self.text(path).map(|_| BTreeMap::new())
    }
}

/// The step that a form is about, if it names one.
async fn compared(app: &App, pairs: &Pairs) -> Result<Option<Compared>, PageError> {
    let Some(step) = pairs.get("step") else {
        return Ok(None);
    };
    let (source, used, uses, file) = if let Some(run) = pairs.get("run") {
        let run = app.engine.find_run(run).await.shown(app)?;
        let run = app.engine.run(run).await.shown(app)?;
        let Some(found) = crate::page::runs::find_step(&run.steps, step) else {
            return Ok(None);
        };
        let used = found.prompts.iter().map(|used| used.name.clone());
        let (used, uses): (Vec<_>, _) = (used.collect(), found.uses.clone());
        let file = run.definition_file.clone();
        (Source::Run(Box::new(run)), used, uses, file)
    } else if let Some(file) = pairs.get("definition") {
        let known = definitions(app).await;
        let Some(definition) = known.into_iter().find(|known| known.file == file) else {
            return Ok(None);
        };
        let Some(found) = definition.uses.iter().find(|used| used.step == step) else {
            return Ok(None);
        };
        let (uses, file) = (Some(found.plugin.clone()), definition.source.file.clone());
        (
            Source::Definition(Box::new(definition)),
            Vec::new(),
            uses,
            file,
        )
    } else {
        return Ok(None);
    };
    let folder = file
        .as_deref()
        .and_then(|file| std::path::Path::new(file).parent());
    let folder = folder
        .unwrap_or(std::path::Path::new(&app.about.project))
        .to_owned();
    let plugin = match &uses {
        Some(uses) => app.engine.plugin(uses, &folder).await.ok(),
        None => None,
    };
    let mut names = used;
    if names.is_empty() {
        let declared = plugin.iter().flat_map(|plugin| &plugin.description.prompts);
        names = declared.map(|prompt| prompt.name.clone()).collect();
    }
    let mut prompts = Vec::new();
    for name in names.into_iter().filter_map(|name| Name::new(name).ok()) {
        prompts.extend(app.engine.prompt(&name).await.ok());
    }
    Ok(Some(Compared {
        source,
        step: step.to_owned(),
        plugin,
        prompts,
    }))
}

/// The steps that can be compared: those of the newest runs, and those of the definitions.
async fn choice(app: &App, pairs: &Pairs) -> Result<Markup, PageError> {
    let wanted = pairs.get("prompt");
    let carried: Vec<(&str, String)> = ["prompt", "baseline"]
        .iter()
        .filter_map(|name| Some((*name, pairs.get(name)?.to_owned())))
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
        let steps = crate::page::runs::all_steps(&view.steps).into_iter();
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
    let known = definitions(app).await;
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
                    @for definition in &known {
                        li.card.stack.tight {
                            div { strong { (definition.name) } " " code.small.quiet { (definition.file) } }
                            div.row { @for used in &definition.uses { a.button href=(link(("definition", &definition.file), &used.step)) { (used.step) } } }
                        }
                    }
                }
            }
        }
    })
}

fn filled(app: &App, compared: &Compared, pairs: &Pairs, said: &Markup) -> Markup {
    let (kind, value, shown) = match &compared.source {
        Source::Run(run) => (
            "run",
            run.summary.id.to_string(),
            format!("as in a run of {}", run.summary.workflow),
        ),
        Source::Definition(definition) => (
            "definition",
            definition.file.clone(),
            format!("as in {}", definition.file),
        ),
    };
    html! {
        (said)
        form.stack.narrow method="post" action="/comparisons" data-draft=(format!("compare/{kind}/{value}/{}", compared.step)) {
            input type="hidden" name=(kind) value=(value);
            input type="hidden" name="step" value=(compared.step);
            p.lead { strong { (compared.step) } " " span.quiet { (shown) } " · " a href="/comparisons/new" { "another step" } }
            (versions(compared, pairs))
            (models(app, pairs))
            (case_fields(compared, pairs))
            div.row {
                div.field {
                    label for="repeats" { "Repeats" }
                    input #repeats name="repeats" type="number" min="1" max="20" value=(pairs.get("repeats").unwrap_or("1")) aria-describedby="repeats-hint";
                    span.hint #repeats-hint { "How often each case is run with each version." }
                }
                div.field {
                    label for="tokens" { "At most so many tokens" }
                    input #tokens name="tokens" type="number" min="1" value=(pairs.get("tokens").unwrap_or_default()) placeholder="no limit" aria-describedby="tokens-hint";
                    span.hint #tokens-hint { "For the whole comparison." }
                }
            }
            div.actions { button.first { "Compare" } }
        }
    }
}

fn versions(compared: &Compared, pairs: &Pairs) -> Markup {
    let wanted = pairs.get("prompt");
    let prompt = compared
        .prompts
        .iter()
        .find(|prompt| wanted.is_none_or(|name| prompt.name == name));
    let Some(prompt) = prompt.or(compared.prompts.first()) else {
        return html! { p.quiet { "This step uses no prompt whose versions could differ: compare models." } };
    };
    let chosen = numbers(pairs, "version");
    let baseline = number(pairs, "baseline").or(prompt.current);
    html! {
        input type="hidden" name="prompt" value=(prompt.name);
        fieldset.stack.tight {
            legend { "Versions of " (prompt.name) }
            @for version in prompt.versions.iter().rev() {
                label.check {
                    input type="checkbox" name="version" value=(version.number) checked[chosen.is_empty() || chosen.contains(&version.number)];
                    span {
                        "v" (version.number)
                        @if version.current { " " span.tag.water { "current" } }
                        @if version.latest { " " span.tag { "latest" } }
                        @if !version.note.is_empty() { " " span.quiet { (version.note) } }
                    }
                }
            }
        }
        div.field {
            label for="baseline" { "Baseline" }
            select #baseline name="baseline" {
                @for version in prompt.versions.iter().rev() {
                    option value=(version.number) selected[baseline == Some(version.number)] { "v" (version.number) @if version.current { " (current)" } }
                }
            }
            span.hint { "The one that the others are held against." }
        }
    }
}

fn models(app: &App, pairs: &Pairs) -> Markup {
    let models = app.engine.models();
    let chosen = texts(pairs, "model");
    html! {
        @if models.len() > 1 {
            fieldset.stack.tight {
                legend { "Models" }
                @for model in &models {
                    label.check {
                        input type="checkbox" name="model" value=(model.name) checked[chosen.contains(&model.name)];
                        span { (model.name) " " span.quiet { (model.model) } }
                    }
                }
                span.hint.small.quiet { "None is the step's own." }
            }
        }
    }
}

fn case_fields(compared: &Compared, pairs: &Pairs) -> Markup {
    let from_run = matches!(compared.source, Source::Run(_));
    let inputs = compared
        .plugin
        .iter()
        .flat_map(|plugin| &plugin.description.inputs);
    html! {
        fieldset.stack {
            legend { "Cases" }
            @if from_run { p.quiet { "Leave all of it empty to run the case that the run gave." } }
            details.more open[!from_run] {
                summary { "One case, typed in" }
                div.stack {
                    @for input in inputs {
                        @let id = format!("input-{}", input.name);
                        @let name = format!("input.{}", input.name);
                        div.field {
                            label for=(id) { (input.name) }
                            @if !input.description.is_empty() { span.hint { (input.description) } }
                            textarea id=(id) name=(name) rows="4" { "\n" (pairs.get(&name).unwrap_or_default()) }
                        }
                    }
                }
            }
            details.more open[pairs.get("cases").is_some()] {
                summary { "Several cases, with checks" }
                div.field {
                    label for="cases" { "Cases, as in a case file (TOML)" }
                    textarea #cases name="cases" rows="12" spellcheck="false" aria-describedby="cases-hint" { "\n" (pairs.get("cases").unwrap_or_default()) }
                    span.hint #cases-hint { "A table " code { "[[cases]]" } " for each: an " code { "id" } ", its " code { "inputs" } ", " code { "answers" } " and " code { "checks" } "." }
                }
            }
        }
    }
}
