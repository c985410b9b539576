//! What went wrong, as a person reads it: `error:`, then `caused by:`, then `hint:`, each on a line of its own.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stepwell_contract::{Remedy, Undertaking, json_in_order};
use stepwell_definition::Diagnostic;
use stepwell_engine::{Blame, EngineError, ErrorCode, code_of_store};
use stepwell_llm::{CassetteError, RecordError, SettingsError};
use stepwell_server::{ClientError, DefinitionProblems};
use stepwell_store::StoreError;

use crate::exit::Exit;
use crate::terminal::{Screen, Unprinted, plain, remedied};

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

    /// What helps, as data, where whoever found the problem said so.
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Engine(error) => error.remedy(),
            Self::There(ClientError::Refused(problem)) => problem.remedy.as_deref().cloned(),
            Self::Store(error) => Some(error.remedy()),
            _ => None,
        }
    }

    pub(crate) fn hints(&self) -> Vec<String> {
        if let Some(remedy) = self.remedy().filter(Remedy::is_known) {
            return vec![remedied(&remedy)];
        }
        match self {
            Self::There(error) => error.hint().into_iter().collect(),
            Self::CutOff { what, .. } => {
                let resume = match what {
                    Undertaking::Run(run) => format!("resume {run}"),
                    Undertaking::Comparison(id) => format!("comparison resume {id}"),
                };
                vec![format!(
                    "nothing that was received is lost: `stepwell {resume}` goes on, and so does the next `stepwell serve`"
                )]
            }
            Self::StoreFolder { .. } => {
                vec!["check that you may write there, or name another folder with `--store DIR`".into()]
            }
            Self::StoreIsFile { .. } => {
                vec!["move the file away, or name another folder with `--store DIR`".into()]
            }
            Self::NoStore { .. } => vec![
                "go to the folder of your project, or name its store with `--store DIR`; `stepwell run` makes one".into(),
            ],
            Self::Settings(error) => error.problems.iter().map(stepwell_llm::SettingsProblem::hint).collect(),
            Self::Cassette(error) => vec![error.hint()],
            Self::CassetteFile { hint, .. } => vec![(*hint).into()],
            Self::Record(error) => vec![error.hint()],
            Self::File { hint, .. } | Self::Invalid { hint, .. } => hint.iter().cloned().collect(),
            Self::NotSaved { name, file, .. } => {
                vec![format!("mend it, then `stepwell prompt add {name} {}`", file.display())]
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                vec!["another program listens there: stop it, or choose another address with `--listen 127.0.0.1:0`".into()]
            }
            Self::Clock => vec!["set the clock of this machine, and start the server again".into()],
            Self::Model { hint, .. } | Self::Usage { hint, .. } => vec![hint.clone()],
            _ => Vec::new(),
        }
    }

    /// Writes the error for a person.
    pub(crate) fn show(&self, screen: &Screen) {
        screen.say(&self.text(screen));
    }

    /// The error as one JSON object: as a server's problem details, as far as they are no answer's.
    pub(crate) fn show_json(&self, screen: &Screen) {
        let mut causes = Vec::new();
        let mut cause = self.cause();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        let told = ErrorObject {
            code: self.code(),
            detail: self.to_string(),
            causes,
            hint: Some(self.hints().join("; ")).filter(|hint| !hint.is_empty()),
            remedy: self.remedy(),
            diagnostics: match self {
                Self::Text { told, .. } => Some(told.diagnostics.iter().map(hinted).collect()),
                _ => None,
            },
        };
        let line = serde_json::to_string(&told).unwrap_or_default();
        screen.say(&format!("{}\n", json_in_order(&line)));
    }

    fn text(&self, screen: &Screen) -> String {
        let style = screen.style();
        let mut text = String::new();
        if let Self::Text { told, .. } = self {
            for diagnostic in &told.diagnostics {
                let rendered = hinted(diagnostic).render(&told.source_text);
                text.push_str(&style.marked(&plain(&rendered)));
                text.push('\n');
            }
        }
        let message = self.to_string();
        text.push_str(&format!("{} {}\n", style.bad("error:"), plain(&message)));
        let mut told = message;
        let mut cause = self.cause();
        while let Some(error) = cause {
            let line = error.to_string();
            // Some errors tell their cause in their own line.
            if !told.contains(&line) {
                text.push_str(&format!(
                    "caused by: {}\n",
                    plain(&line).replace('\n', "\ncaused by: ")
                ));
                told = line;
            }
            cause = error.source();
        }
        for hint in self.hints() {
            text.push_str(&format!("{} {}\n", style.hint("hint:"), plain(&hint)));
        }
        text
    }

    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Settings(error) => Some(error),
            _ => self.source(),
        }
    }
}

/// What `--json` says of an error.
#[derive(Serialize)]
struct ErrorObject {
    code: ErrorCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Remedy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<Vec<Diagnostic>>,
}

/// A problem of a text, with what helps in words.
fn hinted(diagnostic: &Diagnostic) -> Diagnostic {
    let mut diagnostic = diagnostic.clone();
    if let Some(remedy) = diagnostic
        .remedy
        .as_ref()
        .filter(|remedy| remedy.is_known())
    {
        diagnostic.hint = Some(remedied(remedy));
    }
    diagnostic
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

    fn text(error: impl Into<CommandError>) -> String {
        error.into().text(&Screen::plain())
    }

    #[test]
    fn what_a_stranger_named_is_no_command_to_the_terminal() {
        let error = CommandError::invalid("`a\u{1b}]52;c;x\u{7}`", "try `b\u{9b}2J`");
        assert_eq!(
            text(error),
            "error: `a␛]52;c;x␇`\nhint: try `b\u{fffd}2J`\n"
        );
    }

    #[test]
    fn message_cause_and_hint_have_a_line_each() {
        let source = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = CommandError::File {
            path: "flow.toml".into(),
            source,
            hint: Some("look again".into()),
        };
        assert_eq!(
            text(error),
            "error: flow.toml can't be read\ncaused by: no such file\nhint: look again\n"
        );
    }

    #[test]
    fn a_cause_that_the_message_tells_already_is_not_repeated() {
        let error = stepwell_engine::PluginError::File {
            path: "x.wasm".into(),
            reason: "gone".into(),
        };
        let shown = text(EngineError::Plugin {
            uses: "x.wasm".into(),
            error,
        });
        assert_eq!(shown.matches("gone").count(), 1, "{shown}");
        assert!(!shown.contains("caused by"), "{shown}");
    }

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
