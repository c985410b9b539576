//! Why the application says no: one enum for each area, folded into [`EngineError`].
//!
//! An error holds what it is about as data. Its code says which sort it is, its remedy what helps.

mod code;
mod comparisons;
mod files;
mod improvements;
mod locks;
mod plugins;
mod revisions;
mod runs;
mod runs_mended;
mod versions;

use stepwell_contract::{
    ChatError, ChatErrorKind, Problem, ProblemCode, Remedy, TextServiceFailed,
};
use stepwell_definition::Diagnostic;
use stepwell_git::GitError;
use stepwell_store::StoreError;
use uuid::Uuid;

use super::branches::repository_for;
use super::workspace::OpenError;
pub use code::{Blame, ErrorCode};
pub use comparisons::ComparisonError;
pub use files::FileError;
pub use improvements::ImprovementError;
pub use locks::LockError;
pub use plugins::{NotFetched, PluginError};
pub use revisions::RevisionError;
pub use runs::{InputsOf, RunError, Wanted};
pub use versions::VersionError;
pub(crate) use versions::{MOST_NOTE, prompt_name};

/// The name of the newest run, and of the newest comparison.
pub(crate) const LAST: &str = "last";

/// Why a request could not be carried out. Nothing was changed, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The definition has problems, all of them listed.
    #[error("the definition has {}", count(diagnostics.len(), "problem"))]
    Definition {
        /// The problems.
        diagnostics: Vec<Diagnostic>,
        /// The text that they point into.
        source_text: String,
    },
    /// The project has no such definition.
    #[error("there is no definition `{file}` in the project")]
    NoSuchDefinition {
        /// What was given.
        file: String,
    },
    /// A path leads to where whoever asks may name nothing.
    #[error("`{path}` doesn't lie below the project, where links lead to")]
    OutOfReach {
        /// What was given.
        path: String,
    },
    /// A path can't lead anywhere.
    #[error("`{path}` is no path that can be followed: {reason}")]
    NoPath {
        /// What was given.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// No call to a model has such an id, or several have.
    #[error("no call, or more than one, has the id `{given}`")]
    NoSuchCall {
        /// What was given.
        given: String,
    },
    /// Every attempt at a call has an end, or was written off.
    #[error("every attempt at call {call} has an end: there is nothing to write off")]
    NothingToWriteOff {
        /// The call.
        call: Uuid,
    },
    /// Something about a run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something about a document.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// Something about a file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something about a prompt.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Something about a comparison.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// Something about an improvement of a prompt.
    #[error(transparent)]
    Improvement(#[from] ImprovementError),
    /// A plugin can't be used.
    #[error("the plugin `{uses}` can't be used: {error}")]
    Plugin {
        /// As the definition names it.
        uses: String,
        /// Why.
        #[source]
        error: PluginError,
    },
    /// Something about the plugins that the project agreed to.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Nothing could be told of a template or a schema.
    #[error(transparent)]
    Texts(#[from] TextServiceFailed),
    /// A model can't be used.
    #[error("{0}")]
    Model(ChatError),
    /// The workspace can't be used.
    #[error(transparent)]
    Workspace(#[from] OpenError),
    /// A run is to put what it writes onto a branch, and can't.
    #[error("the run can't begin a branch: {0}")]
    Git(#[from] GitError),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store failed while a run was under way, and the run had to stop (rule E28). What was acknowledged is there.
    #[error("the run had to stop: {reason}")]
    StoreFailed {
        /// What the store said.
        reason: String,
    },
    /// A mistake in Stepwell itself: the task of a step panicked, and the run had to stop.
    #[error("the run had to stop, because of a mistake in Stepwell itself: {reason}")]
    Bug {
        /// What the task said.
        reason: String,
    },
}

impl EngineError {
    /// Which sort of error it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Definition { .. } => ErrorCode::Definition,
            Self::NoSuchDefinition { .. } => ErrorCode::NoSuchDefinition,
            Self::OutOfReach { .. } => ErrorCode::OutOfReach,
            Self::NoPath { .. } => ErrorCode::NoPath,
            Self::NoSuchCall { .. } => ErrorCode::NoSuchCall,
            Self::NothingToWriteOff { .. } => ErrorCode::WrongState,
            Self::Run(error) => error.code(),
            Self::Revision(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Version(error) => error.code(),
            Self::Comparison(error) => error.code(),
            Self::Improvement(error) => error.code(),
            Self::Plugin {
                error: PluginError::OutOfReach { .. },
                ..
            } => ErrorCode::OutOfReach,
            Self::Plugin {
                error: PluginError::NoRoom(_),
                ..
            } => ErrorCode::NoRoom,
            Self::Plugin {
                error: PluginError::Unsigned { .. },
                ..
            } => ErrorCode::PluginUnsigned,
            Self::Plugin {
                error: PluginError::Key { .. },
                ..
            } => ErrorCode::Configuration,
            Self::Plugin { .. } => ErrorCode::Plugin,
            Self::Lock(error) => error.code(),
            Self::Model(error) if error.kind == ChatErrorKind::UnknownModel => {
                ErrorCode::UnknownModel
            }
            Self::Model(_) => ErrorCode::Model,
            Self::Workspace(_) | Self::Git(_) => ErrorCode::Workspace,
            Self::Store(error) => code_of_store(error),
            Self::StoreFailed { .. } => ErrorCode::StoreFailed,
            Self::Texts(_) | Self::Bug { .. } => ErrorCode::Bug,
        }
    }

    /// The problem of what was begun and isn't taken further for this; none where the reason isn't one of its plugins.
    pub(crate) fn problem_of_begun(&self) -> Option<Problem> {
        let code = match self {
            Self::Lock(_) => ProblemCode::NotAgreed,
            Self::Plugin {
                error:
                    PluginError::Unsigned { .. } | PluginError::Key { .. } | PluginError::NotFetched(_),
                ..
            } => ProblemCode::Unsigned,
            _ => return None,
        };
        let problem = Problem::new(code, self.to_string());
        Some(match self.remedy() {
            Some(remedy) => problem.with(remedy),
            None => problem,
        })
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            // Each of its problems has its own.
            Self::Definition { .. } => return None,
            Self::NoSuchDefinition { .. } => Remedy::ListDefinitions,
            Self::OutOfReach { .. } => Remedy::AllowFolder,
            Self::NoPath { .. } => Remedy::NamePath,
            Self::NoSuchCall { .. } => Remedy::ListCalls,
            Self::NothingToWriteOff { call } => Remedy::LookAtCall { call: *call },
            Self::Run(error) => error.remedy(),
            Self::Revision(error) => error.remedy(),
            Self::File(error) => error.remedy(),
            Self::Version(error) => return error.remedy(),
            Self::Comparison(error) => error.remedy(),
            Self::Improvement(error) => error.remedy(),
            Self::Plugin { error, .. } => error.remedy(),
            Self::Lock(error) => error.remedy(),
            Self::Model(_) => Remedy::ListModels,
            Self::Workspace(error) => error.remedy(),
            Self::Git(error) => repository_for(error),
            Self::Store(error) => error.remedy(),
            Self::StoreFailed { .. } => Remedy::FreeSpaceAndGoOn,
            Self::Texts(_) | Self::Bug { .. } => Remedy::ReportBug,
        })
    }
}

/// Which sort of error an error of the store is.
#[must_use]
pub fn code_of_store(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::NoSuchPrompt { .. } => ErrorCode::NoSuchPrompt,
        StoreError::NoSuchVersion { .. } => ErrorCode::NoSuchVersion,
        StoreError::NoSuchDocument { .. } => ErrorCode::NoSuchDocument,
        StoreError::VersionIsCurrent { .. } => ErrorCode::VersionIsCurrent,
        StoreError::Full { .. } => ErrorCode::StoreFull,
        StoreError::Held { .. }
        | StoreError::Io { .. }
        | StoreError::Stray { .. }
        | StoreError::Damaged { .. }
        | StoreError::BackupInTheWay { .. }
        | StoreError::BackupWithinStore { .. }
        | StoreError::Unreadable { .. }
        | StoreError::UnreadableVersion { .. } => ErrorCode::Store,
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("a {what}")
    } else {
        format!("{number} {what}s")
    }
}
