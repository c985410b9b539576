//! What differs between two texts, as a unified diff.
//!
//! It colours nothing: the faces do.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use similar::TextDiff;

/// How long two texts are compared before what is left of them is told as changed.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lines around a change, where nobody asks for more.
const CONTEXT: usize = 3;

/// A unified diff with three lines of context; empty if nothing differs.
///
/// None is a file that isn't there. Where either side is no text, it says only that they differ.
#[must_use]
pub fn unified_diff(before: Option<&[u8]>, after: Option<&[u8]>, path: &str) -> String {
    unified_diff_with(before, after, path, None)
}

/// As [`unified_diff`], with so many lines around a change.
#[must_use]
pub(crate) fn unified_diff_with(
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    path: &str,
    context: Option<u32>,
) -> String {
    if before == after {
        return String::new();
    }
    let old = before.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    let new = after.map_or_else(|| "/dev/null".to_owned(), |_| format!("b/{path}"));
    let context = context.map_or(CONTEXT, |lines| lines as usize);
    named(before, after, (&old, &new), context)
}

/// As [`unified_diff`], under two names that are no path: two versions of a prompt, for instance.
#[must_use]
pub fn named_diff(before: Option<&[u8]>, after: Option<&[u8]>, old: &str, new: &str) -> String {
    named(before, after, (old, new), CONTEXT)
}

fn named(
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    (old, new): (&str, &str),
    context: usize,
) -> String {
    if before == after {
        return String::new();
    }
    let (Some(before), Some(after)) = (text(before), text(after)) else {
        return format!("binary files {old} and {new} differ\n");
    };
    let (before, after, told) = alike(before, after);
    let (before, after) = (before.as_ref(), after.as_ref());
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(before, after);
    let lines = diff
        .unified_diff()
        .context_radius(context)
        .header(old, new)
        .to_string();
    // An empty file that comes or goes has no lines to show, and yet it differs.
    if lines.is_empty() {
        format!("{told}--- {old}\n+++ {new}\n")
    } else {
        told + &lines
    }
}

/// The ends that all lines of a text have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnds {
    Lf,
    CrLf,
}

impl LineEnds {
    /// None where there are none, or both.
    fn of(text: &str) -> Option<Self> {
        let (all, of_windows) = (text.matches('\n').count(), text.matches("\r\n").count());
        match (all, of_windows) {
            (1.., 0) => Some(Self::Lf),
            (1.., _) if all == of_windows => Some(Self::CrLf),
            _ => None,
        }
    }
}

impl fmt::Display for LineEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
        })
    }
}

/// Two texts as they are compared, and what is said of that. Where the lines of one end otherwise than those of the other, that is said
/// once: else every line would be told as changed, and what really changes would be lost among them.
fn alike<'t>(before: &'t str, after: &'t str) -> (Cow<'t, str>, Cow<'t, str>, String) {
    match (LineEnds::of(before), LineEnds::of(after)) {
        (Some(one), Some(other)) if one != other => {
            let same = |text: &str| Cow::Owned(text.replace("\r\n", "\n"));
            let told = format!("line ends: {one} before, {other} now\n");
            (same(before), same(after), told)
        }
        _ => (before.into(), after.into(), String::new()),
    }
}

fn text(content: Option<&[u8]>) -> Option<&str> {
    let content = content.unwrap_or_default();
    if content.contains(&0) {
        None
    } else {
        std::str::from_utf8(content).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_shown_with_its_surroundings() {
        let diff = unified_diff(Some(b"a\nb\nc\n"), Some(b"a\nB\nc\n"), "x.txt");
        assert_eq!(
            diff,
            "--- a/x.txt\n+++ b/x.txt\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
    }

    #[test]
    fn so_many_lines_stand_around_a_change_as_somebody_asks_for() {
        let (before, after) = (
            Some(&b"1\n2\n3\n4\n5\nx\n"[..]),
            Some(&b"1\n2\n3\n4\n5\ny\n"[..]),
        );
        let of = |context| unified_diff_with(before, after, "x", context);
        assert_eq!(of(None), unified_diff(before, after, "x"));
        assert!(of(Some(0)).ends_with("@@ -6 +6 @@\n-x\n+y\n"));
        assert!(of(Some(u32::MAX)).contains("@@ -1,6 +1,6 @@\n 1\n 2\n"));
    }

    /// A comparison without an end would take hours.
    #[test]
    fn texts_that_have_little_in_common_are_told_all_the_same() {
        let text = |factor: u64| -> String {
            let lines = (0..400_000_u64).map(|line| line.wrapping_mul(factor) >> 7 & 1023);
            lines.map(|line| format!("{line}\n")).collect()
        };
        let (before, after) = (text(0x9e37_79b9_7f4a_7c15), text(0xc2b2_ae3d_27d4_eb4f));
        let diff = unified_diff(Some(before.as_bytes()), Some(after.as_bytes()), "x");
        assert!(diff.starts_with("--- a/x\n+++ b/x\n@@"));
    }

    #[test]
    fn files_that_come_and_go_are_told_apart() {
        assert_eq!(
            unified_diff(None, Some(b"a\n"), "x"),
            "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"
        );
        assert_eq!(
            unified_diff(Some(b"a\n"), None, "x"),
            "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        );
        assert_eq!(
            unified_diff(None, Some(b""), "x"),
            "--- /dev/null\n+++ b/x\n"
        );
    }

    #[test]
    fn that_all_lines_end_otherwise_is_said_once() {
        let (windows, unix) = (Some(&b"a\r\nb\r\n"[..]), Some(&b"a\nB\n"[..]));
        assert_eq!(
            unified_diff(windows, unix, "x"),
            "line ends: CRLF before, LF now\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n"
        );
        assert_eq!(
            unified_diff(unix, Some(b"a\r\nB\r\n"), "x"),
            "line ends: LF before, CRLF now\n--- a/x\n+++ b/x\n"
        );
        // Where only some of them do, each is told.
        let some = unified_diff(windows, Some(b"a\r\nb\n"), "x");
        assert!(
            some.contains("-b\r\n+b\n") && !some.contains("line ends"),
            "{some}"
        );
    }

    #[test]
    fn a_missing_line_end_is_said() {
        assert!(
            unified_diff(Some(b"a"), Some(b"a\n"), "x").contains("\\ No newline at end of file")
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_differs() {
        assert_eq!(unified_diff(Some(b"a\xff"), Some(b"a\xff"), "x"), "");
        assert_eq!(unified_diff(None, None, "x"), "");
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        assert_eq!(
            unified_diff(Some(b"\xff"), Some(b"a"), "x"),
            "binary files a/x and b/x differ\n"
        );
        assert_eq!(
            unified_diff(None, Some(b"a\0b"), "x"),
            "binary files /dev/null and b/x differ\n"
        );
    }
}
