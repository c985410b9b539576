//! What a face is told of prompts and their versions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Field, Name};
use stepwell_store::{IntrinsicRecord, Origin, Promotion, PromptRecord, StoreError, VersionRecord};

/// A prompt in a listing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct PromptSummary {
    /// Its name.
    pub name: String,
    /// The number of the current version; none where its record can't be read.
    pub current: Option<u32>,
    /// The number that the next version gets; none where its record can't be read.
    #[serde(default)]
    pub next: Option<u32>,
    /// The kept versions, oldest first, without their text.
    pub versions: Vec<VersionSummary>,
    /// The variables of the plugin that last used or declared it.
    pub variables: Option<Vec<Field>>,
    /// Who made which version current, when and why, oldest first.
    pub promotions: Vec<Promotion>,
    /// What the plugin brings along that used it last; none while no plugin has, and in stores of earlier builds until one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intrinsic: Option<IntrinsicSummary>,
    /// Why its record can't be read.
    pub unreadable: Option<String>,
    /// Whether it is stored. One that isn't is shown as a plugin declares it: its own text is version 1 as soon as a run uses it,
    /// or somebody saves another one.
    #[serde(default = "yes")]
    pub stored: bool,
}

/// What a plugin brings along for a prompt, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IntrinsicSummary {
    /// The plugin, with its version.
    pub plugin: String,
    /// When it first brought this text along.
    pub declared_at: Timestamp,
    /// Its size in bytes of UTF-8; 0 where it can't be read.
    pub bytes: u64,
    /// The latest kept version that has the text. Where none has, it is offered, to be taken or left.
    pub kept: Option<u32>,
}

impl IntrinsicSummary {
    /// Whether no version has the text.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.kept.is_none()
    }
}

/// A version in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VersionSummary {
    /// Its number; 0 is what the plugin brings along, whether or not a version has the same text.
    pub number: u32,
    /// Whether it is the current one.
    pub current: bool,
    /// Whether it is the latest one created.
    pub latest: bool,
    /// Why it was made.
    pub note: String,
    /// Where it came from.
    pub origin: Origin,
    /// When it was created; the beginning of 1970 where it isn't stored.
    pub created_at: Timestamp,
    /// When it last became current or ceased to be.
    pub updated_at: Timestamp,
    /// Its size in bytes of UTF-8; 0 where its text can't be read.
    pub bytes: u64,
    /// Why its text can't be read.
    #[serde(default)]
    pub unreadable: Option<String>,
    /// Whether it is stored: one that isn't is a plugin's own text, which will be this version.
    #[serde(default = "yes")]
    pub stored: bool,
}

/// One version of a prompt with its text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VersionView {
    /// The prompt's name.
    pub name: String,
    /// What a listing shows of it.
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// The template.
    pub content: String,
}

/// What adding a version did.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AddedVersion {
    /// The prompt's name.
    pub name: String,
    /// The number of the version with this text; it is current.
    pub number: u32,
    /// Whether it is a new one. A text that is the current version already adds none.
    #[serde(default = "yes")]
    pub added: bool,
    /// The version that it pushed out.
    pub dropped: Option<u32>,
    /// What the check of the template had to say that is no error.
    pub warnings: Vec<String>,
    /// The version that was current before.
    pub previous: Option<u32>,
}

/// What a server does that doesn't say so: it adds a version whatever the text, and knows what is stored alone.
fn yes() -> bool {
    true
}

/// A version of a prompt, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PromptVersion {
    /// The name under which its versions are kept.
    pub name: String,
    /// The version's number; 0 is no kept version.
    pub number: u32,
}

impl PromptVersion {
    /// As a person names it.
    #[must_use]
    pub fn named(&self) -> String {
        named(&self.name, self.number)
    }
}

/// A version of a prompt as a person names it. What has no number was no version: a text that was tried, or the plugin's own in
/// the place of one that can't be read.
#[must_use]
pub fn named(prompt: &str, number: u32) -> String {
    match number {
        0 => format!("{prompt} (no version)"),
        number => format!("{prompt} v{number}"),
    }
}

pub(crate) fn prompt_summary(record: &PromptRecord, stored: bool) -> PromptSummary {
    PromptSummary {
        name: record.name.to_string(),
        current: Some(record.current),
        next: Some(record.next_number),
        versions: record
            .versions
            .iter()
            .map(|version| version_summary(record, version, stored))
            .collect(),
        variables: record.variables.clone(),
        promotions: match stored {
            true => record.promotions.clone(),
            false => Vec::new(),
        },
        intrinsic: record.intrinsic().map(|own| IntrinsicSummary {
            plugin: own.plugin.to_string(),
            declared_at: if stored {
                own.declared_at
            } else {
                Timestamp::UNIX_EPOCH
            },
            bytes: own.content.as_ref().map_or(0, |text| text.len() as u64),
            kept: record.version_with(&own.digest).map(|kept| kept.number),
        }),
        unreadable: None,
        stored,
    }
}

pub(crate) fn version_summary(
    record: &PromptRecord,
    version: &VersionRecord,
    stored: bool,
) -> VersionSummary {
    let never = Timestamp::UNIX_EPOCH;
    VersionSummary {
        number: version.number,
        current: version.number == record.current,
        latest: record
            .latest()
            .is_some_and(|latest| latest.number == version.number),
        note: version.note.clone(),
        origin: version.origin,
        created_at: if stored { version.created_at } else { never },
        updated_at: if stored { version.updated_at } else { never },
        bytes: version.content.as_ref().map_or(0, |text| text.len() as u64),
        unreadable: version.content.clone().err(),
        stored,
    }
}

pub(crate) fn version_view(
    record: &PromptRecord,
    number: u32,
    stored: bool,
) -> Result<VersionView, StoreError> {
    Ok(VersionView {
        name: record.name.to_string(),
        summary: version_summary(record, record.kept(number)?, stored),
        content: record.template(number)?.to_owned(),
    })
}

/// What a plugin brings along, as a version is shown.
pub(crate) fn intrinsic_view(
    name: &Name,
    own: &IntrinsicRecord,
) -> Result<VersionView, StoreError> {
    let content = own.template(name)?.to_owned();
    Ok(VersionView {
        name: name.to_string(),
        summary: VersionSummary {
            number: 0,
            current: false,
            latest: false,
            note: format!("Intrinsic prompt of {}", own.plugin),
            origin: Origin::Intrinsic,
            created_at: own.declared_at,
            updated_at: own.declared_at,
            bytes: content.len() as u64,
            unreadable: None,
            stored: true,
        },
        content,
    })
}
