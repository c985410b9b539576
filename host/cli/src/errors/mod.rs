//! What went wrong, one enum for each area of commands, and how the command ends then.
//!
//! An error holds what it is about as data. Its code says which sort it is, what helps is data, too: the terminal words it.

use std::io;
use std::path::{Path, PathBuf};

use stepwell_contract::{Undertaking, listed};
use stepwell_definition::Diagnostic;
use stepwell_engine::{Blame, EngineError, ErrorCode, code_of_store};
use stepwell_server::{ClientError, DefinitionProblems};
use stepwell_store::StoreError;

use crate::exit::Exit;
use crate::project::{DATABASE, LinkedStore};
use crate::remedy::GivenFile;
use crate::terminal::Unprinted;

mod comparisons;
mod developing;
mod folders;
mod helping;
mod models;
mod naming;
mod prompts;
mod registries;
mod runs;
mod scaffolds;
mod serving;
mod shown;
mod signing;
mod steps;

pub(crate) use comparisons::ComparedError;
pub(crate) use developing::DevelopError;
pub(crate) use folders::FolderError;
pub(crate) use models::ModelsError;
pub(crate) use naming::NamingError;
pub(crate) use prompts::PromptError;
pub(crate) use registries::RegistryError;
pub(crate) use runs::RunGivenError;
pub(crate) use scaffolds::ScaffoldError;
pub(crate) use serving::ServingError;
pub(crate) use signing::SigningError;
pub(crate) use steps::StepError;

pub(crate) use shown::show_gaps_json;

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The process that holds the store said no, or is gone.
    #[error(transparent)]
    There(#[from] ClientError),
    /// The process that carried work on was killed, and no other one took its place.
    #[error("the process that carried {what} on is gone")]
    CutOff {
        what: Undertaking,
        #[source]
        gone: ClientError,
    },
    #[error("the {text} has {}", problems(&told.diagnostics))]
    Text {
        text: Given,
        told: DefinitionProblems,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store {} can't be made", path.display())]
    StoreFolder { path: PathBuf, source: io::Error },
    #[error("the store {} is a file, and should be a folder", path.display())]
    StoreIsFile { path: PathBuf },
    #[error("there is no store here: {} is not there", path.display())]
    NoStore { path: PathBuf },
    #[error(
        "the store's file {} is missing; beside it there is {}",
        path.join(DATABASE).display(),
        listed(beside)
    )]
    StoreFileMissing {
        path: PathBuf,
        beside: Vec<&'static str>,
    },
    #[error(transparent)]
    StoreIsLink(#[from] LinkedStore),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Compared(#[from] ComparedError),
    #[error(transparent)]
    RunGiven(#[from] RunGivenError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Develop(#[from] DevelopError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Naming(#[from] NamingError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    #[error(transparent)]
    Serving(#[from] ServingError),
    #[error("{} can't be read", path.display())]
    File {
        path: PathBuf,
        source: io::Error,
        /// What it was named for, where a person named it.
        named: Option<GivenFile>,
    },
    #[error("{} can't be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the folder {} can't be entered", path.display())]
    Directory { path: PathBuf, source: io::Error },
    /// The command line can't be understood; the message is clap's, and how the command is used.
    #[error("{message}")]
    Usage { message: String, usage: String },
    #[error("the program can't start")]
    Runtime { source: io::Error },
    #[error("the output can't be written")]
    Output { source: io::Error },
    #[error("the output can't be written as JSON")]
    Json { source: serde_json::Error },
}

/// A text with problems, each at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Given {
    Definition,
    #[strum(to_string = "case file")]
    Cases,
    Configuration,
}

impl Given {
    /// What is told of its problems.
    pub(crate) fn with(self, diagnostics: Vec<Diagnostic>, source_text: String) -> CommandError {
        let told = DefinitionProblems {
            diagnostics,
            source_text,
        };
        CommandError::Text { text: self, told }
    }
}

impl CommandError {
    /// What the system's error with a file becomes that can't be read.
    pub(crate) fn unread(
        path: &Path,
        named: Option<GivenFile>,
    ) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File {
            path: path.clone(),
            source,
            named: named.clone(),
        }
    }

    /// The same of one that can't be written.
    pub(crate) fn unwritten(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Write {
            path: path.clone(),
            source,
        }
    }

    /// How the command ends: by whose turn it is then.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            // A folder that a person named may be read and not written: that is no mistake of theirs.
            Self::Write { .. } => return Exit::Failed,
            Self::Prompt(PromptError::NotSaved { exit, .. }) => return *exit,
            _ => {}
        }
        let code = self.code();
        match code.blame() {
            _ if code == ErrorCode::Usage => Exit::Usage,
            Blame::NotThere | Blame::State | Blame::Outdated | Blame::Given => Exit::InvalidInput,
            Blame::Agreement => Exit::Unagreed,
            Blame::Models => Exit::Model,
            Blame::Full | Blame::Store | Blame::Holder => Exit::Store,
            Blame::System | Blame::Bug => Exit::Failed,
        }
    }

    /// Which sort of error it is: of what was done elsewhere, the same as if it had been done here.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Engine(error) => error.code(),
            Self::There(ClientError::Refused(problem)) => problem.code.clone(),
            Self::There(
                ClientError::Gone { .. }
                | ClientError::Foreign { .. }
                | ClientError::Stranger { .. },
            )
            | Self::CutOff { .. }
            | Self::StoreFolder { .. }
            | Self::StoreIsFile { .. }
            | Self::StoreFileMissing { .. }
            | Self::StoreIsLink(_)
            | Self::NoStore { .. } => ErrorCode::Store,
            Self::Store(error) => code_of_store(error),
            Self::Text { text, .. } => match text {
                Given::Definition => ErrorCode::Definition,
                Given::Cases => ErrorCode::Case,
                Given::Configuration => ErrorCode::Configuration,
            },
            Self::Models(error) => error.code(),
            Self::Step(error) => error.code(),
            Self::Prompt(error) => error.code(),
            Self::Compared(error) => error.code(),
            Self::RunGiven(error) => error.code(),
            Self::Folder(error) => error.code(),
            Self::Develop(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Naming(error) => error.code(),
            Self::Signing(error) => error.code(),
            Self::Scaffold(error) => error.code(),
            Self::Serving(error) => error.code(),
            Self::File { .. } | Self::Write { .. } | Self::Directory { .. } => ErrorCode::File,
            Self::Usage { .. } => ErrorCode::Usage,
            Self::Runtime { .. } | Self::Output { .. } | Self::Json { .. } => ErrorCode::System,
        }
    }
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    let errors = || diagnostics.iter().filter(|it| it.is_error());
    let told = errors().filter(|it| !it.is_more()).count();
    match (errors().any(Diagnostic::is_more), told) {
        (true, _) => format!("more than {told} problems"),
        (false, 1) => "a problem".into(),
        (false, _) => format!("{told} problems"),
    }
}

