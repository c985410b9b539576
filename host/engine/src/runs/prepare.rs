//! From a definition to something that can be driven: parsed, its plugins loaded, checked, its pins chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use stepwell_contract::{
    ChatError, Description, Digest, ExecutionKey, Name, Position, PromptDeclaration, StepPath,
};
use stepwell_definition::{
    Definition, Diagnostic, Plan, PromptTemplate, Severity, StepDefinition, check, parse_definition,
};
use stepwell_store::{
    Change, PinnedModel, PinnedPlugin, PinnedPrompt, PromptChange, PromptRecord, RunRecord,
    StoreError,
};

use super::context::blob_of;
use crate::application::{DefinitionSource, EngineError, PluginError, load, load_component};
use crate::house::House;

/// A definition that is checked, with the plugins that its steps use.
pub(crate) struct PreparedRun {
    pub(crate) plan: Arc<Plan>,
    /// What each step's plugin says of itself, by the step's place in the plan.
    pub(crate) descriptions: Vec<Option<Arc<Description>>>,
    pub(crate) plugins: BTreeMap<StepPath, PinnedPlugin>,
    /// The bytes of the plugins, to keep: a run outlives the files that it was started with (rule E22).
    pub(crate) components: BTreeMap<Digest, Arc<[u8]>>,
    pub(crate) models: BTreeMap<StepPath, PinnedModel>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Grants, limits and retries that differ from those of the definition that the run pinned (rule E22).
    pub(crate) policy_changes: Vec<String>,
}

impl PreparedRun {
    /// The key of a step that stands under no `for_each`.
    pub(crate) fn plain_key(&self, run: &RunRecord, step: usize) -> ExecutionKey {
        let path = self.plan.steps[step].path.clone();
        let at = vec![Position::default(); path.depth()];
        ExecutionKey {
            run: run.id,
            take: run.take_at(&path, &at),
            path,
            at,
        }
    }

    /// Stores the intrinsic prompts of prompts that have no version (row P5), and pins what is current.
    pub(crate) async fn pin_prompts(
        &self,
        house: &House,
    ) -> Result<BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>>, EngineError> {
        let mut pins: BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>> = BTreeMap::new();
        for (step, description) in self.plan.steps.iter().zip(&self.descriptions) {
            let Some(description) = description else {
                continue;
            };
            for declaration in &description.prompts {
                let Some(stored) = step.prompts.get(&declaration.name).cloned() else {
                    continue;
                };
                let pin = match declare_prompt(house, &stored, declaration, description).await {
                    Ok(record) => current_pin(&record, declaration, &step.path)?,
                    // The intrinsic prompt stands in for one whose own record can't be read (rule E28).
                    Err(EngineError::Store(StoreError::Unreadable { .. })) => {
                        let digest = Digest::of(&declaration.intrinsic);
                        let blob = Change::Blob(declaration.intrinsic.clone().into_bytes().into());
                        house.store.commit(vec![blob]).await?;
                        PinnedPrompt {
                            name: stored.to_string(),
                            number: 0,
                            digest,
                            other: Default::default(),
                        }
                    }
                    Err(error) => return Err(error),
                };
                pins.entry(step.path.clone())
                    .or_default()
                    .insert(declaration.name.clone(), pin);
            }
        }
        Ok(pins)
    }
}

/// Tells the store of a plugin's prompt, and gives the prompt as it is then.
pub(crate) async fn declare_prompt(
    house: &House,
    stored: &Name,
    declaration: &PromptDeclaration,
    description: &Description,
) -> Result<Arc<PromptRecord>, EngineError> {
    // Most runs change nothing: then there is no need to write.
    if let Some(record) = house.store.prompt(stored).await?
        && record.variables.as_deref() == Some(declaration.variables.as_slice())
        && record
            .versions
            .iter()
            .any(|version| version.content == declaration.intrinsic)
        && !record.current_version().is_some_and(|current| {
            current.origin == stepwell_store::Origin::Intrinsic
                && current.content != declaration.intrinsic
        })
    {
        return Ok(record);
    }
    let change = PromptChange::Declare {
        name: stored.clone(),
        intrinsic: declaration.intrinsic.clone(),
        variables: declaration.variables.clone(),
        plugin: format!("{} {}", description.name, description.version),
        at: Timestamp::now(),
    };
    let committed = house.store.commit(vec![Change::Prompt(change)]).await?;
    committed.prompts.into_iter().next().ok_or_else(|| {
        StoreError::NoSuchPrompt {
            name: stored.clone(),
        }
        .into()
    })
}

