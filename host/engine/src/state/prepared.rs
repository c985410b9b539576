//! A definition that is checked, with the plugins that its steps use.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Description, Digest, ExecutionKey, Position, StepPath};
use stepwell_definition::{Diagnostic, Plan};
use stepwell_llm::{Models, ResolvedModel};
use stepwell_store::{PinnedModel, PinnedPlugin, RunRecord};
use stepwell_workers::LargeFile;

use crate::words::RunError;

/// A definition that is checked, with the plugins that its steps use.
pub(crate) struct PreparedRun {
    pub(crate) plan: Arc<Plan>,
    /// What each step's plugin says of itself, by the step's place in the plan.
    pub(crate) descriptions: Vec<Option<Arc<Description>>>,
    pub(crate) plugins: BTreeMap<StepPath, PinnedPlugin>,
    /// The bytes of the plugins, until they are kept: a run outlives the files that it was started with (rule E22).
    pub(crate) components: BTreeMap<Digest, LargeFile>,
    pub(crate) models: BTreeMap<StepPath, PinnedModel>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Grants, limits and retries that differ from those of the definition that the run pinned (rule E22).
    pub(crate) policy_changes: Vec<String>,
}

/// A model as a run pins it, without those that are asked instead of it.
pub(crate) fn pinned_alone(model: ResolvedModel) -> PinnedModel {
    PinnedModel {
        name: model.name,
        provider: model.provider,
        model: model.provider_model,
        fallback: Vec::new(),
        other: Default::default(),
    }
}

/// A model as a run pins it.
pub(crate) fn pinned(models: &Models, model: ResolvedModel) -> PinnedModel {
    let others = model.fallback.iter();
    // One that isn't set up is found when the settings are read.
    let others = others.filter_map(|name| models.resolve(Some(name)).ok());
    PinnedModel {
        fallback: others.map(pinned_alone).collect(),
        ..pinned_alone(model)
    }
}

/// The place of a step that somebody names.
pub(crate) fn require_step(plan: &Plan, path: &StepPath) -> Result<usize, RunError> {
    plan.index_of(path).ok_or_else(|| RunError::NoSuchStep {
        given: path.to_string(),
        workflow: plan.name.to_string(),
        steps: plan
            .steps
            .iter()
            .map(|step| step.path.to_string())
            .collect(),
    })
}

impl PreparedRun {
    /// The place of a step.
    pub(crate) fn require_step(&self, path: &StepPath) -> Result<usize, RunError> {
        require_step(&self.plan, path)
    }

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
}
