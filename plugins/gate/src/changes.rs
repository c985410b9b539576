//! What the run changed in the workspace, as a person reads it.

use std::borrow::Cow;

use similar::TextDiff;
use stepwell_sdk::Failure;
use stepwell_sdk::answer;
use stepwell_sdk::workspace::{self, WorkspaceError, WorkspaceErrorKind};

/// Bytes of a diff that are shown at most: a form has an end.
const MOST_SHOWN: usize = 64 << 10;

/// Bytes of a file whose lines are compared at most.
const LARGEST: usize = 1 << 20;

/// What a person is shown of the files.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Those that the run changed, each with its diff, in Markdown; empty where it changed none.
    pub(crate) diff: String,
    /// Why none is shown, though the run changed some.
    pub(crate) unseen: Option<String>,
}

/// The files that the run changed, and what a yes does to those that are there.
pub(crate) fn shown() -> Result<Shown, Failure> {
    let paths = match workspace::changed() {
        Ok(paths) => paths,
        Err(error) if matches!(error.kind, WorkspaceErrorKind::Denied) => {
            return Ok(Shown {
                unseen: Some(error.message),
                ..Shown::default()
            });
        }
        Err(error) => return Err(error.into()),
    };
    let mut text = String::new();
    let mut left_out = Vec::new();
    for path in paths {
        let Some(diff) = File::of(path.clone())?.shown() else {
            continue;
        };
        if text.len() + diff.len() > MOST_SHOWN {
            left_out.push(format!("- `{path}`"));
        } else {
            text.push_str(&diff);
        }
    }
    if !left_out.is_empty() {
        let files = match left_out.len() {
            1 => "1 more file".to_owned(),
            files => format!("{files} more files"),
        };
        let first: Vec<String> = left_out.into_iter().take(100).collect();
        text.push_str(&format!(
            "{files} changed, too much to show here; `stepwell files RUN --diff` shows all of it:\n\n{}\n",
            first.join("\n")
        ));
    }
    Ok(Shown {
        diff: text,
        unseen: None,
    })
}

/// A file of the run: before it, where it publishes, and as it will be.
struct File {
    path: String,
    before: Option<Vec<u8>>,
    published: Option<Vec<u8>>,
    now: Option<Vec<u8>>,
}

impl File {
    fn of(path: String) -> Result<Self, Failure> {
        Ok(Self {
            before: there(workspace::read_before(&path))?,
            published: there(workspace::read_published(&path))?,
            now: there(workspace::read(&path))?,
            path,
        })
    }

    /// What a yes does to it; of one that is in already, what the run did. What is replaced or removed is what stands there now: that may
    /// be the run's own of an earlier take, or have lines of a person's in it.
    fn shown(&self) -> Option<String> {
        let is_in = self.published == self.now;
        let from = match is_in {
            true => &self.before,
            false => &self.published,
        };
        if *from == self.now {
            return None;
        }
        let since = match is_in || self.published == self.before {
            true => "",
            false => "; against what stands there now, which isn't what was there before the run",
        };
        Some(of_file(
            &self.path,
            from.as_deref(),
            self.now.as_deref(),
            since,
        ))
    }
}

fn there(read: Result<Vec<u8>, WorkspaceError>) -> Result<Option<Vec<u8>>, Failure> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind, WorkspaceErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn of_file(path: &str, before: Option<&[u8]>, now: Option<&[u8]>, since: &str) -> String {
    let what = match (before, now) {
        (None, _) => "new",
        (_, None) => "removed",
        _ => "changed",
    };
    let texts = [before, now].map(|bytes| match bytes {
        None => Some(""),
        Some(bytes) if bytes.len() > LARGEST => None,
        Some(bytes) => std::str::from_utf8(bytes).ok(),
    });
    let [Some(before), Some(now)] = texts else {
        return format!("`{path}` ({what}{since}): no text, or too long to compare\n\n");
    };
    let (before, now, ends) = alike(before, now);
    if before == now {
        return format!("`{path}` ({what}{since}{ends}): nothing else\n\n");
    }
    let diff = unified(&before, &now, path);
    let diff = answer::fenced("diff", &diff);
    format!("`{path}` ({what}{since}{ends})\n\n{diff}\n\n")
}

/// Two texts as they are compared, and what is said of that. Where all lines of one end otherwise than those of the other, that is said
/// once: else every line would be shown as changed.
fn alike<'t>(before: &'t str, now: &'t str) -> (Cow<'t, str>, Cow<'t, str>, &'static str) {
    let ends = |text: &str| (text.matches('\n').count(), text.matches("\r\n").count());
    let said = match (ends(before), ends(now)) {
        ((1.., 0), (all @ 1.., of_windows)) if all == of_windows => "; its lines end with CRLF now",
        ((all @ 1.., of_windows), (1.., 0)) if all == of_windows => "; its lines end with LF now",
        _ => return (before.into(), now.into(), ""),
    };
    let same = |text: &str| Cow::Owned(text.replace("\r\n", "\n"));
    (same(before), same(now), said)
}

/// What changes in the text that is to be agreed to, in Markdown; empty where there was none before.
pub(crate) fn since(before: &str, document: &str) -> String {
    let line = |text: &str| format!("{}\n", text.trim_end());
    match (before.trim(), document.trim()) {
        ("", _) | (_, "") => String::new(),
        (before, document) if before == document => "The text is as it was before.".to_owned(),
        _ if before.len().max(document.len()) > LARGEST => {
            "The text changes, and is too long to compare.".to_owned()
        }
        _ => {
            let diff = unified(&line(before), &line(document), crate::DOCUMENT);
            format!(
                "What changes in the text:\n\n{}",
                answer::fenced("diff", &diff)
            )
        }
    }
}

/// A unified diff of a text, with its name; it ends with a line's end.
pub(crate) fn unified(before: &str, now: &str, name: &str) -> String {
    let mut diff = TextDiff::from_lines(before, now)
        .unified_diff()
        .context_radius(3)
        .header(name, name)
        .to_string();
    if !diff.ends_with('\n') {
        diff.push('\n');
    }
    diff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_diff_ends_its_block() {
        let said = of_file("a.md", Some(b"a\n````\nb\n"), Some(b"a\n````\nc\n"), "");
        assert!(said.contains("\n`````diff\n"), "{said}");
    }

    #[test]
    fn what_changes_in_a_text_is_shown_where_there_was_one() {
        assert_eq!(since("", "a\n"), "");
        assert_eq!(since("a", "a\n"), "The text is as it was before.");
        let said = since("a\nb\n", "a\nc");
        assert!(said.contains("-b\n+c\n"), "{said}");
    }

    #[test]
    fn other_line_ends_are_said_once() {
        let said = of_file("a.md", Some(b"a\r\nb\r\n"), Some(b"a\nc\n"), "");
        let told = "`a.md` (changed; its lines end with LF now)";
        assert!(
            said.contains(told) && said.contains("\n a\n-b\n+c\n"),
            "{said}"
        );
        let said = of_file("a.md", Some(b"a\n"), Some(b"a\r\n"), "");
        let told = "`a.md` (changed; its lines end with CRLF now): nothing else\n\n";
        assert_eq!(said, told);
    }

    #[test]
    fn what_is_no_text_is_named() {
        let said = of_file("a.bin", None, Some(&[0xff]), "");
        assert!(said.contains("`a.bin` (new): no text"), "{said}");
    }
}
