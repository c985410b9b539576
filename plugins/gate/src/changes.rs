//! What the run changed in the workspace, as a person reads it.

use similar::TextDiff;
use stepwell_sdk::Failure;
use stepwell_sdk::answer;
use stepwell_sdk::workspace::{self, WorkspaceError, WorkspaceErrorKind};

/// Bytes of a diff that are shown at most: a form has an end.
const MOST_SHOWN: usize = 64 << 10;

/// Bytes of a file whose lines are compared at most.
const LARGEST: usize = 1 << 20;

/// The files that the run changed, each with its diff, in Markdown; empty where it changed none, or the step sees no files.
pub(crate) fn shown() -> Result<String, Failure> {
    let paths = match workspace::changed() {
        Ok(paths) => paths,
        Err(error) if matches!(error.kind, WorkspaceErrorKind::Denied) => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    let mut text = String::new();
    let mut left_out = Vec::new();
    for path in paths {
        let diff = match (before(&path)?, now(&path)?) {
            (before, now) if before == now => continue,
            (Some(before), Some(now)) => of_file(&path, Some(&before), Some(&now)),
            (before, now) => of_file(&path, before.as_deref(), now.as_deref()),
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
    Ok(text)
}

fn before(path: &str) -> Result<Option<Vec<u8>>, Failure> {
    there(workspace::read_before(path))
}

fn now(path: &str) -> Result<Option<Vec<u8>>, Failure> {
    there(workspace::read(path))
}

fn there(read: Result<Vec<u8>, WorkspaceError>) -> Result<Option<Vec<u8>>, Failure> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind, WorkspaceErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn of_file(path: &str, before: Option<&[u8]>, now: Option<&[u8]>) -> String {
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
        return format!("`{path}` ({what}): no text, or too long to compare\n\n");
    };
    let diff = unified(before, now, path);
    format!("`{path}` ({what})\n\n{}\n\n", answer::fenced("diff", &diff))
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
        let said = of_file("a.md", Some(b"a\n````\nb\n"), Some(b"a\n````\nc\n"));
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
    fn what_is_no_text_is_named() {
        let said = of_file("a.bin", None, Some(&[0xff]));
        assert!(said.contains("`a.bin` (new): no text"), "{said}");
    }
}
