//! A prompt and its versions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Digest, Field, Name};

use super::{IntrinsicRecord, OtherFields, PinnedPrompt, no_content};
use crate::StoreError;

/// How many versions of a prompt are kept. Adding one more deletes the oldest.
pub const KEPT_VERSIONS: usize = 4;

/// How many entries of [`PromptRecord::promotions`] are kept: a step that adds versions for ever must not make the record
/// grow for ever.
pub const KEPT_PROMOTIONS: usize = 500;

/// All that is kept under one prompt name. One record, so that every rule holds in one write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptRecord {
    /// The prompt's name.
    pub name: Name,
    /// The kept versions, oldest first; at most [`KEPT_VERSIONS`], never empty.
    pub versions: Vec<VersionRecord>,
    /// The number of the current version; always one of `versions`.
    pub current: u32,
    /// The number that the next version gets. It only grows, so a number is never used again.
    pub next_number: u32,
    /// Who made which version current, when and why, oldest first; the last [`KEPT_PROMOTIONS`].
    #[serde(default)]
    pub promotions: Vec<Promotion>,
    /// The variables of the plugin that last used or declared the name; none while no plugin has.
    #[serde(default)]
    pub variables: Option<Vec<Field>>,
    /// What the plugins that use the name bring along, the one that used it last at the end; at most [`KEPT_INTRINSIC`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intrinsic: Vec<IntrinsicRecord>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl PromptRecord {
    /// The version with this number, if it is kept.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&VersionRecord> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }

    /// The same, for whoever needs it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchVersion`] where it isn't kept.
    pub fn kept(&self, number: u32) -> Result<&VersionRecord, StoreError> {
        self.version(number)
            .ok_or_else(|| StoreError::NoSuchVersion {
                name: self.name.clone(),
                number,
                kept: self.versions.iter().map(|kept| kept.number).collect(),
            })
    }

    /// The template of a version, for whoever sends, shows or compares it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchVersion`] where it isn't kept, [`StoreError::UnreadableVersion`] where its template can't be read.
    pub fn template(&self, number: u32) -> Result<&str, StoreError> {
        let version = self.kept(number)?;
        version.content.as_deref().map_err(|reason| {
            let (name, reason) = (self.name.clone(), reason.clone());
            StoreError::UnreadableVersion {
                name,
                number,
                reason,
            }
        })
    }

    /// The current version.
    #[must_use]
    pub fn current_version(&self) -> Option<&VersionRecord> {
        self.version(self.current)
    }

    /// What the plugin brings along that used the prompt last.
    #[must_use]
    pub fn intrinsic(&self) -> Option<&IntrinsicRecord> {
        self.intrinsic.last()
    }

    /// The latest kept version with a text, by its digest. Numbers grow, so it is the one that a person saw last.
    #[must_use]
    pub fn version_with(&self, text: &Digest) -> Option<&VersionRecord> {
        let mut versions = self.versions.iter();
        versions.rfind(|version| version.digest == *text)
    }

    /// Whether a plugin's new text may take the place of the current version: it is a plugin's own, and nobody chose it.
    #[must_use]
    pub fn is_left_to_plugins(&self) -> bool {
        let current = self.current_version();
        let intrinsic = current.filter(|version| version.origin == Origin::Intrinsic);
        intrinsic.is_some_and(|version| !self.is_chosen(version))
    }

    /// Whether somebody made a version current last.
    fn is_chosen(&self, version: &VersionRecord) -> bool {
        let mut promotions = self.promotions.iter();
        let last = promotions.rfind(|promotion| promotion.number == version.number);
        last.is_some_and(|last| match last.decided {
            Some(decided) => decided == Decided::Somebody,
            // An earlier build didn't say it. It became current when it was made, or it was gone back to: that may have been a
            // person's choice.
            None => last.at != version.created_at,
        })
    }

    /// The latest version created.
    #[must_use]
    pub fn latest(&self) -> Option<&VersionRecord> {
        self.versions.iter().max_by_key(|version| version.number)
    }
}

/// A version became current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Promotion {
    /// The version.
    pub number: u32,
    /// Who made it current: a person's name, a plugin, a step.
    #[serde(default)]
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    #[serde(default)]
    pub reason: String,
    /// The comparison that was the reason.
    #[serde(default)]
    pub comparison: Option<ComparisonId>,
    /// Whose decision it was; none in what earlier builds wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Whose decision it was that a version became current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// That of a person, or of a step that may: it stands until the next one.
    Somebody,
    /// Nobody's: a plugin brought its own text along, which holds until somebody decides.
    Plugin,
}

/// One version of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionRecord {
    /// v1 is 1.
    pub number: u32,
    /// The template, or why it can't be read: a version is unreadable by itself. It is stored as a blob and not here, so that
    /// runs outlive the version.
    #[serde(with = "no_content")]
    #[schemars(with = "String")]
    pub content: Result<String, String>,
    /// The digest of the template.
    pub digest: Digest,
    /// Why it was made; may be empty.
    #[serde(default)]
    pub note: String,
    /// Where it came from.
    #[serde(default)]
    pub origin: Origin,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last became current or ceased to be.
    pub updated_at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl VersionRecord {
    /// Whether its template is this one, also where it can't be read.
    pub(crate) fn is(&self, content: &str) -> bool {
        self.digest == Digest::of(content)
    }

    /// As a run pins it that uses the prompt of this name.
    #[must_use]
    pub fn pinned(&self, name: &Name) -> PinnedPrompt {
        PinnedPrompt {
            name: name.to_string(),
            number: self.number,
            digest: self.digest,
            unsaved: false,
            other: OtherFields::new(),
        }
    }
}

/// Where a version came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A person wrote it.
    #[default]
    Person,
    /// It is a plugin's intrinsic prompt, untouched.
    Intrinsic,
    /// A step wrote it.
    Step,
}
