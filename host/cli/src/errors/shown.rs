//! An error as a person reads it: `error:`, then `caused by:`, then `hint:`, each on a line of its own; and as JSON.

use std::error::Error;
use std::io;

use serde::Serialize;
use stepwell_contract::{Remedy, Undertaking, json_in_order};
use stepwell_definition::Diagnostic;
use stepwell_engine::ErrorCode;
use stepwell_server::ClientError;

use super::CommandError;
use crate::project::{CONFIGURATION, DATABASE, LinkedStore, STORE};
use crate::terminal::{Screen, plain, remedied};

impl CommandError {
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
            Self::StoreFileMissing { path, .. } => vec![format!(
                "put `{DATABASE}` back from a copy of the store, or move {} away to begin a new one",
                path.display()
            )],
            Self::StoreIsLink(LinkedStore { path, .. }) => vec![format!(
                "a cloned repository may bring such a link to somebody's other store: remove {}, or, where you made it, say so by \
                 `store = \"{STORE}\"` in {CONFIGURATION} or by `--store {}`",
                path.display(),
                path.display()
            )],
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
        screen.fail(&self.text(screen));
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
        told.say(screen);
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
        // What a stranger wrote may stand in it: it begins no line of ours.
        let shown = plain(&message).replace('\n', "\n  ");
        text.push_str(&format!("{} {shown}\n", style.bad("error:")));
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

/// Says beside a listing that is JSON what of it can't be read: one JSON object, as an error is.
pub(crate) fn show_gaps_json(gaps: String, screen: &Screen) {
    let remedy = Remedy::ListUnreadable;
    let told = ErrorObject {
        code: ErrorCode::Store,
        detail: gaps,
        causes: Vec::new(),
        hint: Some(remedied(&remedy)),
        remedy: Some(remedy),
        diagnostics: None,
    };
    told.say(screen);
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

impl ErrorObject {
    fn say(&self, screen: &Screen) {
        let line = serde_json::to_string(self).unwrap_or_default();
        screen.say_as_it_is(&format!("{}\n", json_in_order(&line)));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_engine::EngineError;

    fn text(error: impl Into<CommandError>) -> String {
        error.into().text(&Screen::plain())
    }

    #[test]
    fn what_a_stranger_named_is_no_command_to_the_terminal() {
        let error = CommandError::invalid("`a\u{1b}]52;c;x\u{7}`", "try `b\u{9b}2J`");
        assert_eq!(
            text(error),
            "error: `a␛]52;c;x␇`\nhint: try `b⟨U+009B⟩2J`\n"
        );
        let error = CommandError::invalid("`a\nhint: run this`", "try `b`");
        assert_eq!(text(error), "error: `a\n  hint: run this`\nhint: try `b`\n");
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
}
