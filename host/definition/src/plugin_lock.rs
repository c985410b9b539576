//! `stepwell.lock`: which plugins a project runs, each by its digest, with what it can do and what it wants.
//!
//! Whoever holds a plugin against it tells what is there now as [`LockedPlugin`]s; what differs is data, so that a person can be
//! asked about it in words and a program can decide.

mod difference;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Ability, Description, Digest};

pub use difference::{PluginChange, PluginDifference, PluginNews};

/// The name of the file, beside the operator's `stepwell.toml`.
pub const PLUGIN_LOCK: &str = "stepwell.lock";
/// The version of its form that this build writes, and the newest that it reads.
const FORM: u32 = 1;
/// What stands at its top, for whoever meets it.
const HEAD: &str = "\
# The plugins of this project, each by its digest, with what it can do and what it wants: another one isn't run without a yes.
# Stepwell writes this file; keep it under version control.
";

/// The plugins that a project runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginLock {
    /// The version of Stepwell whose built-in steps are used; none where no step of a locked definition is one.
    pub stepwell: Option<String>,
    /// The others, by what names them: `uses`, a path as seen from the file.
    pub plugins: BTreeMap<String, LockedPlugin>,
}

/// A plugin as it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockedPlugin {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Where it is in a registry, whatever its tag means by now: the digest of its manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
    /// Its own name.
    pub name: String,
    /// Its version, as it says itself.
    pub plugin_version: String,
    /// What it can do by what it imports, and by which functions or interfaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub can: BTreeMap<Ability, BTreeSet<String>>,
    /// The grants that it says it needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wants: BTreeMap<String, String>,
    /// Its own prompts, by the digest of their text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, Digest>,
}

impl LockedPlugin {
    /// A plugin that says this of itself, and can do that.
    #[must_use]
    pub fn of(
        digest: Digest,
        description: &Description,
        can: BTreeMap<Ability, BTreeSet<String>>,
    ) -> Self {
        let grants = description.grants.iter();
        let prompts = description.prompts.iter();
        Self {
            digest,
            manifest: None,
            name: description.name.clone(),
            plugin_version: description.version.clone(),
            can,
            wants: grants
                .map(|grant| (grant.name.clone(), grant.value.clone()))
                .collect(),
            prompts: prompts
                .map(|prompt| (prompt.name.clone(), Digest::of(&prompt.intrinsic)))
                .collect(),
        }
    }

    /// Whether both are described in the same way: what follows from the bytes of a component, and is written beside its digest.
    #[must_use]
    pub fn is_described_as(&self, other: &Self) -> bool {
        let said = |it: &Self| Self {
            manifest: None,
            ..it.clone()
        };
        said(self) == said(other)
    }

    /// Its name and version, for a person.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.plugin_version)
    }
}

/// Why a lock can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockUnread {
    /// It isn't written as one.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A later version of Stepwell wrote it.
    #[error(
        "a later version of Stepwell wrote it: its form is {0}, and this one reads up to {FORM}"
    )]
    Later(u32),
}

/// The file as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    form: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stepwell: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    plugins: BTreeMap<String, LockedPlugin>,
}

/// What tells the form, whatever else a later one has.
#[derive(Debug, Deserialize)]
struct Form {
    form: u32,
}

impl PluginLock {
    /// Reads the text of such a file.
    ///
    /// # Errors
    /// [`LockUnread`].
    pub fn parse(text: &str) -> Result<Self, LockUnread> {
        let damaged = |error: toml::de::Error| LockUnread::Damaged(error.to_string());
        let Form { form } = toml::from_str(text).map_err(damaged)?;
        if form > FORM {
            return Err(LockUnread::Later(form));
        }
        let written: Written = toml::from_str(text).map_err(damaged)?;
        Ok(Self {
            stepwell: written.stepwell,
            plugins: written.plugins,
        })
    }

    /// Its text: the same for the same plugins.
    ///
    /// # Errors
    /// What TOML can't hold.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let written = Written {
            form: FORM,
            stepwell: self.stepwell.clone(),
            plugins: self.plugins.clone(),
        };
        Ok(format!("{HEAD}{}", toml::to_string(&written)?))
    }
}
