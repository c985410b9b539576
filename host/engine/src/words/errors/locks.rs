//! Why a project's lock lets plugins not pass, or isn't of use.

use std::path::PathBuf;

use stepwell_contract::Remedy;
use stepwell_definition::PluginDifference;

use super::ErrorCode;

/// Why a project's lock lets plugins not pass, or isn't of use. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Plugins aren't those that were agreed to.
    #[error("{} are not what {} has:\n{}", plugins(differences), file.display(), listed(differences))]
    Differs {
        /// The lock's file.
        file: PathBuf,
        /// What differs.
        differences: Vec<PluginDifference>,
    },
    /// Something else differs by now than what a person said yes to.
    #[error("the plugins changed since they were shown; now they differ from {} so:\n{}", file.display(), listed(differences))]
    ChangedSince {
        /// The lock's file.
        file: PathBuf,
        /// What differs.
        differences: Vec<PluginDifference>,
    },
    /// The project has none.
    #[error("there is no {}: nobody agreed to any plugin yet", file.display())]
    Missing {
        /// The lock's file.
        file: PathBuf,
    },
    /// It can't be read.
    #[error("{} can't be read: {reason}", file.display())]
    Unread {
        /// The lock's file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// It can't be written.
    #[error("{} can't be written: {reason}", file.display())]
    Unwritten {
        /// The lock's file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

fn plugins(differences: &[PluginDifference]) -> &'static str {
    match differences {
        [PluginDifference::Builtin { .. }] => "the built-in steps",
        _ => "plugins",
    }
}

fn listed(differences: &[PluginDifference]) -> String {
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl LockError {
    /// Which sort of error it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Differs { .. } | Self::ChangedSince { .. } | Self::Missing { .. } => {
                ErrorCode::PluginsDiffer
            }
            Self::Unread { .. } => ErrorCode::PluginLock,
            Self::Unwritten { .. } => ErrorCode::File,
        }
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Differs { .. } | Self::ChangedSince { .. } => Remedy::AgreeToPlugins,
            Self::Missing { .. } => Remedy::BeginLock,
            Self::Unread { .. } => Remedy::RestoreLock,
            Self::Unwritten { .. } => Remedy::MakeWritable,
        }
    }
}