/// The current version, if the plugin can fill it.
fn current_pin(
    record: &PromptRecord,
    declaration: &PromptDeclaration,
    step: &StepPath,
) -> Result<PinnedPrompt, EngineError> {
    let Some(current) = record.current_version() else {
        return Err(StoreError::NoSuchPrompt {
            name: record.name.clone(),
        }
        .into());
    };
    let name = &record.name;
    let problem = match PromptTemplate::parse(&current.content) {
        Ok(template) => template
            .check(&declaration.variables)
            .into_iter()
            .next()
            .map(|problem| problem.message),
        Err(error) => Some(error.to_string()),
    };
    match problem {
        None => Ok(PinnedPrompt {
            name: name.to_string(),
            number: current.number,
            digest: current.digest,
            other: Default::default(),
        }),
        Some(problem) => Err(EngineError::invalid(
            format!(
                "v{} of prompt `{name}` doesn't fit the plugin of step `{step}`: {problem}",
                current.number
            ),
            format!(
                "make a version current that fits (`stepwell prompt use {name} N`, `stepwell prompt edit {name}`), or keep \
                 the step's versions under another name: `prompts.{} = \"another_name\"`",
                declaration.name
            ),
        )),
    }
}

/// When the models of a definition are to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// At once: one whose key is missing is an error.
    Now,
    /// Not yet: the definition is looked at, and a missing key is worth a warning.
    Later,
}

/// Parses and checks a definition, and loads the plugins that it names.
///
/// # Errors
/// [`EngineError::Definition`] with every problem, those of its plugins and models among them.
pub(crate) async fn prepare(
    house: &House,
    source: &DefinitionSource,
    model: Option<&str>,
    asking: Asking,
) -> Result<PreparedRun, EngineError> {
    let file = source
        .file
        .clone()
        .unwrap_or_else(|| "definition.toml".into());
    let (definition, mut diagnostics) = parse_definition(&source.text, &file);
    let refused = |diagnostics: Vec<Diagnostic>| EngineError::Definition {
        diagnostics,
        source_text: source.text.clone(),
    };
    let Some(definition) = definition else {
        return Err(refused(diagnostics));
    };
    let folder = source
        .file
        .as_ref()
        .and_then(|file| Path::new(file).parent())
        .unwrap_or(&house.project);

    let mut loaded = BTreeMap::new();
    let mut components = BTreeMap::new();
    for (path, uses) in definition.plugins() {
        match load(house, &uses.value, folder).await {
            Ok(plugin) => {
                components.insert(plugin.digest, plugin.component);
                let pin = PinnedPlugin {
                    uses: uses.value.clone(),
                    digest: plugin.digest,
                    other: Default::default(),
                };
                loaded.insert(path, (pin, plugin.description));
            }
            Err(error) => {
                let missing = matches!(
                    error,
                    PluginError::File { .. }
                        | PluginError::NoSuchBuiltin { .. }
                        | PluginError::NotBuilt { .. }
                        | PluginError::BareName { .. }
                );
                let message = format!(
                    "the plugin `{}` of step `{path}` can't be used: {error}",
                    uses.value
                );
                let mut problem = definition.error("plugin", uses.span, message, error.hint());
                if missing && is_optional(&definition.steps, &path) {
                    problem.severity = Severity::Warning;
                }
                diagnostics.push(problem);
            }
        }
    }
    let names: BTreeSet<String> = house
        .models
        .list()
        .into_iter()
        .map(|model| model.name)
        .collect();
    let known = (!house.models.is_replay()).then_some(&names);
    let describe = |path: &StepPath, _: &str| {
        loaded
            .get(path)
            .map(|(_, description)| Arc::clone(description))
    };
    let (plan, found) = check(&definition, &describe, known);
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic
            .span
            .as_ref()
            .map(|span| (span.start_line, span.start_column))
    });
    let (Some(plan), false) = (
        plan,
        diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error),
    ) else {
        return Err(refused(diagnostics));
    };
    let descriptions: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            loaded
                .get(&step.path)
                .map(|(_, description)| Arc::clone(description))
        })
        .collect();
    let (models, lacking) = pin_models(house, &plan, &descriptions, model)?;
    match (lacking, asking) {
        (None, _) => {}
        (Some(lacking), Asking::Now) => return Err(EngineError::Model(lacking)),
        (Some(lacking), Asking::Later) => diagnostics.push(Diagnostic {
            severity: Severity::Warning,
            code: "model".into(),
            file,
            span: None,
            message: lacking.message,
            hint: None,
            secret: false,
        }),
    }
    Ok(PreparedRun {
        plan: Arc::new(plan),
        descriptions,
        plugins: loaded
            .into_iter()
            .map(|(path, (pin, _))| (path, pin))
            .collect(),
        components,
        models,
        warnings: diagnostics,
        policy_changes: Vec::new(),
    })
}

/// Whether the definition lets a run go on without this step.
fn is_optional(steps: &[StepDefinition], path: &StepPath) -> bool {
    let mut steps = steps;
    let mut optional = false;
    for id in path.ids() {
        let Some(step) = steps.iter().find(|step| step.id.value.as_str() == id) else {
            return false;
        };
        optional = step.optional;
        steps = &step.steps;
    }
    optional
}

