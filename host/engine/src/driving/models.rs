//! The models of a plan's steps: which one each asks, and what keeps a step from asking it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Budget, ChatError, Description, Inference, StepPath};
use stepwell_definition::{Definition, Diagnostic, Plan, PlannedStep, Severity};
use stepwell_store::PinnedModel;

use super::asking::Asking;
use crate::state::{House, pinned};
use crate::words::EngineError;

/// The steps whose model can't be asked as they are to ask it: its wire format has no word for that. Else that would show when it is needed,
/// after others were paid.
pub(super) fn unsaid(
    house: &House,
    plan: &Plan,
    definition: &Definition,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let problem = |step: &PlannedStep| {
        let name = &models.get(&step.path)?.name;
        let model = house.models.resolve(Some(name)).ok()?;
        let error = house.models.check_inference(&model, step.inference).err()?;
        let span = definition.step(&step.path)?.id.span;
        let message = format!(
            "step `{}` can't ask the model `{name}` so: {}",
            step.path, error.message
        );
        Some(definition.error("model", span, message, None))
    };
    plan.steps.iter().filter_map(problem).collect()
}

/// What is worth a warning about the models that are to be asked instead of others.
pub(super) fn doubts_of_others(
    house: &House,
    plan: &Plan,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let mut doubts = unpriced_instead(house, plan, models);
    doubts.extend(unsaid_instead(house, plan, models));
    doubts
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
pub(super) fn warning(message: String, hint: Option<String>) -> Diagnostic {
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
fn unpriced_instead(
    house: &House,
    plan: &Plan,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let is_unpriced = |name: &str| {
        let model = house.models.resolve(Some(name));
        model.is_ok_and(|model| model.prices.is_none())
    };
    let mut told = BTreeSet::new();
    for step in &plan.steps {
        let Some(meant) = models.get(&step.path) else {
            continue;
        };
        let Some(setting) = bounds_money(house, step) else {
            continue;
        };
        let names = meant.fallback.iter().map(|other| other.name.as_str());
        for other in names.filter(|name| is_unpriced(name)) {
            told.insert((other, meant.name.as_str(), setting.clone()));
        }
    }
    let warned = told.into_iter().map(|(other, meant, setting)| {
        let message = format!(
            "the model `{other}` is to be asked where `{meant}` can't answer, and won't be: its price isn't known, and {setting} bounds what may be spent"
        );
        let hint = "give it a `price`, or bound tokens instead of money";
        warning(message, Some(hint.into()))
    });
    warned.collect()
}

/// A line that bounds the money that a step may spend.
fn bounds_money(house: &House, step: &PlannedStep) -> Option<String> {
    let budgets = &house.configuration.budgets;
    let of_operator = [
        ("budgets.run.money", budgets.run),
        ("budgets.step.money", budgets.step),
        ("budgets.day.money", budgets.day),
    ];
    let bounds = |budget: &Budget| budget.money.is_some();
    let of_operator = of_operator.iter().find(|(_, budget)| bounds(budget));
    if let Some((setting, _)) = of_operator {
        return Some(format!("`{setting}`"));
    }
    if bounds(&step.budget) {
        return Some(format!("`budget.money` of step `{}`", step.path));
    }
    let mut of_sources = step.ceiling.budgets.iter();
    let by = of_sources.find(|by| bounds(&by.most))?;
    Some(format!("`sources.{}.budget.money`", by.source))
}

/// The model of each step that asks one.
pub(super) fn pin_models(
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
            Err(_) if asking.is_never() && named.is_none() => continue,
            Err(error) => return Err(EngineError::Model(error)),
        };
        lacking = lacking.or_else(|| house.models.check(&model).err());
        pins.insert(step.path.clone(), pinned(&house.models, model));
    }
    Ok((pins, lacking))
}
