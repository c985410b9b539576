//! Where a step comes from that is compared, or that a text is tried with.

use std::path::Path;

use stepwell_contract::Uses;
use stepwell_engine::{CompareIn, DefinitionSource};

use super::texts;
use crate::arguments::{SettingValue, WorkspaceAccess};
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
use crate::wiring::{Context, Wired};

/// A step as it was named.
pub(super) struct Named<'n> {
    pub(super) step: &'n str,
    pub(super) run: Option<&'n str>,
    pub(super) definition: Option<&'n Path>,
    /// Those of a plugin alone.
    pub(super) settings: &'n [SettingValue],
    pub(super) grant_workspace: Option<WorkspaceAccess>,
}

/// Whether a step's name is that of a plugin.
pub(super) fn is_plugin(step: &str) -> bool {
    match Uses::of(step) {
        Uses::Builtin(_) | Uses::Elsewhere(_) => true,
        Uses::File(path) => Path::new(path).extension().is_some_and(|end| end == "wasm"),
    }
}

impl Named<'_> {
    /// The step and where it comes from: what is named, or a plugin where it looks like one, or the last run.
    pub(super) async fn found(
        &self,
        context: &Context,
        wired: &Wired,
    ) -> Result<(String, CompareIn), CommandError> {
        let within = self.within(context, wired).await?;
        let step = match &within {
            CompareIn::Plugin { .. } => Uses::seen_from(self.step, &context.start),
            _ => self.step.to_owned(),
        };
        Ok((step, within))
    }

    async fn within(&self, context: &Context, wired: &Wired) -> Result<CompareIn, CommandError> {
        if let Some(run) = self.run {
            let run = wired.engine.find_run(run).await?;
            return Ok(CompareIn::Run { run });
        }
        if let Some(file) = self.definition {
            let path = context.start.join(file);
            let text = texts::definition(&path)?;
            let definition = DefinitionSource {
                text,
                file: Some(path.display().to_string()),
            };
            return Ok(CompareIn::Definition { definition });
        }
        if is_plugin(self.step) {
            let settings = self.settings.iter();
            return Ok(CompareIn::Plugin {
                folder: Some(context.start.display().to_string()),
                settings: settings
                    .map(|setting| (setting.key.clone(), setting.value.clone()))
                    .collect(),
                grant_workspace: self.grant_workspace.map(|access| access.word().to_owned()),
            });
        }
        let step = self.step;
        let last = wired.engine.find_run("last").await;
        match last {
            Ok(run) => Ok(CompareIn::Run { run }),
            // It is there, and another one is not what was meant.
            Err(error) if error.exit() == Exit::Store => Err(error),
            Err(_) => Err(StepError::NoRun {
                step: step.to_owned(),
            }
            .into()),
        }
    }
}
