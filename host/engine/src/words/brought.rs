//! What a run tells of a prompt that a plugin brought along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, Name, Remedy, StepPath};

/// A plugin brought along a text of a prompt that it didn't before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BroughtPrompt {
    /// The step that uses it.
    pub step: StepPath,
    /// The name under which the versions are kept.
    pub prompt: Name,
    /// The plugin, with its version.
    pub plugin: String,
    /// The digest of the text.
    pub text: Digest,
    /// The version that the step uses; 0 is the plugin's own text, where that isn't stored.
    pub number: u32,
    /// Whether that has the plugin's text.
    pub is_used: bool,
}

impl BroughtPrompt {
    /// The same before any run has begun with it: nothing is stored yet.
    #[must_use]
    pub fn ahead(&self, worded: impl Fn(&Remedy) -> String) -> String {
        if !self.is_used {
            return self.told(worded);
        }
        let Self {
            step,
            prompt,
            plugin,
            number,
            ..
        } = self;
        format!(
            "{plugin} brings a new prompt `{prompt}`: a run will make it v{number} and current, and step `{step}` will use it"
        )
    }

    /// It as a line that begins with the plugin, with what can be done, which is `worded` by whoever tells it.
    #[must_use]
    pub fn told(&self, worded: impl Fn(&Remedy) -> String) -> String {
        let Self {
            step,
            prompt,
            plugin,
            number,
            ..
        } = self;
        if self.is_used {
            return format!(
                "{plugin} brings a new prompt `{prompt}`: it is v{number}, which is current, and step `{step}` uses it"
            );
        }
        let name = prompt.clone();
        format!(
            "{plugin} brings a new prompt `{prompt}`, which isn't used: step `{step}` uses v{number}; {}",
            worded(&Remedy::TakeIntrinsic { name })
        )
    }
}
