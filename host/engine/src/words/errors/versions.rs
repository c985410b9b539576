//! Why a version of a prompt can't be saved.

use stepwell_contract::{Choice, Name, Remedy, amounts};

use super::ErrorCode;

/// The most bytes of a note beside a version.
pub(crate) const MOST_NOTE: usize = 4 << 10;

/// Why the application says no to something about a prompt's versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// The prompt isn't any more what somebody's change of it started from.
    #[error(
        "prompt `{name}` got v{latest} while you worked on a text that is based on v{based_on}"
    )]
    Outdated {
        /// The prompt.
        name: Name,
        /// The version that the change started from.
        based_on: u32,
        /// The version that is the latest by now.
        latest: u32,
    },
    /// The template is empty.
    #[error("the prompt can't be saved: it is empty, and a model can't be asked nothing")]
    Empty,
    /// The template doesn't fit.
    #[error("the prompt can't be saved: {message}")]
    Template {
        /// Why.
        message: String,
        /// What helps, as the check of the template says it.
        remedy: Remedy,
    },
    /// The note is longer than a note.
    #[error("the prompt can't be saved: its note has {}; at most {} are kept", amounts::size(*.0 as u64), amounts::size(MOST_NOTE as u64))]
    Note(usize),
    /// Nobody knows what a plugin would bring along.
    #[error(
        "no plugin is known that uses prompt `{name}`: a run of a step that uses it tells what that brings along"
    )]
    NoIntrinsic {
        /// The prompt.
        name: Name,
    },
    /// The plugin that is named as the prompt's doesn't use it.
    #[error("the plugin `{plugin}` uses no prompt `{name}`")]
    NotDeclared {
        /// The prompt.
        name: Name,
        /// The plugin, as it was named.
        plugin: String,
        /// The prompts that it uses.
        declared: Vec<String>,
    },
    /// The name can't be one of a prompt.
    #[error("{reason}")]
    Name {
        /// Why.
        reason: String,
    },
}

impl VersionError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Outdated { .. } => ErrorCode::Outdated,
            Self::Empty | Self::Template { .. } => ErrorCode::Template,
            Self::Note(_) => ErrorCode::Note,
            Self::NoIntrinsic { .. } => ErrorCode::NoSuchVersion,
            Self::Name { .. } | Self::NotDeclared { .. } => ErrorCode::UnknownPrompt,
        }
    }

    pub(super) fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Outdated {
                name,
                based_on,
                latest,
            } => Some(Remedy::LookAtDifference {
                name: name.clone(),
                based_on: *based_on,
                latest: *latest,
            }),
            Self::Empty => Some(Remedy::WriteSomething),
            Self::Note(_) => None,
            Self::Template { remedy, .. } => Some(remedy.clone()),
            Self::Name { .. } => Some(Remedy::RenamePrompt),
            Self::NoIntrinsic { name } => Some(Remedy::ListVersions { name: name.clone() }),
            Self::NotDeclared { declared, .. } => Some(Remedy::ChooseAmong {
                what: Choice::Prompts,
                names: declared.clone(),
            }),
        }
    }
}

/// The name of a prompt that somebody gave.
pub(crate) fn prompt_name(given: &str) -> Result<Name, VersionError> {
    Name::made_up(given).map_err(|error| VersionError::Name {
        reason: error.to_string(),
    })
}