impl From<&clap::Error> for CommandError {
    fn from(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        // What is wrong, then what may have been meant, and how the command is used.
        let (message, usage) = text.split_once("\n\n").unwrap_or((text, ""));
        Self::Usage {
            message: message.to_owned(),
            usage: usage.to_owned(),
        }
    }
}

impl From<Unprinted> for CommandError {
    fn from(Unprinted(source): Unprinted) -> Self {
        Self::Output { source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_whose_turn_it_is() {
        let held = StoreError::Held {
            path: ".stepwell".into(),
            pid: 7,
            command: None,
        };
        assert_eq!(
            CommandError::from(EngineError::from(held)).exit(),
            Exit::Store
        );
        let name: stepwell_contract::Name = "refine".parse().unwrap();
        let missing = StoreError::NoSuchPrompt { name };
        assert_eq!(
            CommandError::from(EngineError::from(missing)).exit(),
            Exit::InvalidInput
        );
        let key = stepwell_contract::ChatError::new(
            stepwell_contract::ChatErrorKind::Authentication,
            "no key",
        );
        assert_eq!(
            CommandError::from(EngineError::Model(key)).exit(),
            Exit::Model
        );
    }

    #[test]
    fn a_command_line_that_clap_lets_pass_ends_as_one_that_it_does_not() {
        assert_eq!(
            CommandError::from(StepError::NoRunNamed).exit(),
            Exit::Usage
        );
        let source = io::Error::new(io::ErrorKind::AddrInUse, "taken");
        let address = "127.0.0.1:0".parse().unwrap();
        let taken = CommandError::from(ServingError::Listen { address, source });
        assert_eq!(taken.exit(), Exit::Failed);
        assert_eq!(
            taken.helps(),
            [crate::remedy::CommandRemedy::ListenElsewhere.into()]
        );
    }
}
