//! The prompts that the store keeps, and which version is current.

use std::sync::Arc;

use stepwell_contract::{Field, Name, Remedy, TemplateError, TextServiceFailed};
use stepwell_definition::{UnknownVariable, unknown_variables};
use stepwell_store::{Change, PromptChange, PromptRecord, StoreError};

use super::house::House;
use crate::words::{EngineError, PromptSummary, UseVersion, VersionError, prompt_summary};

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
                Ok(unknown.first().map(UnknownVariable::placed))
            }
            Err(TemplateError::Failed(failed)) => Err(failed),
            Err(error) => Ok(Some(error.to_string())),
        }
    }

    /// Holds a template against the variables of its plugin. Gives the warnings.
    ///
    /// # Errors
    /// [`VersionError`] where no plugin could fill it, or nothing can be told of it.
    pub(crate) async fn check_template(
        &self,
        content: &str,
        variables: Option<&[Field]>,
    ) -> Result<Vec<String>, EngineError> {
        if content.trim().is_empty() {
            return Err(VersionError::Empty.into());
        }
        let used = match self.texts.read_template(content).await {
            Ok(used) => used,
            Err(TemplateError::Failed(failed)) => return Err(failed.into()),
            Err(error) => {
                let remedy = Remedy::said(error.hint());
                let message = error.to_string();
                return Err(VersionError::Template { message, remedy }.into());
            }
        };
        let Some(variables) = variables else {
            return Ok(Vec::new());
        };
        let problems = unknown_variables(&used, variables);
        if let Some(first) = problems.first() {
            let message = problems
                .iter()
                .map(UnknownVariable::placed)
                .collect::<Vec<_>>()
                .join("; ");
            return Err(VersionError::Template {
                message,
                remedy: Remedy::said(&first.hint),
            }
            .into());
        }
        let unused = variables
            .iter()
            .filter(|field| field.required && !used.iter().any(|used| used.name == field.name));
        Ok(unused
            .map(|field| {
                format!(
                    "the template doesn't use the variable `{}` ({})",
                    field.name, field.description
                )
            })
            .collect())
    }

    pub(crate) async fn prompt_record(
        &self,
        name: &Name,
    ) -> Result<Arc<PromptRecord>, EngineError> {
        let record = self.store.prompt(name).await?;
        record.ok_or_else(|| StoreError::NoSuchPrompt { name: name.clone() }.into())
    }
}
