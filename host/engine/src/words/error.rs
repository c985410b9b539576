//! Why the application says no.

use std::path::PathBuf;

use stepwell_contract::{ChatError, LoadError, Name, RunId};
use stepwell_definition::Diagnostic;
use stepwell_store::StoreError;

use super::workspace::OpenError;

/// The name of the newest run.
pub(crate) const LAST: &str = "last";

/// Why a request could not be carried out. Nothing was changed, unless the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The definition has problems, all of them listed.
    #[error("the definition has {}", count(diagnostics.len(), "problem"))]
    Definition {
        /// The problems.
        diagnostics: Vec<Diagnostic>,
        /// The text that they point into.
        source_text: String,
    },
    /// No run has such an id.
    #[error("{}", no_such_run(given))]
    NoSuchRun {
        /// What was given.
        given: String,
    },
    /// Several runs fit.
    #[error("`{given}` fits {} runs", fitting.len())]
    AmbiguousRun {
        /// What was given.
        given: String,
        /// The runs.
        fitting: Vec<RunId>,
    },
    /// No comparison has such an id, or several have.
    #[error("{}", no_such_comparison(given))]
    NoSuchComparison {
        /// What was given.
        given: String,
    },
    /// No call to a model has such an id, or several have.
    #[error("no call, or more than one, has the id `{given}`")]
    NoSuchCall {
        /// What was given.
        given: String,
    },
    /// The run has no such step.
    #[error("there is no step `{given}` in workflow `{workflow}`")]
    NoSuchStep {
        /// What was given.
        given: String,
        /// The workflow.
        workflow: String,
        /// The steps that there are.
        steps: Vec<String>,
    },
    /// Something that was given doesn't fit.
    #[error("{message}")]
    Invalid {
        /// What doesn't fit, for a person.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The run's state doesn't allow it.
    #[error("run {run} {state}")]
    WrongState {
        /// The run.
        run: RunId,
        /// Such as `is finished`.
        state: String,
        /// What to do about it.
        hint: String,
    },
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
    /// A plugin can't be used.
    #[error("the plugin `{uses}` can't be used: {error}")]
    Plugin {
        /// As the definition names it.
        uses: String,
        /// Why.
        #[source]
        error: PluginError,
    },
    /// A prompt's template doesn't fit.
    #[error("the prompt can't be saved: {message}")]
    Template {
        /// Why.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A model can't be used.
    #[error("{0}")]
    Model(ChatError),
    /// The workspace can't be used.
    #[error(transparent)]
    Workspace(#[from] OpenError),
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

/// Why a plugin can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// No step of this name rides inside the binary.
    #[error("there is no built-in step `{name}`; there are {}", known.join(", "))]
    NoSuchBuiltin {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It is a built-in step that is built by a command of its own, which nobody ran yet.
    #[error(
        "the built-in step `{name}` isn't built yet: there is no `{name}.wasm` in {}",
        shown(folders)
    )]
    NotBuilt {
        /// The name.
        name: String,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
        /// The command.
        build: String,
    },
    /// It is the bare name of a built-in step, and there is no such file.
    #[error("there is no file `{name}`")]
    BareName {
        /// The name.
        name: String,
    },
    /// Its file can't be read.
    #[error("{path} can't be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The component is not one that can be a step.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl PluginError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchBuiltin { .. } => Some("`stepwell plugin list` shows the built-in steps; a file is named by its path, such as `plugins/mine.wasm`".into()),
            Self::NotBuilt { build, .. } => Some(format!("run `{build}` in a checkout of Stepwell: it builds the step and puts it there")),
            Self::BareName { name } => Some(format!("the built-in step is named `builtin:{name}`")),
            Self::File { .. } => Some("a path in `uses` starts at the folder of the definition".into()),
            Self::Load(error) => Some(error.hint()),
        }
    }
}

impl EngineError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Definition { .. } => None,
            Self::NoSuchRun { given } if given == LAST => Some("`stepwell run` makes one".into()),
            Self::NoSuchRun { .. } => Some("`stepwell runs` lists them; the last characters of an id are enough, and `last` is the newest".into()),
            Self::NoSuchComparison { given } if given == LAST => Some("`stepwell compare` makes one".into()),
            Self::NoSuchComparison { .. } => Some("`stepwell comparisons` lists them; the last characters of an id are enough, and `last` is the newest".into()),
            Self::AmbiguousRun { fitting, .. } => {
                let ids: Vec<_> = fitting.iter().take(5).map(ToString::to_string).collect();
                Some(format!("give more of the id: {}", ids.join(", ")))
            }
            Self::NoSuchCall { .. } => Some("`stepwell calls` lists them with their ids; the last characters of one are enough".into()),
            Self::NoSuchStep { steps, .. } => Some(format!("its steps are {}", steps.join(", "))),
            Self::Invalid { hint, .. } | Self::Template { hint, .. } => hint.clone(),
            Self::WrongState { hint, .. } => Some(hint.clone()),
            Self::Outdated { name, based_on, latest } => Some(format!("look at it with `stepwell prompt diff {name} {based_on} {latest}`, then save again")),
            Self::Plugin { error, .. } => error.hint(),
            Self::Model(_) => Some("`stepwell doctor` shows the models and their keys".into()),
            Self::Workspace(error) => Some(error.hint()),
            Self::Store(error) => error.hint(),
            Self::Bug { .. } => Some("please report it; nothing that was stored is lost, and `stepwell resume` goes on".into()),
            Self::StoreFailed { .. } => Some("free some space or mend what it says, then `stepwell resume` goes on; nothing that was stored is lost".into()),
        }
    }

    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

fn no_such_run(given: &str) -> String {
    if given == LAST {
        "there are no runs yet".into()
    } else {
        format!("there is no run `{given}`")
    }
}

fn no_such_comparison(given: &str) -> String {
    if given == LAST {
        "there are no comparisons yet".into()
    } else {
        format!("`{given}` names no comparison, or more than one")
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("a {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// Folders as a person reads them: `a` or `b`.
fn shown(folders: &[PathBuf]) -> String {
    let names: Vec<String> = folders
        .iter()
        .map(|folder| format!("`{}`", folder.display()))
        .collect();
    names.join(" or ")
}

/// The error for a run that somebody in this process is at work on.
pub(crate) fn under_way(run: RunId) -> EngineError {
    EngineError::WrongState {
        run,
        state: "is under way".into(),
        hint: "wait until it ends, or stop it first".into(),
    }
}
