//! An error as a person reads it: `error:`, then `caused by:`, then `hint:`, each on a line of its own; and as JSON.

use std::error::Error;

use serde::Serialize;
use stepwell_contract::{Remedy, json_in_order};
use stepwell_definition::Diagnostic;
use stepwell_engine::ErrorCode;
use stepwell_server::{ClientError, RefusedPlugins};

use super::CommandError;
use crate::remedy::Helps;
use crate::terminal::{Screen, helped, plain, plain_paragraph, remedied};

impl CommandError {
    /// What helps, in words.
    pub(crate) fn hints(&self) -> Vec<String> {
        self.helps().iter().map(helped).collect()
    }

    /// Writes the error for a person.
    pub(crate) fn show(&self, screen: &Screen) {
        screen.fail(&self.text(screen));
    }

    /// The error as one JSON object: as a server's problem details, as far as they are no answer's.
    pub(crate) fn show_json(&self, screen: &Screen) {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        let helps = self.helps();
        let told = ErrorObject {
            code: self.code(),
            detail: self.to_string(),
            causes,
            hint: Some(self.hints().join("; ")).filter(|hint| !hint.is_empty()),
            remedy: helps.first().cloned(),
            remedies: if helps.len() > 1 { helps } else { Vec::new() },
            diagnostics: match self {
                Self::Text { told, .. } => Some(told.diagnostics.iter().map(hinted).collect()),
                _ => None,
            },
            plugins: match self {
                Self::Engine(error) => RefusedPlugins::of(error),
                Self::There(ClientError::Refused(problem)) => problem.plugins.as_deref().cloned(),
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
        let shown = plain_paragraph(&message);
        text.push_str(&format!("{} {shown}\n", style.bad("error:")));
        let mut told = message;
        let mut cause = self.source();
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
            text.push_str(&format!(
                "{} {}\n",
                style.hint("hint:"),
                plain_paragraph(&hint)
            ));
        }
        text
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
        remedy: Some(remedy.into()),
        remedies: Vec::new(),
        diagnostics: None,
        plugins: None,
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
    remedy: Option<Helps>,
    /// All of them, where several things are wrong at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedies: Vec<Helps>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<Vec<Diagnostic>>,
    /// The plugins that nobody agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugins: Option<RefusedPlugins>,
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
    use std::io;

    use stepwell_engine::EngineError;

    use super::*;
    use crate::remedy::GivenFile;

    fn text(error: impl Into<CommandError>) -> String {
        error.into().text(&Screen::plain())
    }

    #[test]
    fn what_a_stranger_named_is_no_command_to_the_terminal() {
        let usage = |message: &str, usage: &str| CommandError::Usage {
            message: message.into(),
            usage: usage.into(),
        };
        let error = usage("`a\u{1b}]52;c;x\u{7}`", "try `b\u{9b}2J`");
        assert_eq!(
            text(error),
            "error: `a␛]52;c;x␇`\nhint: try `b⟨U+009B⟩2J`\n"
        );
        let error = usage("`a\nhint: run this`", "try `b`");
        assert_eq!(text(error), "error: `a\n  hint: run this`\nhint: try `b`\n");
    }

    #[test]
    fn message_cause_and_hint_have_a_line_each() {
        let source = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = CommandError::File {
            path: "flow.toml".into(),
            source,
            named: Some(GivenFile::Document),
        };
        assert_eq!(
            text(error),
            "error: flow.toml can't be read\ncaused by: no such file\nhint: name the file with the document's new text\n"
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
