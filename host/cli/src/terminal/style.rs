//! Colours and marks. The words and marks carry the meaning; a colour only repeats it.

use stepwell_contract::visible;
use stepwell_engine::{RunStatus, RunSummary, StepStatus};

/// How a text is painted, or left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    colored: bool,
}

impl Style {
    pub(crate) fn new(colored: bool) -> Self {
        Self { colored }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colored {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn hint(self, text: &str) -> String {
        self.paint("36", text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Paints the words at the starts of lines: `error:`, `warning:`, `hint:`.
    pub(crate) fn marked(self, text: &str) -> String {
        let paint = |line: &str| {
            for (word, painted) in [
                ("error:", self.bad("error:")),
                ("warning:", self.warning("warning:")),
                ("hint:", self.hint("hint:")),
            ] {
                if let Some(rest) = line.strip_prefix(word) {
                    return format!("{painted}{rest}");
                }
            }
            line.to_owned()
        };
        text.split_inclusive('\n').map(paint).collect()
    }

    /// Paints the lines of a unified diff.
    pub(crate) fn diff(self, text: &str) -> String {
        let paint = |line: &str| {
            let (text, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |text| (text, "\n"));
            let painted = match text.as_bytes().first() {
                _ if text.starts_with("---") || text.starts_with("+++") => self.strong(text),
                Some(b'+') => self.good(text),
                Some(b'-') => self.paint("31", text),
                Some(b'@') => self.hint(text),
                _ => text.to_owned(),
            };
            painted + end
        };
        text.split_inclusive('\n').map(paint).collect()
    }

    pub(crate) fn run(self, status: RunStatus) -> String {
        let word = status.word();
        match status {
            RunStatus::Success => self.good(word),
            RunStatus::Failure => self.bad(word),
            RunStatus::Waiting | RunStatus::Interrupted => self.warning(word),
            RunStatus::Started | RunStatus::Cancelled => word.to_owned(),
        }
    }

    /// The state of a run as [`Style::run`] has it, but that a person said no is no failure to be mended.
    pub(crate) fn run_state(self, run: &RunSummary) -> String {
        match run.is_declined() {
            true => self.warning("declined"),
            false => self.run(run.status),
        }
    }

    /// A mark and a word, such as `✓ success`.
    pub(crate) fn step(self, status: StepStatus) -> String {
        self.of_step(status, &format!("{} {}", mark(status), step_word(status)))
    }

    pub(crate) fn mark(self, status: StepStatus) -> String {
        self.of_step(status, mark(status))
    }

    fn of_step(self, status: StepStatus, text: &str) -> String {
        match status {
            StepStatus::Success => self.good(text),
            StepStatus::Failure | StepStatus::Unreadable => self.bad(text),
            StepStatus::Waiting | StepStatus::Stale => self.warning(text),
            StepStatus::Running => self.hint(text),
            StepStatus::Pending | StepStatus::Skipped | StepStatus::Cancelled => self.dim(text),
        }
    }
}

/// A text that somebody else wrote, without what would move a terminal's cursor or change its settings.
pub(crate) fn plain(text: &str) -> String {
    visible(&text.replace("\r\n", "\n")).into_owned()
}

/// The same as one line.
pub(crate) fn plain_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|character| {
            if character.is_whitespace() {
                ' '
            } else {
                character
            }
        })
        .collect();
    plain(&text)
}

/// The same as a paragraph, whose further lines stand to the right: none of them is taken for one of ours.
pub(crate) fn plain_paragraph(text: &str) -> String {
    plain(text.trim_end()).replace('\n', "\n  ")
}

fn step_word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "pending",
        StepStatus::Running => "running",
        StepStatus::Waiting => "waiting",
        StepStatus::Success => "success",
        StepStatus::Failure => "failure",
        StepStatus::Stale => "stale",
        StepStatus::Skipped => "skipped",
        StepStatus::Cancelled => "cancelled",
        StepStatus::Unreadable => "unreadable",
    }
}

fn mark(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "·",
        StepStatus::Running => "▸",
        StepStatus::Waiting => "?",
        StepStatus::Success => "✓",
        StepStatus::Failure => "✗",
        StepStatus::Stale => "↻",
        StepStatus::Skipped => "–",
        StepStatus::Cancelled => "×",
        StepStatus::Unreadable => "!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_every_text_is_as_it_was() {
        let style = Style::new(false);
        assert_eq!(style.marked("error: x\nhint: y\n"), "error: x\nhint: y\n");
        assert_eq!(style.diff("+a\n-b"), "+a\n-b");
        assert_eq!(style.step(StepStatus::Failure), "✗ failure");
    }

    #[test]
    fn a_foreign_text_cant_drive_the_terminal() {
        assert_eq!(plain("a\x1b[2J\u{9b}b\r\n\tc"), "a␛[2J⟨U+009B⟩b\n\tc");
        assert_eq!(plain_line("a\n\tb\x07"), "a  b␇");
        assert_eq!(plain_paragraph("a\nerror: b\n"), "a\n  error: b");
        assert_eq!(plain_line("a\u{202e}b\u{2066}"), "a⟨U+202E⟩b⟨U+2066⟩");
    }

    #[test]
    fn colours_end_before_the_line_does() {
        let style = Style::new(true);
        assert_eq!(style.diff("+a\n b\n"), "\x1b[32m+a\x1b[0m\n b\n");
        assert_eq!(style.marked("hint: y\n"), "\x1b[36mhint:\x1b[0m y\n");
    }
}
