//! `stepwell doctor`: looks at everything a run needs, says what is well and what to do about the rest.

mod asking;

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use stepwell_contract::Inference;
use stepwell_definition::Configuration;
use stepwell_llm::{ModelInfo, Models};
use stepwell_server::Client;
use stepwell_store::{FolderState, RedbStore, StoreError};
use stepwell_workers::{LARGEST_COMPONENT, read_file};

use super::store::{Found, READ_BESIDE_ANOTHER, UNREADABLE};
use crate::arguments::DoctorArguments;
use crate::errors::{CommandError, ModelsError};
use crate::exit::Exit;
use crate::project::Project;
use crate::runner::LateSandbox;
use crate::socket;
use crate::terminal::{Table, helped, remedied};
use crate::wiring::{Asked, Context, Need, Setting, how_to_set_up, models, open_store};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    what: String,
    /// Whether it is well.
    ok: bool,
    /// What was found.
    found: String,
    /// What to do about it.
    hint: Option<String>,
    /// What a model answered, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<asking::Answered>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn well(&mut self, what: &str, found: impl Into<String>) {
        self.add(what, true, found.into(), None);
    }

    fn problem(&mut self, what: &str, found: impl Into<String>, hint: Option<String>) {
        self.add(what, false, found.into(), hint);
    }

    fn add(&mut self, what: &str, ok: bool, found: String, hint: Option<String>) {
        self.0.push(Finding {
            what: what.into(),
            ok,
            found,
            hint,
            answered: None,
        });
    }
}

pub(super) async fn doctor(
    arguments: &DoctorArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    asking::may_ask(arguments, context)?;
    let mut findings = Findings::default();
    match look_at_project(context, &mut findings) {
        Some(mut setting) => {
            look_at_store(&setting.store, &mut findings).await;
            look_at_sandbox(context, &setting, &mut findings);
            look_at_models(context, &mut setting.configuration, &mut findings);
            look_at_steps(context, &setting, &mut findings).await;
            if arguments.ask {
                asking::ask(arguments.yes, &setting, context, &mut findings).await?;
            }
        }
        None => look_without_configuration(context, &mut findings).await,
    }
    let screen = &context.screen;
    let Findings(findings) = findings;
    if arguments.json {
        screen.print_json(&findings)?;
    } else {
        let style = screen.out_style();
        let mut table = Table::new();
        for finding in &findings {
            let state = if finding.ok {
                style.good("ok")
            } else {
                style.bad("problem")
            };
            table.row([state, finding.what.clone(), finding.found.clone()]);
            if let Some(hint) = &finding.hint {
                table.line(format!("         {} {hint}", style.hint("hint:")));
            }
        }
        screen.print(&table.text())?;
    }
    Ok(if findings.iter().all(|finding| finding.ok) {
        Exit::Success
    } else {
        Exit::Failed
    })
}

/// What the operator says; none where that can't be read.
fn look_at_project(context: &Context, findings: &mut Findings) -> Option<Setting> {
    match context.setting() {
        Ok(setting) => {
            findings.well("project", setting.project.folder.display().to_string());
            match &setting.project.configuration {
                Some(file) => findings.well("configuration", file.display().to_string()),
                None => findings.well(
                    "configuration",
                    "no stepwell.toml; the usual variables and defaults hold",
                ),
            }
            Some(setting)
        }
        Err(error @ CommandError::StoreIsLink(_)) => {
            let hint = error.hints().into_iter().next();
            findings.problem("store", error.to_string(), hint);
            None
        }
        Err(error) => {
            error.show(&context.screen);
            let hint = Some("mend what is told above".to_owned());
            findings.problem("configuration", error.to_string(), hint);
            None
        }
    }
}

