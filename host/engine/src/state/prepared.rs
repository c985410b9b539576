//! A definition that is checked, with the plugins that its steps use.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Description, Digest, ExecutionKey, Position, StepPath};
use stepwell_definition::{Diagnostic, Plan};
use stepwell_store::{PinnedModel, PinnedPlugin, RunRecord};

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
}
