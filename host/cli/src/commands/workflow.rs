//! What a run is begun with, wherever it comes from.

use std::collections::BTreeMap;

use stepwell_contract::Publish;
use stepwell_engine::DefinitionSource;

/// What is to be run.
pub(super) struct Workflow {
    pub(super) definition: DefinitionSource,
    /// The inputs that a run of it had.
    pub(super) inputs: BTreeMap<String, String>,
    /// Where a run of it put what its steps wrote; none is where the definition says.
    pub(super) publish: Option<Publish>,
    /// The model that a run of it had for every step.
    pub(super) model: Option<String>,
}
