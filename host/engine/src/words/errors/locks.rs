//! Why a project's lock lets plugins not pass, or isn't of use.

use std::path::{Path, PathBuf};

use stepwell_contract::{Remedy, Undertaking};
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
        /// What a person would name to agree to it: a definition's file, or a plugin.
        named: Option<String>,
    },
    /// A run or a comparison was begun with plugins that aren't among those that were agreed to, or not any more.
    #[error("{of} was begun with plugins that {} doesn't have:\n{}", file.display(), listed(differences))]
    Pinned {
        /// What was begun.
        of: Undertaking,
        /// The lock's file.
        file: PathBuf,
        /// What it was begun with.
        differences: Vec<PluginDifference>,
    },
    /// Something else differs by now than what a person said yes to.
    #[error("the plugins changed since they were shown; now they differ from {} so:\n{}", file.display(), listed(differences))]
    ChangedSince {
        /// The lock's file.
        file: PathBuf,
        /// What differs.
        differences: Vec<PluginDifference>,
        /// What a person would name to agree to it.
        named: Option<String>,
    },
    /// The project has none.
    #[error("there is no {}: nobody agreed to any plugin yet", file.display())]
    Missing {
        /// The lock's file.
        file: PathBuf,
        /// What a person would name to begin one.
        named: Option<String>,
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

/// The one plugin that something is about.
fn only(differences: &[PluginDifference]) -> Option<String> {
    match differences {
        [only] => only.uses().map(str::to_owned),
        _ => None,
    }
}

impl LockError {
    /// The lock's file and what differs from it, as data.
    #[must_use]
    pub fn differences(&self) -> Option<(&Path, &[PluginDifference])> {
        match self {
            Self::Differs {
                file, differences, ..
            }
            | Self::Pinned {
                file, differences, ..
            }
            | Self::ChangedSince {
                file, differences, ..
            } => Some((file, differences)),
            Self::Missing { .. } | Self::Unread { .. } | Self::Unwritten { .. } => None,
        }
    }

    /// Which sort of error it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Differs { .. }
            | Self::Pinned { .. }
            | Self::ChangedSince { .. }
            | Self::Missing { .. } => ErrorCode::PluginsDiffer,
            Self::Unread { .. } => ErrorCode::PluginLock,
            Self::Unwritten { .. } => ErrorCode::File,
        }
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Differs {
                named, differences, ..
            }
            | Self::ChangedSince {
                named, differences, ..
            } => Remedy::AgreeToPlugins {
                named: named.clone().or_else(|| only(differences)),
            },
            Self::Pinned { of, .. } => match of {
                Undertaking::Run(run) => Remedy::AgreeForRun { run: *run },
                Undertaking::Comparison(comparison) => Remedy::AgreeForComparison {
                    comparison: *comparison,
                },
            },
            Self::Missing { named, .. } => Remedy::BeginLock {
                named: named.clone(),
            },
            Self::Unread { .. } => Remedy::RestoreLock,
            Self::Unwritten { .. } => Remedy::MakeWritable,
        }
    }
}
