//! What went wrong: which sort of error it is, and how the command ends then.

use std::io;
use std::path::{Path, PathBuf};

use stepwell_contract::{Undertaking, listed};
use stepwell_definition::Diagnostic;
use stepwell_engine::{Blame, EngineError, ErrorCode, code_of_store};
use stepwell_llm::{CassetteError, RecordError, SettingsError};
use stepwell_server::{ClientError, DefinitionProblems};
use stepwell_store::StoreError;

use crate::exit::Exit;
use crate::project::{DATABASE, LinkedStore};
use crate::terminal::Unprinted;

mod shown;

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
    #[error("the models of the configuration can't be used")]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    #[error("the cassette {} can't be read", path.display())]
    CassetteFile {
        path: PathBuf,
        source: io::Error,
        hint: &'static str,
    },
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("{} can't be read", path.display())]
    File {
        path: PathBuf,
        source: io::Error,
        hint: Option<String>,
    },
    #[error("{} can't be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the folder {} can't be entered", path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("{message}")]
    Invalid {
        message: String,
        hint: Option<String>,
    },
    /// What clap lets pass and doesn't go together all the same.
    #[error("{message}")]
    Usage { message: String, hint: String },
    #[error("nothing is saved; your text is kept in {}", file.display())]
    NotSaved {
        name: stepwell_contract::Name,
        file: PathBuf,
        exit: Exit,
    },
    #[error("{message}")]
    Model { message: String, hint: String },
    #[error("the server can't listen on {address}")]
    Listen {
        address: std::net::SocketAddr,
        source: io::Error,
    },
    #[error("no server can answer while the clock of this machine stands before 1970")]
    Clock,
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
    /// Something that a person gave doesn't fit.
    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// What the system's error with a file becomes that can't be read.
    pub(crate) fn unread(path: &Path, hint: Option<&str>) -> impl Fn(io::Error) -> Self + use<> {
        let (path, hint) = (path.to_owned(), hint.map(str::to_owned));
        move |source| Self::File {
            path: path.clone(),
            source,
            hint: hint.clone(),
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

    /// How the command ends: by whose turn it is then, where the code says so.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Listen { .. }
            | Self::Clock
            | Self::Write { .. }
            | Self::Runtime { .. }
            | Self::Output { .. }
            | Self::Json { .. } => Exit::Failed,
            Self::Usage { .. } => Exit::Usage,
            Self::NotSaved { exit, .. } => *exit,
            _ => match self.code().blame() {
                Blame::NotThere | Blame::State | Blame::Outdated | Blame::Given => {
                    Exit::InvalidInput
                }
                Blame::Models => Exit::Model,
                Blame::Full | Blame::Store | Blame::Holder => Exit::Store,
                Blame::Bug => Exit::Failed,
            },
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
            Self::Settings(_)
            | Self::Cassette(_)
            | Self::CassetteFile { .. }
            | Self::Record(_)
            | Self::Model { .. } => ErrorCode::Model,
            Self::Text { text, .. } => match text {
                Given::Definition => ErrorCode::Definition,
                Given::Cases => ErrorCode::Case,
                Given::Configuration => ErrorCode::Other("configuration".into()),
            },
            Self::File { .. } | Self::Write { .. } | Self::Directory { .. } => ErrorCode::File,
            Self::Invalid { .. } => ErrorCode::Other("invalid".into()),
            Self::Usage { .. } => ErrorCode::Other("usage".into()),
            Self::NotSaved { .. } => ErrorCode::Other("not-saved".into()),
            Self::Listen { .. }
            | Self::Clock
            | Self::Runtime { .. }
            | Self::Output { .. }
            | Self::Json { .. } => ErrorCode::Other("system".into()),
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
        let (message, hint) = text.split_once("\n\n").unwrap_or((text, ""));
        Self::Usage {
            message: message.to_owned(),
            hint: hint.to_owned(),
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
}
