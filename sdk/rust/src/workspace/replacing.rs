//! What stands at a path, and what may stand there instead.
//!
//! Whoever replaces a file looks at it once, and asks here: what nobody was shown is never replaced, and what is replaced keeps its
//! line ends.

use super::{WorkspaceError, WorkspaceErrorKind, is_ignored, read};
use crate::answer::{Edit, Given, apply, left_out};

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// No file.
    Nothing,
    /// A text.
    Text(String),
    /// A file that is no text.
    Bytes,
    /// What git ignores, whether a file is there or not: no step is shown it.
    Hidden,
}

/// Why nothing is written where git ignores it: what is there would be lost, and what is new nobody would find.
pub(crate) const HIDDEN: &str = "is a path that git ignores: nobody is shown what stands there, so leave it as it is and do without it";

/// What stands at a path.
///
/// # Errors
/// It isn't granted, or there is something that can't be read.
pub fn there(path: &str) -> Result<There, WorkspaceError> {
    match read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).map_or(There::Bytes, There::Text)),
        Err(error) if error.kind == WorkspaceErrorKind::NotFound => Ok(match is_ignored(path)? {
            true => There::Hidden,
            false => There::Nothing,
        }),
        Err(error) => Err(error),
    }
}

impl There {
    /// Whether it may be replaced or removed by one who was shown all of it, or wasn't: what nobody saw would be lost.
    #[must_use]
    pub fn may_go(&self, was_shown: bool) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => was_shown || text.trim().is_empty(),
            Self::Bytes => was_shown,
            Self::Hidden => false,
        }
    }

    /// A text as it is written in the place of this: with the line ends that all of its lines have, with a line end after the
    /// last one if it has that, and with its byte order mark.
    ///
    /// Models write what they saw of a file with line ends of their own. Without this a person who looks at the change sees
    /// every line of the file. Where there is no file yet, or no text, the text stays as it is.
    #[must_use]
    pub fn replaced_by(&self, text: &str) -> String {
        match self {
            Self::Text(there) => written_as(there, text),
            Self::Nothing | Self::Bytes | Self::Hidden => text.to_owned(),
        }
    }

    /// Why a text isn't all that is to stand here: lines in it stand for others that it leaves out, such as `# ... existing code ...`. A
    /// sentence for the model. What stands here already, or in a string, is the file's own.
    #[must_use]
    pub fn left_out(&self, path: &str, text: &str, given: Given) -> Option<String> {
        match self {
            Self::Text(there) => left_out(path, text, Some(there), given),
            Self::Nothing => left_out(path, text, None, given),
            Self::Bytes | Self::Hidden => None,
        }
    }

    /// The text with these edits made.
    ///
    /// # Errors
    /// A sentence for the model, as [`apply`] has it, or that there is no text to change.
    pub fn edited(&self, edits: &[Edit]) -> Result<String, String> {
        match self {
            // What is put in the place of nothing is the file.
            Self::Nothing => match edits {
                [only] if only.old.trim().is_empty() => Ok(only.new.clone()),
                _ => Err("there is no such file to change: write it whole".into()),
            },
            Self::Bytes => Err("it isn't text, so it can't be changed by edits".into()),
            Self::Hidden => Err(format!("it {HIDDEN}")),
            Self::Text(there) => apply(there, edits),
        }
    }
}

fn written_as(there: &str, text: &str) -> String {
    if there.is_empty() || text.is_empty() {
        return text.to_owned();
    }
    let (ends, of_windows) = (there.matches('\n').count(), there.matches("\r\n").count());
    let mut text = match (ends, of_windows) {
        (1.., 0) => text.replace("\r\n", "\n"),
        (1.., _) if ends == of_windows => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        _ => text.to_owned(),
    };
    match (there.ends_with('\n'), text.ends_with('\n')) {
        (true, false) => text.push_str(if of_windows == ends { "\r\n" } else { "\n" }),
        (false, true) => {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        _ => {}
    }
    if there.starts_with(MARK) && !text.starts_with(MARK) {
        text.insert(0, MARK);
    }
    text
}

/// The byte order mark of a file of Windows, which no reader shows.
const MARK: char = '\u{feff}';

/// A text as it is shown: without the mark, which belongs to the file and not to its first line.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{There, written_as};

    #[test]
    fn only_what_was_shown_or_is_blank_may_go() {
        let full = There::Text("x = 1\n".into());
        let cases = [
            (There::Nothing, false, true),
            (There::Hidden, true, false),
            (There::Text(" \n".into()), false, true),
            (There::Bytes, false, false),
            (full.clone(), false, false),
            (full, true, true),
        ];
        for (there, was_shown, may) in cases {
            assert_eq!(there.may_go(was_shown), may, "{there:?}");
        }
    }

    #[test]
    fn a_text_gets_the_line_ends_of_the_file_that_it_replaces() {
        let cases = [
            ("a\r\nb\r\n", "x\ny\n", "x\r\ny\r\n"),
            ("a\r\nb\r\n", "x\r\ny\n", "x\r\ny\r\n"),
            ("a\nb\n", "x\r\ny\r\n", "x\ny\n"),
            // What has both, or none, says nothing of them.
            ("a\r\nb\n", "x\ny\r\n", "x\ny\r\n"),
            ("a", "x\r\ny", "x\r\ny"),
            ("", "x\r\n", "x\r\n"),
        ];
        for (there, text, written) in cases {
            assert_eq!(written_as(there, text), written, "{there:?} {text:?}");
        }
    }

    #[test]
    fn a_text_ends_as_the_file_that_it_replaces() {
        let cases = [
            ("a\n", "x", "x\n"),
            ("a\r\n", "x\ny", "x\r\ny\r\n"),
            ("a", "x\n", "x"),
            ("a\r\nb", "x\ny\n", "x\r\ny"),
            ("a\r\nb\n", "x", "x\n"),
            ("a\n", "", ""),
            ("", "x", "x"),
        ];
        for (there, text, written) in cases {
            assert_eq!(written_as(there, text), written, "{there:?} {text:?}");
        }
    }
}
