//! One step alone, in a run of its own: of a plugin, or of a definition.

use stepwell_contract::RunId;

use super::Operations;
use crate::driving::{Asking, definition_alone, step_of_definition};
use crate::words::{EngineError, RunAlone, RunStepAlone, StartRun};

impl Operations {
    pub(super) async fn start_alone(&self, request: RunAlone) -> Result<RunId, EngineError> {
        self.start_alone_asking(request, Asking::Now).await
    }

    pub(super) async fn start_step_alone(
        &self,
        request: RunStepAlone,
    ) -> Result<RunId, EngineError> {
        self.start_step_alone_asking(request, Asking::Now).await
    }

    /// As [`Operations::start_alone`], for who asks the models then.
    pub(super) async fn start_alone_asking(
        &self,
        request: RunAlone,
        asking: Asking,
    ) -> Result<RunId, EngineError> {
        let definition = definition_alone(&self.house, &self.reach, &request).await?;
        let request = StartRun {
            inputs: request.inputs,
            workspace: request.workspace,
            answers: request.answers,
            no_questions: request.no_questions,
            model: request.model,
            label: request.label,
            confirmed: request.confirmed,
            ..StartRun::new(definition)
        };
        self.start_asking(request, asking).await
    }

    /// As [`Operations::start_step_alone`], for who asks the models then.
    pub(super) async fn start_step_alone_asking(
        &self,
        request: RunStepAlone,
        asking: Asking,
    ) -> Result<RunId, EngineError> {
        let definition = step_of_definition(&self.house, &self.reach, &request, asking).await?;
        let request = StartRun {
            inputs: request.inputs,
            workspace: request.workspace,
            answers: request.answers,
            no_questions: request.no_questions,
            model: request.model,
            label: request.label,
            confirmed: request.confirmed,
            ..StartRun::new(definition)
        };
        self.start_asking(request, asking).await
    }
}
