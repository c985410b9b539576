//! From a definition to something that can be driven: parsed, its plugins loaded, checked, its pins chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use stepwell_contract::{ChatError, Description, Inference, StepPath};
use stepwell_definition::{
    Definition, Diagnostic, LARGEST_DEFINITION, Plan, PlannedStep, Severity, StepDefinition, check,
    most_of, parse_definition,
};
use stepwell_store::{PinnedModel, PinnedPlugin};
use stepwell_workers::off_the_workers;

use super::loading::load;
use crate::state::{House, PreparedRun, Reach, pinned};
use crate::words::{DefinitionSource, EngineError, PluginError};

/// When the models of a definition are to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// At once: one whose key is missing is an error.
    Now,
    /// Not yet: the definition is looked at, and a missing key is worth a warning.
    Later,
    /// Never: what they would be asked is looked at, and that there is none is no matter.
    Never,
}

/// The text that problems have their places in. One that wasn't even looked at has none.
fn shown(text: &str) -> String {
    match text.len() <= LARGEST_DEFINITION {
        true => text.to_owned(),
        false => String::new(),
    }
}

/// Parses and checks a definition, and loads the plugins that it names.
///
/// # Errors
/// [`EngineError::Definition`] with every problem, those of its plugins and models among them; [`EngineError::OutOfReach`].
pub(crate) async fn prepare(
    house: &House,
    reach: &Reach,
    source: &DefinitionSource,
    model: Option<&str>,
    asking: Asking,
) -> Result<PreparedRun, EngineError> {
    if let Some(file) = &source.file {
        reach.require(file).await?;
    }
    let file = source
        .file
        .clone()
        .unwrap_or_else(|| "definition.toml".into());
    let (text, named) = (source.text.clone(), file.clone());
    let parsed = move || parse_definition(&text, &named);
    let (definition, mut diagnostics) = off_the_workers(parsed).await;
    let refused = |diagnostics: Vec<Diagnostic>| EngineError::Definition {
        diagnostics,
        source_text: shown(&source.text),
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
        match load(house, reach, &uses.value, folder).await {
            Ok(plugin) => {
                // What is kept already, or never will be, takes no room.
                if asking == Asking::Now && !house.store.has_blob(&plugin.digest).await? {
                    components.insert(plugin.digest, plugin.component);
                }
                let pin = PinnedPlugin {
                    uses: uses.value.clone(),
                    digest: plugin.digest,
                    other: Default::default(),
                };
                loaded.insert(path, (pin, plugin.description));
            }
            // Nothing is wrong with the definition.
            Err(error @ PluginError::NoRoom(_)) => {
                return Err(EngineError::Plugin {
                    uses: uses.value.clone(),
                    error,
                });
            }
            Err(error) => {
                let missing = matches!(
                    error,
                    PluginError::NoFile { .. }
                        | PluginError::File { .. }
                        | PluginError::NoSuchBuiltin { .. }
                        | PluginError::NotBuilt { .. }
                        | PluginError::BareName { .. }
                );
                let message = format!(
                    "the plugin `{}` of step `{path}` can't be used: {error}",
                    uses.value
                );
                let mut problem = definition.error("plugin", uses.span, message, None);
                problem.remedy = Some(error.remedy());
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
    let (plan, found) = check(&definition, &describe, known, &*house.texts).await;
    diagnostics.extend(found);
    let mut diagnostics = most_of(diagnostics, &file);
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
    let (models, lacking) = pin_models(house, &plan, &descriptions, model, asking)?;
    if asking != Asking::Never {
        let unsaid = unsaid(house, &plan, &definition, &models);
        if !unsaid.is_empty() {
            diagnostics.extend(unsaid);
            return Err(refused(diagnostics));
        }
    }
    match (lacking, asking) {
        (None, _) | (_, Asking::Never) => {}
        (Some(lacking), Asking::Now) => return Err(EngineError::Model(lacking)),
        (Some(lacking), Asking::Later) => diagnostics.push(Diagnostic {
            severity: Severity::Warning,
            code: "model".into(),
            file,
            span: None,
            message: lacking.message,
            hint: None,
            remedy: None,
            secret: false,
        }),
    }
    if asking != Asking::Never {
        diagnostics.extend(unpriced_instead(house, &models));
        diagnostics.extend(unsaid_instead(house, &plan, &models));
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
    defined(steps, path).is_some_and(|step| step.optional)
}

/// The step of this path.
fn defined<'d>(steps: &'d [StepDefinition], path: &StepPath) -> Option<&'d StepDefinition> {
    let mut steps = steps;
    let mut found = None;
    for id in path.ids() {
        let step = steps.iter().find(|step| step.id.value.as_str() == id)?;
        found = Some(step);
        steps = &step.steps;
    }
    found
}

/// The steps whose model can't be asked as they are to ask it: its wire format has no word for that. Else that would show when it is needed,
/// after others were paid.
fn unsaid(
    house: &House,
    plan: &Plan,
    definition: &Definition,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let problem = |step: &PlannedStep| {
        let name = &models.get(&step.path)?.name;
        let model = house.models.resolve(Some(name)).ok()?;
        let error = house.models.check_inference(&model, step.inference).err()?;
        let span = defined(&definition.steps, &step.path)?.id.span;
        let message = format!(
            "step `{}` can't ask the model `{name}` so: {}",
            step.path, error.message
        );
        Some(definition.error("model", span, message, None))
    };
    plan.steps.iter().filter_map(problem).collect()
}

/// The models that are to be asked instead of others and can't be asked as a step is to ask.
fn unsaid_instead(
    house: &House,
    plan: &Plan,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for step in &plan.steps {
        let Some(meant) = models.get(&step.path) else {
            continue;
        };
        // As where it is asked: a wish for caching is left out for it.
        let inference = Inference {
            caching: None,
            ..step.inference
        };
        for other in &meant.fallback {
            let model = house.models.resolve(Some(&other.name));
            let checked = model.map(|model| house.models.check_inference(&model, inference));
            let Ok(Err(error)) = checked else {
                continue;
            };
            let message = format!(
                "the model `{}` is to be asked where `{}` can't answer, and won't be for step `{}`: {}",
                other.name, meant.name, step.path, error.message
            );
            if told.insert(message.clone()) {
                found.push(warning(message, None));
            }
        }
    }
    found
}

/// A warning that is about what `stepwell.toml` says.
fn warning(message: String, hint: Option<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code: "model".into(),
        file: "stepwell.toml".into(),
        span: None,
        message,
        hint,
        remedy: None,
        secret: false,
    }
}

/// The models without a known price that are to be asked instead of others, where a budget in money keeps them from it: else that would show
/// when they are needed.
fn unpriced_instead(house: &House, models: &BTreeMap<StepPath, PinnedModel>) -> Vec<Diagnostic> {
    let budgets = &house.configuration.budgets;
    let capped = [
        ("budgets.run.money", budgets.run),
        ("budgets.step.money", budgets.step),
        ("budgets.day.money", budgets.day),
    ];
    let capped = capped.iter().find(|(_, budget)| budget.money.is_some());
    let Some((setting, _)) = capped else {
        return Vec::new();
    };
    let instead = models.values().flat_map(|meant| {
        let others = meant.fallback.iter();
        others.map(move |other| (other.name.as_str(), meant.name.as_str()))
    });
    let is_unpriced = |name: &str| {
        let model = house.models.resolve(Some(name));
        model.is_ok_and(|model| model.prices.is_none())
    };
    let unpriced: BTreeSet<_> = instead.filter(|(other, _)| is_unpriced(other)).collect();
    let told = |(other, meant): (&str, &str)| {
        let message = format!(
            "the model `{other}` is to be asked where `{meant}` can't answer, and won't be: its price isn't known, and `{setting}` bounds what may be spent"
        );
        let hint = "give it a `price`, or bound tokens instead of money";
        warning(message, Some(hint.into()))
    };
    unpriced.into_iter().map(told).collect()
}

/// The model of each step that asks one.
fn pin_models(
    house: &House,
    plan: &Plan,
    descriptions: &[Option<Arc<Description>>],
    instead: Option<&str>,
    asking: Asking,
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
        let model = match house.models.resolve(named) {
            Ok(model) => model,
            // Whoever names one wants to see that one.
            Err(_) if asking == Asking::Never && named.is_none() => continue,
            Err(error) => return Err(EngineError::Model(error)),
        };
        lacking = lacking.or_else(|| house.models.check(&model).err());
        pins.insert(step.path.clone(), pinned(&house.models, model));
    }
    Ok((pins, lacking))
}