/// Looks at what no configuration says: the store, where the command names it. All else would be looked at as it isn't used, and
/// steps be compiled for that.
async fn look_without_configuration(context: &Context, findings: &mut Findings) {
    let (start, named) = (&context.start, context.global.store.as_deref());
    let left = match named {
        Some(_) => {
            // A store that is named is nobody's link.
            if let Ok(store) = Project::find(start, None).store(start, named, None) {
                look_at_store(&store, findings).await;
            }
            "sandbox, models, steps"
        }
        None => "store, sandbox, models, steps",
    };
    let found = "not looked at: the configuration says how they are set up";
    findings.problem(left, found, None);
}

async fn look_at_store(folder: &Path, findings: &mut Findings) {
    let place = folder.display();
    let is_none = matches!(RedbStore::look_into(folder), Ok(FolderState::NoStore));
    if !folder.is_file() && is_none {
        match may_make(folder) {
            Ok(()) => findings.well(
                "store",
                format!("none yet; `stepwell run` makes one in {place}"),
            ),
            Err(error) => findings.problem(
                "store",
                format!("none yet, and none can be made in {place}: {error}"),
                Some(
                    "check that you may write there, or name another folder with `--store DIR`"
                        .into(),
                ),
            ),
        }
        return;
    }
    let store = match open_store(folder, Need::There) {
        Ok(store) => store,
        Err(CommandError::Store(held @ StoreError::Held { .. })) => {
            look_beside(&held, folder, findings).await;
            return;
        }
        Err(CommandError::Store(error)) => {
            findings.problem("store", error.to_string(), Some(remedied(&error.remedy())));
            return;
        }
        Err(error) => {
            let hint = error.hints().into_iter().next();
            findings.problem("store", error.to_string(), hint);
            return;
        }
    };
    findings.well("store", format!("{place} opens"));
    match store.check() {
        Ok(problems) if problems.is_empty() => findings.well("records", "all can be read"),
        Ok(problems) => {
            for problem in problems {
                let hint = UNREADABLE.to_owned();
                findings.problem("records", problem.to_string(), Some(hint));
            }
        }
        Err(error) => {
            let hint = remedied(&error.remedy());
            findings.problem("records", error.to_string(), Some(hint));
        }
    }
}

/// Looks at a store that another process has open, through that process.
async fn look_beside(held: &StoreError, folder: &Path, findings: &mut Findings) {
    let Ok(client) = Client::connect(&socket::of_store(folder)).await else {
        let found = format!("not checked: {held}");
        findings.problem("store", found, Some(remedied(&held.remedy())));
        return;
    };
    findings.well("store", format!("{held}, and commands go through it"));
    match client.check_store().await {
        Ok(checked) if checked.problems.is_empty() => {
            findings.well("records", READ_BESIDE_ANOTHER);
        }
        Ok(checked) => {
            for found in Found::of(checked) {
                findings.problem("records", found.problem, Some(UNREADABLE.to_owned()));
            }
        }
        Err(error) => {
            let error = CommandError::from(error);
            let found = format!("not checked: {error}");
            findings.problem("records", found, error.hints().into_iter().next());
        }
    }
}

/// Whether a store could be made, found out by a file without a name, of which nothing stays.
fn may_make(store: &Path) -> io::Result<()> {
    let there = store.ancestors().find(|folder| folder.exists());
    tempfile::tempfile_in(there.unwrap_or(Path::new("."))).map(drop)
}

fn look_at_sandbox(context: &Context, setting: &Setting, findings: &mut Findings) {
    let runner = context.runner(setting);
    match runner.get() {
        Ok(sandbox) => {
            let health = sandbox.check();
            let from = if health.pooling {
                "from a pool"
            } else {
                "made on demand, which is slower"
            };
            findings.well(
                "sandbox",
                format!("up to {} instances, {from}", health.max_instances),
            );
            match health.cache_folder {
                Some(folder) => {
                    let cached = health.cached_components;
                    findings.well(
                        "code cache",
                        format!("{} ({cached} compiled)", folder.display()),
                    );
                }
                None => findings.problem(
                    "code cache",
                    "its folder can't be used, so plugins are compiled at each start",
                    Some("name a folder that you may write in XDG_CACHE_HOME".into()),
                ),
            }
        }
        Err(error) => findings.problem("sandbox", error.to_string(), Some(error.hint().to_owned())),
    }
}

