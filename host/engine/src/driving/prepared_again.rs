//! A run that was started before, made ready with what it pinned then.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stepwell_contract::{Description, Digest, StepPath};
use stepwell_definition::{Definition, Plan, check, parse_definition};
use stepwell_store::RunRecord;

use super::narrowing::{lay_ceilings, narrow};
use crate::state::{House, PreparedRun, definition_of_now};
use crate::words::EngineError;

/// What a run was started with, with the grants, limits and retries of the definition's file of now (rule E22).
///
/// # Errors
/// The store's; [`EngineError::Definition`] or [`EngineError::Plugin`] where what is kept no longer fits this host.
pub(crate) async fn prepare_pinned(
    house: &House,
    record: &RunRecord,
) -> Result<Arc<PreparedRun>, EngineError> {
    prepare_pinned_by(house, record, definition_of_now(record).await).await
}

/// As [`prepare_pinned`], by what the definition's file says now, where there is one.
pub(crate) async fn prepare_pinned_by(
    house: &House,
    record: &RunRecord,
    of_now: Option<String>,
) -> Result<Arc<PreparedRun>, EngineError> {
    let identity = serde_json::json!([record.definition, record.plugins, record.models, of_now]);
    let identity = Digest::of(identity.to_string());
    if let Some(prepared) = house.prepared.get(&identity) {
        return Ok(prepared);
    }
    let text = house.text(&record.definition).await?;
    let file = record
        .definition_file
        .clone()
        .unwrap_or_else(|| "definition.toml".into());
    let mut descriptions = BTreeMap::new();
    for (path, pinned) in &record.plugins {
        descriptions.insert(path.clone(), house.described(pinned).await?);
    }
    let describe = |path: &StepPath, _: &str| descriptions.get(path).cloned();
    let (definition, mut diagnostics) = parse_definition(&text, &file);
    let (plan, found) = match &definition {
        Some(definition) => check(definition, &describe, None, &*house.texts).await,
        None => (None, Vec::new()),
    };
    diagnostics.extend(found);
    let Some(mut plan) = plan else {
        return Err(EngineError::Definition {
            diagnostics,
            source_text: text,
        });
    };
    let mut policy_changes = match of_now
        .filter(|now| *now != text)
        .and_then(|now| parse_definition(&now, &file).0)
    {
        Some(definition) => take_policies(house, &mut plan, &definition, &describe).await,
        None => Vec::new(),
    };
    lay_limits(house, &mut plan);
    let folder = Path::new(&file).parent().unwrap_or(Path::new(""));
    lay_ceilings(house, folder, &mut plan).await?;
    policy_changes.extend(narrow(&mut plan));
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
    house.prepared.keep(identity, Arc::clone(&prepared));
    Ok(prepared)
}

type Describe<'a> = dyn Fn(&StepPath, &str) -> Option<Arc<Description>> + Sync + 'a;

/// Lays the definition's limits over those of the operator.
fn lay_limits(house: &House, plan: &mut Plan) {
    for step in &mut plan.steps {
        step.limits = step.limits_over(&house.configuration.limits);
    }
}

/// Takes grants, limits and retries from the definition of now, step by step. Gives what differs.
async fn take_policies(
    house: &House,
    plan: &mut Plan,
    now: &Definition,
    describe: &Describe<'_>,
) -> Vec<String> {
    let (Some(fresh), _) = check(now, describe, None, &*house.texts).await else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    // A group does nothing: where a step of the file stands alone, those around it are groups.
    for step in plan.steps.iter_mut().filter(|step| step.uses.is_some()) {
        let Some(fresh) = fresh.steps.iter().find(|fresh| fresh.path == step.path) else {
            continue;
        };
        if step.grants != fresh.grants {
            changes.push(format!("grants of `{}`", step.path));
            step.grants = fresh.grants.clone();
        }
        if step.limit_overrides != fresh.limit_overrides {
            changes.push(format!("limits of `{}`", step.path));
            step.limit_overrides = fresh.limit_overrides.clone();
        }
        if step.budget != fresh.budget {
            changes.push(format!("budget of `{}`", step.path));
            step.budget = fresh.budget;
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
