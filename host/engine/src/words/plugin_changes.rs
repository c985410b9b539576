//! The plugins of a run held against those of the run before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, StepPath, Uses};
use stepwell_store::PinnedPlugin;

/// A step that has another plugin than in the run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginOfBefore {
    /// The step.
    pub step: StepPath,
    /// What names its plugin.
    pub uses: String,
    /// The one of the run before.
    pub from: PluginInUse,
    /// The one that it has now.
    pub to: PluginInUse,
}

/// A plugin that a step uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginInUse {
    /// Its own name and version, such as `draft 1.2.0`; none in a run of an earlier build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The digest of its bytes.
    pub digest: Digest,
}

impl PluginInUse {
    /// The one that a run pins.
    pub(crate) fn now(pinned: &PinnedPlugin) -> Self {
        Self {
            title: pinned.title.clone(),
            digest: pinned.digest,
        }
    }

    /// The one of the run before, where that was another one.
    pub(crate) fn before(pinned: &PinnedPlugin) -> Option<Self> {
        pinned.before.as_ref().map(|before| Self {
            title: before.title.clone(),
            digest: before.digest,
        })
    }

    /// It for a person, by the first digits of its digest.
    #[must_use]
    pub fn told(&self) -> String {
        let digits = format!("{:.12}", self.digest.hex());
        match &self.title {
            Some(title) => format!("{title} ({digits})"),
            None => digits,
        }
    }
}

/// What differs, as one line. The built-in steps, which all come with a version of Stepwell, are told together.
#[must_use]
pub fn other_plugins(changed: &[PluginOfBefore]) -> String {
    let (builtin, others): (Vec<_>, Vec<_>) = changed
        .iter()
        .partition(|change| Uses::of(&change.uses).is_builtin());
    let mut told: Vec<String> = others
        .into_iter()
        .map(
            |PluginOfBefore {
                 step,
                 uses,
                 from,
                 to,
             }| {
                let (from, to) = (from.told(), to.told());
                format!("step `{step}` uses {to} of `{uses}`, where it was {from}")
            },
        )
        .collect();
    if !builtin.is_empty() {
        told.push("the built-in steps are those of another build of Stepwell".to_owned());
    }
    format!("not the plugins of the run before: {}", told.join("; "))
}