fn look_at_models(context: &Context, configuration: &mut Configuration, findings: &mut Findings) {
    let keys = context.environment.keys(&configuration.models);
    let registry = match models(configuration, keys, &Asked::default()) {
        Ok(models) => models,
        Err(ModelsError::Settings(error)) => {
            for problem in error.problems {
                findings.problem(
                    "models",
                    problem.to_string(),
                    Some(remedied(&problem.remedy())),
                );
            }
            return;
        }
        Err(error) => {
            findings.problem("models", error.to_string(), None);
            return;
        }
    };
    let models = registry.list();
    if models.is_empty() {
        let hint = helped(&how_to_set_up(&context.environment).into());
        findings.problem("models", "none is set up", Some(hint));
    }
    for model in models {
        if let Some(error) = unsaid(&registry, &model) {
            let found = format!("{} can't be asked so: {error}", model.name);
            findings.problem("model", found, None);
        }
        let default = if model.is_default {
            ", the default"
        } else {
            ""
        };
        let price = match &model.price {
            Some(price) => price.to_string(),
            None => "its price is unknown".to_owned(),
        };
        let found = format!(
            "{} is {}/{}{default}; {price}",
            model.name, model.provider, model.model
        );
        match (&model.key_variable, model.key_present) {
            (_, true) => findings.well("model", found),
            (variable, false) => {
                let variable = variable.clone().unwrap_or_default();
                findings.problem(
                    "model",
                    format!("{found}: its key is missing"),
                    Some(format!("set {variable}")),
                );
            }
        }
    }
}

/// Why a model can't be asked as its own settings say.
fn unsaid(models: &Models, model: &ModelInfo) -> Option<String> {
    let resolved = models.resolve(Some(&model.name)).ok()?;
    let checked = models.check_inference(&resolved, Inference::default());
    Some(checked.err()?.message)
}

async fn look_at_steps(context: &Context, setting: &Setting, findings: &mut Findings) {
    let runner = context.runner(setting);
    let mut names = Vec::new();
    for step in stepwell_builtin::STEPS {
        if look_at_step(step.name, step.component(), &runner, context, findings).await {
            names.push(step.name);
        }
    }
    if !names.is_empty() {
        findings.well("steps", format!("built in: {}", names.join(", ")));
    }
    let apart = context.steps_apart();
    for (name, build) in &apart.builds {
        let Some(file) = apart.find(name) else {
            let hint = format!("`{build}`, in a clone of Stepwell, makes it");
            let found = format!("builtin:{name} is not in this build");
            findings.add("step", true, found, Some(hint));
            continue;
        };
        let component = read_file(&file, LARGEST_COMPONENT).map(Into::into);
        if look_at_step(name, component, &runner, context, findings).await {
            findings.well("step", format!("builtin:{name}, from {}", file.display()));
        }
    }
}

/// Whether a step can be used; why it can't is a finding.
async fn look_at_step(
    name: &str,
    component: io::Result<Cow<'static, [u8]>>,
    runner: &LateSandbox,
    context: &Context,
    findings: &mut Findings,
) -> bool {
    use stepwell_contract::{Compiling, StepRunner as _};
    let component: Arc<[u8]> = match component {
        Ok(component) => component.into(),
        Err(error) => {
            let found = format!("builtin:{name} can't be read: {error}");
            findings.problem("step", found, None);
            return false;
        }
    };
    let compiling = |how_far| {
        let note = match how_far {
            Compiling::Waits => format!("builtin:{name} waits until others are compiled\n"),
            Compiling::Begun => format!("compiling builtin:{name}, this once\n"),
        };
        context.screen.say(&note);
    };
    match runner
        .load_telling(Arc::clone(&component), &compiling)
        .await
    {
        Ok(_) => true,
        Err(error) => {
            let found = format!("builtin:{name} can't be used: {error}");
            findings.problem("step", found, Some(remedied(&error.remedy())));
            false
        }
    }
}