/// The model of each step that asks one.
fn pin_models(
    house: &House,
    plan: &Plan,
    descriptions: &[Option<Arc<Description>>],
    instead: Option<&str>,
) -> Result<(BTreeMap<StepPath, PinnedModel>, Option<ChatError>), EngineError> {
    let mut pins = BTreeMap::new();
    let mut lacking = None;
    for (step, description) in plan.steps.iter().zip(descriptions) {
        let asks = description
            .as_ref()
            .is_some_and(|description| !description.prompts.is_empty());
        let named = instead.or(step.model.as_deref());
        // A step without prompts may still ask a model; it is resolved when it does.
        if !asks && named.is_none() {
            continue;
        }
        let model = house.models.resolve(named).map_err(EngineError::Model)?;
        lacking = lacking.or_else(|| house.models.check(&model).err());
        let pin = PinnedModel {
            name: model.name,
            provider: model.provider,
            model: model.provider_model,
            other: Default::default(),
        };
        pins.insert(step.path.clone(), pin);
    }
    Ok((pins, lacking))
}

/// What a run was started with, with the grants, limits and retries of the definition's file of now (rule E22).
///
/// # Errors
/// The store's; [`EngineError::Definition`] or [`EngineError::Plugin`] where what is kept no longer fits this host.
pub(crate) async fn prepare_pinned(
    house: &House,
    record: &RunRecord,
) -> Result<Arc<PreparedRun>, EngineError> {
    let of_now = record
        .definition_file
        .as_ref()
        .and_then(|file| std::fs::read_to_string(file).ok());
    let identity = serde_json::json!([record.definition, record.plugins, record.models, of_now]);
    let identity = Digest::of(identity.to_string());
    if let Some(prepared) = house.prepared(&identity) {
        return Ok(prepared);
    }
    let text = String::from_utf8_lossy(&blob_of(house, &record.definition).await?).into_owned();
    let file = record
        .definition_file
        .clone()
        .unwrap_or_else(|| "definition.toml".into());
    let mut descriptions = BTreeMap::new();
    for (path, pinned) in &record.plugins {
        let description = match house.loaded(&pinned.digest) {
            Some(description) => description,
            None => {
                let bytes = blob_of(house, &pinned.digest).await?;
                let loaded = load_component(house, &pinned.uses, Arc::from(bytes.as_ref())).await;
                let refused = |error| EngineError::Plugin {
                    uses: pinned.uses.clone(),
                    error,
                };
                loaded.map_err(refused)?.description
            }
        };
        descriptions.insert(path.clone(), description);
    }
    let describe = |path: &StepPath, _: &str| descriptions.get(path).cloned();
    let (definition, mut diagnostics) = parse_definition(&text, &file);
    let (plan, found) = match &definition {
        Some(definition) => check(definition, &describe, None),
        None => (None, Vec::new()),
    };
    diagnostics.extend(found);
    let Some(mut plan) = plan else {
        return Err(EngineError::Definition {
            diagnostics,
            source_text: text,
        });
    };
    let policy_changes = match of_now
        .filter(|now| *now != text)
        .and_then(|now| parse_definition(&now, &file).0)
    {
        Some(definition) => take_policies(&mut plan, &definition, &describe),
        None => Vec::new(),
    };
    lay_limits(house, &mut plan);
    let prepared = Arc::new(PreparedRun {
        descriptions: plan
            .steps
            .iter()
            .map(|step| descriptions.get(&step.path).cloned())
            .collect(),
        plan: Arc::new(plan),
        plugins: record.plugins.clone(),
        components: BTreeMap::new(),
        models: record.models.clone(),
        warnings: Vec::new(),
        policy_changes,
    });
    house.keep_prepared(identity, Arc::clone(&prepared));
    Ok(prepared)
}

type Describe<'a> = dyn Fn(&StepPath, &str) -> Option<Arc<Description>> + 'a;

/// Lays the definition's limits over those of the operator.
fn lay_limits(house: &House, plan: &mut Plan) {
    for step in &mut plan.steps {
        step.limits = step.limits_over(&house.configuration.limits);
    }
}

/// Takes grants, limits and retries from the definition of now, step by step. Gives what differs.
fn take_policies(plan: &mut Plan, now: &Definition, describe: &Describe<'_>) -> Vec<String> {
    let (Some(fresh), _) = check(now, describe, None) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    for step in &mut plan.steps {
        let Some(fresh) = fresh.steps.iter().find(|fresh| fresh.path == step.path) else {
            continue;
        };
        if step.grants != fresh.grants {
            changes.push(format!("grants of `{}`", step.path));
            step.grants = fresh.grants;
        }
        if step.limit_overrides != fresh.limit_overrides {
            changes.push(format!("limits of `{}`", step.path));
            step.limit_overrides = fresh.limit_overrides.clone();
        }
        if step.retries != fresh.retries {
            changes.push(format!(
                "retries of `{}`: {} instead of {}",
                step.path, fresh.retries, step.retries
            ));
            step.retries = fresh.retries;
        }
    }
    changes
}
