//! The prompts that the store keeps, and which version is current.

use std::sync::Arc;

use stepwell_contract::{Field, Name, TemplateError, TextServiceFailed};
use stepwell_definition::unknown_variables;
use stepwell_store::{Change, PromptChange, PromptRecord, StoreError};

use super::house::House;
use crate::words::{EngineError, PromptSummary, UseVersion, prompt_summary};

impl House {
    /// One prompt that is stored.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPrompt`], or the store's.
    pub(crate) async fn stored_prompt(&self, name: &Name) -> Result<PromptSummary, EngineError> {
        Ok(prompt_summary(&*self.prompt_record(name).await?, true))
    }

    /// Makes a kept version current.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPrompt`], [`StoreError::NoSuchVersion`], or the store's.
    pub(crate) async fn use_prompt_version(
        &self,
        request: UseVersion,
    ) -> Result<PromptSummary, EngineError> {
        let name = request.name;
        let change = PromptChange::Use {
            name: name.clone(),
            number: request.number,
            by: request.by,
            reason: request.reason,
            comparison: request.comparison,
            at: self.now(),
        };
        self.store.commit(vec![Change::Prompt(change)]).await?;
        self.stored_prompt(&name).await
    }

    /// Why a plugin that fills in these variables can't use a template.
    pub(crate) async fn misfit(
        &self,
        template: &str,
        variables: &[Field],
    ) -> Result<Option<String>, TextServiceFailed> {
        match self.texts.read_template(template).await {
            Ok(used) => {
                let unknown = unknown_variables(&used, variables);
                Ok(unknown.into_iter().next().map(|problem| problem.message))
            }
            Err(TemplateError::Failed(failed)) => Err(failed),
            Err(error) => Ok(Some(error.to_string())),
        }
    }

    pub(crate) async fn prompt_record(
        &self,
        name: &Name,
    ) -> Result<Arc<PromptRecord>, EngineError> {
        let record = self.store.prompt(name).await?;
        record.ok_or_else(|| StoreError::NoSuchPrompt { name: name.clone() }.into())
    }
}
