//! Where plugins are tested: a sandbox and the built-in steps, and nothing of the project's store.

use stepwell_plugin_tests::Parts;

use super::Context;
use super::builtin::builtin_steps;
use crate::errors::CommandError;

impl Context {
    /// What a bench for a plugin is built from.
    pub(crate) fn parts_of_bench(&self) -> Result<Parts, CommandError> {
        let setting = self.setting()?;
        Ok(Parts {
            runner: self.runner(&setting),
            texts: self.texts(&setting.store),
            builtin: builtin_steps(),
            apart: self.steps_apart(),
            sources: setting.configuration.sources,
            folder: self.scratch.folder()?,
        })
    }
}
